"""Orders ranked by money, and the items a planner must look at, each with its reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd

from inventory.errors import PlanError
from inventory.names import with_names_coded
from inventory.plan import Target

EXCEPTION_COLUMNS = ["warehouse_id", "item_id", "kind", "money", "currency", "reason"]


# A risk is above its bound where it is so by as many standard errors: one in 44 is by chance.
ERRORS_BEYOND = 2.0
_SERVED = {
    Target.FILL_RATE: "fill_rate",
    Target.CYCLE_SERVICE: "cycle_service",
    Target.COST: None,
}


class ExceptionKind(StrEnum):
    """Why an item needs a look."""

    STOCK_OUT_RISK = "stock-out risk"
    OVERSTOCK = "overstock"
    OVER_BUDGET = "over budget"
    OVER_CAPACITY = "over capacity"
    NO_FEASIBLE_PLAN = "no feasible plan"


Found = tuple[ExceptionKind, float, str]


@dataclass(frozen=True)
class Cut:
    """What a shared limit took from an order.

    Parameters
    ----------
    kind : which limit
    money : what the order without the limit would save over the horizon
    reason : in words
    """

    kind: ExceptionKind
    money: float
    reason: str


NO_CUTS: Mapping[tuple[str, str], Cut] = {}


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
    most_risk: float,
    cuts: Mapping[tuple[str, str], Cut] = NO_CUTS,
) -> pd.DataFrame:
    """Return the items that need a look, the most money first.

    Parameters
    ----------
    plans : as `plan_orders` returns them
    most_cover : periods of mean demand in stock and on the way above which stock is too much
    most_risk : probability, in (0, 1), of a shortage before an order placed tonight would arrive,
        above which, by two of its standard errors, an item is at risk
    cuts : by (warehouse_id, item_id), of items whose order a shared limit cut

    Returns
    -------
    Frame with a row per item and reason. ``money`` is what is at stake over the horizon: for
    stock-out risk the shortage expected before an order can arrive; for overstock what the plan
    costs; for what is over budget or capacity, what the limit costs; for no feasible plan, what
    ordering nothing would cost more than the plan.

    Raises
    ------
    PlanError
        Where ``most_cover`` is not above zero, or ``most_risk`` not in (0, 1).
    """
    if not most_cover > 0.0:
        raise PlanError(f"most_cover must be above 0; got {most_cover}")
    if not 0.0 < most_risk < 1.0:
        raise PlanError(f"most_risk must be in (0, 1); got {most_risk}")
    rows: list[tuple[object, ...]] = []
    for row in plans.to_dict("records"):
        key = (str(row["warehouse_id"]), str(row["item_id"]))
        found = [*_of_service(row, most_risk, cut=key in cuts), *_of_cover(row, most_cover)]
        if key in cuts:
            found.append((cuts[key].kind, cuts[key].money, cuts[key].reason))
        rows.extend((*key, str(kind), money, row["currency"], text) for kind, money, text in found)
    frame = pd.DataFrame(rows, columns=EXCEPTION_COLUMNS)
    keys = ["money", "warehouse_id", "item_id", "kind"]
    ordered = frame.sort_values(keys, ascending=[False, True, True, True], ignore_index=True)
    return with_names_coded(ordered)


def served_of(plan: Mapping[Any, Any]) -> float:
    """Return what a plan's service target is held against; 1 where cost alone decides."""
    column = _SERVED[Target(plan["target_measure"])]
    return 1.0 if column is None else float(plan[column])


def _served_error(plan: Mapping[Any, Any]) -> float:
    column = _SERVED[Target(plan["target_measure"])]
    return 0.0 if column is None else float(plan[f"{column}_standard_error"])


def _of_service(row: Mapping[Any, Any], most_risk: float, *, cut: bool) -> Iterator[Found]:
    target, served, risk = row["service_target"], served_of(row), row["stock_out_risk"]
    # What a shared limit cut has a feasible plan: its target is missed for want of money or space.
    if not row["feasible"] and served < target and not cut:
        reason = (
            f"the best plan serves {served:.1%} (±{_served_error(row):.1%}), below the target of "
            f"{target:.1%}"
        )
        stake = row["no_order_cost"] - row["expected_cost"]
        yield ExceptionKind.NO_FEASIBLE_PLAN, stake, reason
    error = row["stock_out_risk_standard_error"]
    if risk - ERRORS_BEYOND * error > most_risk:
        reason = (
            f"runs out before an order placed tonight arrives with a chance of {risk:.0%} "
            f"(±{error:.1%}); {row['on_hand']:.0f} on hand, {row['on_order']:.0f} on the way, lead "
            f"time {row['lead_time_mean']:g}"
        )
        yield ExceptionKind.STOCK_OUT_RISK, row["stock_out_cost"], reason


def _of_cover(row: Mapping[Any, Any], most_cover: float) -> Iterator[Found]:
    cover = row["periods_of_cover"]
    if pd.isna(cover):
        if row["on_hand"] + row["on_order"] > 0.0:
            yield ExceptionKind.OVERSTOCK, row["expected_cost"], "stock without demand"
    elif cover > most_cover:
        reason = f"stock lasts {cover:.0f} periods, more than {most_cover:g}"
        yield ExceptionKind.OVERSTOCK, row["expected_cost"], reason
