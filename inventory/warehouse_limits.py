"""What a night's warehouses may spend and hold: shared, priced, a reason for every order cut."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from inventory.allocation import Allocation
from inventory.errors import PlanError
from inventory.exceptions import Cut, ExceptionKind
from inventory.sharing import Shared, share_limits, volume_of
from kernels.arrays import Floats

BUDGET_COLUMNS = [
    "warehouse_id",
    "budget",
    "wanted",
    "used",
    "items",
    "items_cut",
    "expected_cost",
    "expected_cost_standard_error",
    "cost_without_budget",
    "cost_without_budget_standard_error",
    "shadow_price",
    "more",
    "saving_of_more",
    "currency",
]
CAPACITY_COLUMNS = [
    "warehouse_id",
    "capacity",
    "held",
    *BUDGET_COLUMNS[2:8],
    "cost_without_capacity",
    "cost_without_capacity_standard_error",
    *BUDGET_COLUMNS[10:],
]
MORE_MONEY = 1_000.0
# Of the capacity: what is a little more space depends on the unit it is told in.
MORE_SPACE = 0.01


@dataclass(frozen=True)
class Limits:
    """What one warehouse may spend tonight, and may hold.

    Parameters
    ----------
    budget : money for tonight's orders; infinite where there is none
    capacity : space that stock on hand and on the way may take; infinite where there is none

    Raises
    ------
    PlanError
        Where the budget is negative, the capacity not above 0, or either not a number.
    """

    budget: float = math.inf
    capacity: float = math.inf

    def __post_init__(self) -> None:
        if not self.budget >= 0.0:
            raise PlanError(f"the budget must not be negative; got {self.budget}")
        if not self.capacity > 0.0:
            raise PlanError(f"the capacity must be above 0; got {self.capacity}")


@dataclass(frozen=True)
class SharedWarehouse:
    """One warehouse's orders within its limits.

    Parameters
    ----------
    plans : as `plan_orders` returns them, with what the limits left of each order
    budget, capacity : of the columns `BUDGET_COLUMNS` and `CAPACITY_COLUMNS`; None where there is
        no such limit
    cuts : by (warehouse_id, item_id), of orders that a limit cut
    """

    plans: pd.DataFrame
    budget: Mapping[str, Any] | None
    capacity: Mapping[str, Any] | None
    cuts: Mapping[tuple[str, str], Cut]


def share_warehouse(
    plans: pd.DataFrame, curves: pd.DataFrame, items: pd.DataFrame, limits: Limits
) -> SharedWarehouse:
    """Share one warehouse's limits among its orders, and say what a little more would buy.

    Parameters
    ----------
    plans, curves : as `plan_orders` returns them, of one warehouse
    items : item_id, unit_cost, case_pack, minimum_order, and volume (space a unit takes) where it
        is not 1
    limits : of the warehouse

    Raises
    ------
    PlanError
        Where there are no plans, or a volume is not above 0.
    """
    space = _Space.of(plans, items, limits.capacity)
    budget, room = limits.budget, space.room
    found = share_limits(plans, curves, items, budget=budget, room=room)
    binding = _binding(plans, found, limits, space)
    cuts = _cuts(plans, found, space, limits, binding)
    reasons = [
        f"{row['reason']}; {cuts[key].reason}"
        if (key := (str(row["warehouse_id"]), str(row["item_id"]))) in cuts
        else row["reason"]
        for row in plans.to_dict("records")
    ]
    of_money = of_space = None
    both = math.isfinite(budget) and math.isfinite(limits.capacity)
    if math.isfinite(budget):
        free = share_limits(plans, curves, items, room=room).plans if both else plans
        of_money = {
            "budget": budget,
            "wanted": float(plans["order_value"].sum()),
            "used": float(found.plans["order_value"].sum()),
            **_figures(
                found.money, found.plans, free, "budget", MORE_MONEY, binds="budget" in binding
            ),
        }
    if math.isfinite(limits.capacity):
        free = share_limits(plans, curves, items, budget=budget).plans if both else plans
        more, binds = MORE_SPACE * limits.capacity, "capacity" in binding
        of_space = {
            "capacity": limits.capacity,
            "held": space.held,
            "wanted": space.of_orders(plans),
            "used": space.of_orders(found.plans),
            **_figures(found.space, found.plans, free, "capacity", more, binds=binds),
        }
    return SharedWarehouse(found.plans.assign(reason=reasons), of_money, of_space, cuts)


def unused_budget(warehouse_id: str, budget: float, currency: str) -> dict[str, Any]:
    """Return the row of a budget whose warehouse has no plans tonight."""
    return {
        **dict.fromkeys(BUDGET_COLUMNS, 0.0),
        **_of_nothing(warehouse_id, currency),
        "budget": budget,
        "more": MORE_MONEY,
    }


def unused_capacity(warehouse_id: str, capacity: float, currency: str) -> dict[str, Any]:
    """Return the row of a capacity whose warehouse has no plans tonight."""
    return {
        **dict.fromkeys(CAPACITY_COLUMNS, 0.0),
        **_of_nothing(warehouse_id, currency),
        "capacity": capacity,
        "more": MORE_SPACE * capacity,
    }


def _of_nothing(warehouse_id: str, currency: str) -> dict[str, Any]:
    return {"warehouse_id": warehouse_id, "items": 0, "items_cut": 0, "currency": currency}


@dataclass(frozen=True)
class _Space:
    """What a warehouse's stock takes.

    Parameters
    ----------
    volumes : (n_plans,) float64, space a unit takes
    held : space of what is on hand and on the way
    room : space left for orders; may be infinite
    """

    volumes: Floats
    held: float
    room: float

    @staticmethod
    def of(plans: pd.DataFrame, items: pd.DataFrame, capacity: float) -> "_Space":
        known = {str(row["item_id"]): row for row in items.to_dict("records")}
        volumes = np.array([volume_of(known[str(item)]) for item in plans["item_id"]])
        held = float(volumes @ (plans["on_hand"] + plans["on_order"]).to_numpy(float))
        # What is full to the last digit is not above its capacity by rounding.
        return _Space(volumes, held, max(capacity * (1.0 + 1e-12) - held, 0.0))

    def of_orders(self, plans: pd.DataFrame) -> float:
        return float((self.volumes * plans["order_quantity"].to_numpy(float)).sum())


def _binding(plans: pd.DataFrame, found: Shared, limits: Limits, space: _Space) -> list[str]:
    """Return which limits cut orders, in words: of two that were exceeded, those with a price."""
    prices = {}
    if plans["order_value"].sum() > limits.budget:
        prices["budget"] = found.money.shadow_price
    if space.of_orders(plans) > space.room:
        prices["capacity"] = found.space.shadow_price
    return [name for name, price in prices.items() if price > 0.0] or list(prices)


def _cuts(
    plans: pd.DataFrame, found: Shared, space: _Space, limits: Limits, binding: Sequence[str]
) -> dict[tuple[str, str], Cut]:
    sizes = {"budget": f"{limits.budget:,.0f}", "capacity": f"{limits.capacity:,.10g}"}
    named = " and ".join(f"{name} of {sizes[name]}" for name in binding)
    cuts = {}
    for n in map(int, found.money.cut):
        before, after = plans.iloc[n], found.plans.iloc[n]
        # Of two limits, the one whose price weighs more on a unit.
        of_money = found.money.shadow_price * before["order_value"] / before["order_quantity"]
        of_space = found.space.shadow_price * space.volumes[n]
        by_space = binding == ["capacity"] or ("capacity" in binding and of_space > of_money)
        reason = (
            f"the warehouse's {named} {'cut' if len(binding) > 1 else 'cuts'} the order from "
            f"{before['order_quantity']:.0f} to {after['order_quantity']:.0f}, and what is served "
            f"from {before['fill_rate']:.1%} to {after['fill_rate']:.1%}"
        )
        cuts[str(before["warehouse_id"]), str(before["item_id"])] = Cut(
            ExceptionKind.OVER_CAPACITY if by_space else ExceptionKind.OVER_BUDGET,
            float(after["expected_cost"] - before["expected_cost"]),
            reason,
        )
    return cuts


def _figures(
    found: Allocation,
    shared: pd.DataFrame,
    free: pd.DataFrame,
    limit: str,
    more: float,
    *,
    binds: bool,
) -> dict[str, Any]:
    return {
        "warehouse_id": str(free["warehouse_id"].iloc[0]),
        "items": len(free),
        "items_cut": len(found.cut) if binds else 0,
        **_summed(shared, "expected_cost"),
        **_summed(free, f"cost_without_{limit}"),
        "shadow_price": found.shadow_price,
        "more": more,
        "saving_of_more": found.saving_of(more),
        "currency": str(free["currency"].iloc[0]),
    }


def _summed(plans: pd.DataFrame, name: str) -> dict[str, float]:
    """Return the expected cost of all items and its error, as of items that are independent."""
    errors = plans["expected_cost_standard_error"].to_numpy(float)
    return {
        name: float(plans["expected_cost"].sum()),
        f"{name}_standard_error": float(np.sqrt(np.square(errors).sum())),
    }
