"""A night's orders within one budget."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from inventory.allocation import Allocation, Options, allocate
from inventory.errors import PlanError
from inventory.policies import planned_policy
from kernels.arrays import Floats, Integers
from kernels.stock_events import order_quantity

SERIES = ["warehouse_id", "item_id"]
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


def share_budget(
    plans: pd.DataFrame, curves: pd.DataFrame, items: pd.DataFrame, limit: float
) -> tuple[pd.DataFrame, Allocation]:
    """Return plans whose orders cost ``limit`` at most tonight, and how the budget was shared.

    Where the plans cost more, each item chooses among the levels of its curve, and ordering
    nothing, by expected cost over the horizon: shortage counts at its price, and service targets do
    not. What is then left restores orders that a target asks for beyond least cost, those first
    that take least money. The budget is that of tonight; later orders of the horizon are taken to
    follow the level chosen. Where the plans cost no more than ``limit`` they stay as they are.

    Parameters
    ----------
    plans, curves : as `plan_orders` returns them, of the items that share the budget
    items : item_id, unit_cost, case_pack, minimum_order
    limit : money; may be infinite

    Returns
    -------
    The plans in their order, with ``reorder_point``, ``order_up_to``, ``order_quantity``,
    ``order_value``, ``expected_cost``, ``fill_rate``, ``cycle_service`` and their errors as chosen;
    and the allocation, whose items are the plans in their order, and whose cut items are those
    that order less.

    Raises
    ------
    PlanError
        Where there are no plans, or the limit is negative or not a number.
    """
    if not limit >= 0.0:
        raise PlanError(f"the budget must not be negative; got {limit}")
    known = {str(row["item_id"]): row for row in items.to_dict("records")}
    of_item = dict(list(curves[curves["point"] != "today"].groupby(SERIES, sort=False)))
    tables = [
        _with_orders(of_item[row["warehouse_id"], row["item_id"]], row, known[str(row["item_id"])])
        for row in plans.to_dict("records")
    ]
    options = [
        Options(
            table["order_value"].to_numpy(float),
            table["expected_cost"].to_numpy(float),
            table["expected_cost_standard_error"].to_numpy(float),
        )
        for table in tables
    ]
    planned = np.array([int(np.argmax(table["chosen"])) for table in tables], np.int64)
    found = _restore(allocate(options, limit), options, planned, limit)
    shared = plans.copy()
    for name in CHOSEN:
        shared[name] = [
            float(kept if n == own else table[name].iloc[n])
            for kept, n, own, table in zip(plans[name], found.chosen, planned, tables, strict=True)
        ]
    return shared, found


def _restore(
    found: Allocation, options: Sequence[Options], planned: Integers, limit: float
) -> Allocation:
    """Return the allocation with the plans' own orders where what is left pays for them."""

    def uses(chosen: Integers) -> Floats:
        return np.array([o.use[n] for o, n in zip(options, chosen, strict=True)])

    chosen, wanted = found.chosen.copy(), uses(planned)
    used = found.used
    if wanted.sum() <= limit:
        chosen, used = planned.copy(), float(wanted.sum())
    more = wanted - uses(chosen)
    for n in np.argsort(more, kind="stable"):
        if chosen[n] != planned[n] and more[n] >= 0.0 and used + more[n] <= limit:
            chosen[n] = planned[n]
            used += float(more[n])
    picked = list(zip(options, chosen, strict=True))
    return replace(
        found,
        chosen=chosen,
        used=used,
        cost=float(sum(o.cost[n] for o, n in picked)),
        cost_error=float(np.sqrt(sum(o.cost_error[n] ** 2 for o, n in picked))),
        cut=np.flatnonzero(uses(chosen) < wanted).astype(np.int64),
    )


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
    return curve.assign(order_quantity=quantities, order_value=quantities * item["unit_cost"])
