"""A night's orders within one budget."""

from typing import Any

import pandas as pd

from inventory.allocation import Allocation, Options, allocate
from inventory.errors import PlanError
from kernels.stock_events import whole_cases

SERIES = ["warehouse_id", "item_id"]


def share_budget(
    plans: pd.DataFrame, curves: pd.DataFrame, items: pd.DataFrame, limit: float
) -> tuple[pd.DataFrame, Allocation]:
    """Return plans whose orders cost ``limit`` at most tonight, and how the budget was shared.

    Each item chooses among the levels of its curve, and ordering nothing, by expected cost over
    the horizon: shortage counts at its price, and service targets do not. The budget is that of
    tonight; later orders of the horizon are taken to follow the level chosen.

    Parameters
    ----------
    plans, curves : as `plan_orders` returns them, of the items that share the budget
    items : item_id, unit_cost, case_pack, minimum_order
    limit : money; may be infinite

    Returns
    -------
    The plans in their order, with ``reorder_point``, ``order_up_to``, ``order_quantity``,
    ``order_value``, ``expected_cost``, ``fill_rate`` and both errors as chosen; and the allocation,
    whose items are the plans in their order.

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
    found = allocate(options, limit)
    shared = plans.copy()
    chosen = [table.iloc[n] for table, n in zip(tables, found.chosen, strict=True)]
    for name in (
        "reorder_point",
        "order_up_to",
        "order_quantity",
        "order_value",
        "expected_cost",
        "expected_cost_standard_error",
        "fill_rate",
        "fill_rate_standard_error",
    ):
        shared[name] = [float(row[name]) for row in chosen]
    return shared, found


def _with_orders(curve: pd.DataFrame, plan: dict[Any, Any], item: dict[Any, Any]) -> pd.DataFrame:
    """Return the curve with what each of its points orders tonight."""
    held = plan["on_hand"] + plan["on_order"]
    sizes = []
    for row in curve.to_dict("records"):
        # A level at or below what is held orders nothing; levels lie within the capacity.
        need = row["order_up_to"] - held if row["point"] == "candidate" else 0.0
        need = need if held <= row["reorder_point"] else 0.0
        room = max(need, float(item["minimum_order"])) + float(item["case_pack"])
        sizes.append(whole_cases(need, room, item["case_pack"], item["minimum_order"]))
    quantities = pd.Series(sizes, index=curve.index, dtype=float)
    return curve.assign(order_quantity=quantities, order_value=quantities * item["unit_cost"])
