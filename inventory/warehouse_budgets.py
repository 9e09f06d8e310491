"""The budgets of a night's warehouses: shared, priced, and with a reason for every order cut."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from inventory.allocation import Allocation
from inventory.budget import share_budget
from inventory.exceptions import Cut

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
MORE = 1_000.0


@dataclass(frozen=True)
class SharedBudget:
    """One warehouse's orders within its budget.

    Parameters
    ----------
    plans : as `plan_orders` returns them, with what the budget left of each order
    row : of the columns `BUDGET_COLUMNS`
    cuts : by (warehouse_id, item_id), of orders that the budget cut
    """

    plans: pd.DataFrame
    row: Mapping[str, Any]
    cuts: Mapping[tuple[str, str], Cut]


def share_warehouse_budget(
    plans: pd.DataFrame, curves: pd.DataFrame, items: pd.DataFrame, budget: float
) -> SharedBudget:
    """Share one warehouse's budget among its orders, and say what the next 1,000 would buy.

    Parameters
    ----------
    plans, curves : as `plan_orders` returns them, of one warehouse
    items : item_id, unit_cost, case_pack, minimum_order
    budget : money for tonight's orders

    Raises
    ------
    PlanError
        Where there are no plans, or the budget is negative or not a number.
    """
    shared, found = share_budget(plans, curves, items, budget)
    cuts = {}
    for n in found.cut:
        before, after = plans.iloc[int(n)], shared.iloc[int(n)]
        key = (str(before["warehouse_id"]), str(before["item_id"]))
        cuts[key] = Cut(
            float(after["expected_cost"] - before["expected_cost"]), _say(before, after, budget)
        )
    reasons = [
        f"{row['reason']}; {cuts[key].reason}"
        if (key := (str(row["warehouse_id"]), str(row["item_id"]))) in cuts
        else row["reason"]
        for row in plans.to_dict("records")
    ]
    return SharedBudget(shared.assign(reason=reasons), _row(plans, shared, found, budget), cuts)


def unused_budget(warehouse_id: str, budget: float, currency: str) -> dict[str, Any]:
    """Return the row of a budget whose warehouse has no plans tonight."""
    nothing = dict.fromkeys(BUDGET_COLUMNS[2:-1], 0.0)
    return {
        **nothing,
        "warehouse_id": warehouse_id,
        "budget": budget,
        "items": 0,
        "items_cut": 0,
        "more": MORE,
        "currency": currency,
    }


def _say(before: pd.Series, after: pd.Series, budget: float) -> str:
    return (
        f"the warehouse's budget of {budget:,.0f} cuts the order from "
        f"{before['order_quantity']:.0f} to {after['order_quantity']:.0f}, and what is served from "
        f"{before['fill_rate']:.1%} to {after['fill_rate']:.1%}"
    )


def _row(
    plans: pd.DataFrame, shared: pd.DataFrame, found: Allocation, budget: float
) -> dict[str, Any]:
    return {
        "warehouse_id": str(plans["warehouse_id"].iloc[0]),
        "budget": budget,
        "wanted": float(plans["order_value"].sum()),
        "used": float(shared["order_value"].sum()),
        "items": len(plans),
        "items_cut": len(found.cut),
        "expected_cost": found.cost,
        "expected_cost_standard_error": found.cost_error,
        "cost_without_budget": float(plans["expected_cost"].sum()),
        # Errors are taken as independent from item to item, as in `Allocation`.
        "cost_without_budget_standard_error": float(
            np.sqrt(np.square(plans["expected_cost_standard_error"]).sum())
        ),
        "shadow_price": found.shadow_price,
        "more": MORE,
        "saving_of_more": found.saving_of(MORE),
        "currency": str(plans["currency"].iloc[0]),
    }
