"""A night's orders within a budget, within the room of the warehouse, or within both."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from inventory.allocation import Allocation, Options
from inventory.errors import PlanError
from inventory.joint_allocation import allocate_jointly, uses_of
from inventory.names import SERIES
from inventory.policies import planned_policy
from kernels.arrays import Floats, Integers
from kernels.stock_events import order_quantity

LEVEL = ("reorder_point", "order_up_to")
CHOSEN = (
    *LEVEL,
    "order_quantity",
    "order_value",
    "expected_cost",
    "expected_cost_standard_error",
    "fill_rate",
    "fill_rate_standard_error",
    "cycle_service",
    "cycle_service_standard_error",
)


@dataclass(frozen=True)
class Shared:
    """What limits left of a night's orders.

    Parameters
    ----------
    plans : in their order, with ``reorder_point``, ``order_up_to``, ``order_quantity``,
        ``order_value``, ``expected_cost``, ``fill_rate``, ``cycle_service`` and their errors as
        chosen
    money, space : how either was shared, by items in the order of the plans; cut items are those
        that order less
    """

    plans: pd.DataFrame
    money: Allocation
    space: Allocation


def share_limits(
    plans: pd.DataFrame,
    curves: pd.DataFrame,
    items: pd.DataFrame,
    *,
    budget: float = math.inf,
    room: float = math.inf,
) -> Shared:
    """Return plans whose orders keep within a budget and a room tonight, and how both were shared.

    Where the plans need more, each item chooses among the levels of its curve, and ordering
    nothing, by cost over the horizon on the paths that policies are chosen on; what is told of the
    choice is of other paths. Shortage counts at its price, and service targets do not. What is then
    left restores orders that a target asks for beyond least cost, those first that take least, of
    the budget where it binds. Both limits are of tonight's orders; later orders of the horizon are
    taken to follow the level chosen. Where the plans keep within both they stay as they are.

    Parameters
    ----------
    plans, curves : as `plan_orders` returns them, of the items that share the limits
    items : item_id, unit_cost, case_pack, minimum_order, and volume (space a unit takes) where it
        is not 1
    budget : money; may be infinite
    room : space that tonight's orders may take; may be infinite

    Raises
    ------
    PlanError
        Where there are no plans, or a limit is negative or not a number, or a volume not above 0.
    """
    for name, limit in (("budget", budget), ("room", room)):
        if not limit >= 0.0:
            raise PlanError(f"the {name} must not be negative; got {limit}")
    known = {str(row["item_id"]): row for row in items.to_dict("records")}
    of_item = dict(
        list(curves[curves["point"] != "today"].groupby(SERIES, sort=False, observed=True))
    )
    tables = [
        _with_orders(of_item[row["warehouse_id"], row["item_id"]], row, known[str(row["item_id"])])
        for row in plans.to_dict("records")
    ]
    money, space = (
        [
            Options(
                table[use].to_numpy(float),
                table["in_sample_cost"].to_numpy(float),
                table["expected_cost_standard_error"].to_numpy(float),
            )
            for table in tables
        ]
        for use in ("order_value", "order_space")
    )
    planned = np.array([int(np.argmax(table["chosen"])) for table in tables], np.int64)
    found = _restore(
        allocate_jointly(money, space, (budget, room)), (money, space), planned, (budget, room)
    )
    shared = plans.copy()
    for name in CHOSEN:
        shared[name] = [
            float(kept if n == own else table[name].iloc[n])
            for kept, n, own, table in zip(
                plans[name], found[0].chosen, planned, tables, strict=True
            )
        ]
    return Shared(shared.assign(cover_after_order=_cover_within(plans, shared)), *found)


def _cover_within(plans: pd.DataFrame, shared: pd.DataFrame) -> "pd.Series[float]":
    """Return for how many periods stock lasts with the orders that limits left."""
    held = plans["on_hand"] + plans["on_order"]
    before, after = (held + own["order_quantity"] for own in (plans, shared))
    cover: pd.Series[float] = plans["cover_after_order"]
    return cover.where(after == before, cover * after / before)


def volume_of(item: Mapping[Any, Any]) -> float:
    """Return the space that a unit of an item takes, 1 where its row says nothing.

    Raises
    ------
    PlanError
        Where it is not above 0.
    """
    volume = item.get("volume")
    if volume is None or pd.isna(volume):
        return 1.0
    if not (math.isfinite(volume) and volume > 0.0):
        raise PlanError(f"volume of {item['item_id']} must be finite and above 0; got {volume}")
    return float(volume)


def _restore(
    found: tuple[Allocation, Allocation],
    options: tuple[Sequence[Options], Sequence[Options]],
    planned: Integers,
    limits: tuple[float, float],
) -> tuple[Allocation, Allocation]:
    """Return the allocations with the plans' own orders where what is left pays for them."""

    def uses(chosen: Integers) -> Floats:
        """(2, n_items), of money and of space."""
        return np.array(
            [[o.use[n] for o, n in zip(own, chosen, strict=True)] for own in options], float
        )

    chosen, wanted, most = found[0].chosen.copy(), uses(planned), np.array(limits)
    used = np.array([own.used for own in found])
    if (wanted.sum(axis=1) <= most).all():
        chosen, used = planned.copy(), wanted.sum(axis=1)
    more = wanted - uses(chosen)
    # Those first that take least of what is short.
    short = 0 if wanted[0].sum() > limits[0] else 1
    for n in np.argsort(more[short], kind="stable"):
        fits = (more[:, n] >= 0.0).all() and (used + more[:, n] <= most).all()
        if chosen[n] != planned[n] and fits:
            chosen[n] = planned[n]
            used = used + more[:, n]
    picked = list(zip(options[0], chosen, strict=True))
    money, space = (
        replace(
            own,
            chosen=chosen,
            used=uses_of(of_resource, chosen),
            cost=float(sum(o.cost[n] for o, n in picked)),
            cost_error=float(np.sqrt(sum(o.cost_error[n] ** 2 for o, n in picked))),
            cut=np.flatnonzero(uses(chosen)[1] < wanted[1]).astype(np.int64),
        )
        for own, of_resource in zip(found, options, strict=True)
    )
    return money, space


def _with_orders(curve: pd.DataFrame, plan: dict[Any, Any], item: dict[Any, Any]) -> pd.DataFrame:
    """Return the curve with what each of its points orders tonight."""
    held = plan["on_hand"] + plan["on_order"]
    sizes = []
    for row in curve.to_dict("records"):
        # A level at or below what is held orders nothing; levels lie within the capacity.
        size = 0.0
        if row["point"] == "candidate":
            rule = planned_policy({**plan, **{name: row[name] for name in LEVEL}}).rule
            size = order_quantity(held, *rule, item["case_pack"], item["minimum_order"], np.inf)
        # The plan knows what fits in the building.
        sizes.append(float(plan["order_quantity"]) if row["chosen"] else size)
    quantities = pd.Series(sizes, index=curve.index, dtype=float)
    return curve.assign(
        order_quantity=quantities,
        order_value=quantities * item["unit_cost"],
        order_space=quantities * volume_of(item),
    )
