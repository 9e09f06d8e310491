"""Orders ranked by money, and the items a planner must look at, each with its reason."""

from collections.abc import Container
from enum import StrEnum

import pandas as pd

from inventory.errors import PlanError

EXCEPTION_COLUMNS = ["warehouse_id", "item_id", "kind", "money", "currency", "reason"]


class ExceptionKind(StrEnum):
    """Why an item needs a look."""

    STOCK_OUT_RISK = "stock-out risk"
    OVERSTOCK = "overstock"
    OVER_BUDGET = "over budget"
    NO_FEASIBLE_PLAN = "no feasible plan"


def rank_orders(plans: pd.DataFrame) -> pd.DataFrame:
    """Return the orders of a night by the money they save, the largest first.

    Parameters
    ----------
    plans : as `plan_orders` returns them

    Returns
    -------
    The rows that order something, with ``saving`` (money over the horizon against ordering
    nothing) and ``rank`` from 1; equal savings keep the order of their keys.
    """
    orders = plans[plans["order_quantity"] > 0.0].copy()
    orders["saving"] = orders["no_order_cost"] - orders["expected_cost"]
    keys = ["saving", "warehouse_id", "item_id"]
    orders = orders.sort_values(keys, ascending=[False, True, True], ignore_index=True)
    orders["rank"] = range(1, len(orders) + 1)
    return orders


def find_exceptions(
    plans: pd.DataFrame,
    *,
    most_cover: float,
    cut: Container[tuple[str, str]] = (),
) -> pd.DataFrame:
    """Return the items that need a look, the most money first.

    Parameters
    ----------
    plans : as `plan_orders` returns them
    most_cover : periods of mean demand in stock and on the way above which stock is too much
    cut : (warehouse_id, item_id) of items whose order a shared limit cut

    Returns
    -------
    Frame with a row per item and reason. ``money`` is what is at stake: what ordering nothing
    would cost more than the plan; for overstock, what the plan costs.

    Raises
    ------
    PlanError
        Where ``most_cover`` is not above zero.
    """
    if not most_cover > 0.0:
        raise PlanError(f"most_cover must be above 0; got {most_cover}")
    rows: list[tuple[object, ...]] = []
    for row in plans.to_dict("records"):
        key = (str(row["warehouse_id"]), str(row["item_id"]))
        target, served = row["service_target"], row["fill_rate"]
        idle, cover = row["no_order_fill_rate"], row["periods_of_cover"]
        stake = row["no_order_cost"] - row["expected_cost"]
        found = []
        if served < target:
            reason = f"the best plan serves {served:.1%}, below the target of {target:.1%}"
            found.append((ExceptionKind.NO_FEASIBLE_PLAN, stake, reason))
        if row["order_quantity"] > 0.0 and idle < target:
            reason = (
                f"without the order of {row['order_quantity']:.0f}, {idle:.1%} is served; "
                f"the target is {target:.1%}"
            )
            found.append((ExceptionKind.STOCK_OUT_RISK, stake, reason))
        if pd.isna(cover) and row["on_hand"] + row["on_order"] > 0.0:
            found.append((ExceptionKind.OVERSTOCK, row["expected_cost"], "stock without demand"))
        elif cover > most_cover:
            reason = f"stock lasts {cover:.0f} periods, more than {most_cover:g}"
            found.append((ExceptionKind.OVERSTOCK, row["expected_cost"], reason))
        if key in cut:
            reason = "the shared limit does not hold the order of least cost"
            found.append((ExceptionKind.OVER_BUDGET, stake, reason))
        rows.extend((*key, str(kind), money, row["currency"], text) for kind, money, text in found)
    frame = pd.DataFrame(rows, columns=EXCEPTION_COLUMNS)
    keys = ["money", "warehouse_id", "item_id", "kind"]
    return frame.sort_values(keys, ascending=[False, True, True, True], ignore_index=True)
