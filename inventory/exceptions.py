"""Orders ranked by money, and the items a planner must look at, each with its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from inventory.errors import PlanError
from inventory.names import SERIES, periods, with_names_coded
from inventory.plan import Target
from inventory.position_rows import keys_of
from kernels.arrays import Floats

EXCEPTION_COLUMNS = ["warehouse_id", "item_id", "kind", "money", "currency", "reason"]


# A risk is above its bound where it is so by as many standard errors: one in 44 is by chance.
ERRORS_BEYOND = 2.0
_SERVED = {
    Target.FILL_RATE: "fill_rate",
    Target.CYCLE_SERVICE: "cycle_service",
}


class ExceptionKind(StrEnum):
    """Why an item needs a look."""

    STOCK_OUT_RISK = "stock-out risk"
    OVERSTOCK = "overstock"
    LONG_ORDER = "long order"
    OVER_BUDGET = "over budget"
    OVER_CAPACITY = "over capacity"
    NO_FEASIBLE_PLAN = "no feasible plan"


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
    costs; for a long order its value; for what is over budget or capacity, what the limit
    costs; for no feasible plan, what ordering nothing would cost more than the plan.

    Raises
    ------
    PlanError
        Where ``most_cover`` is not above zero, or ``most_risk`` not in (0, 1).
    """
    if not most_cover > 0.0:
        raise PlanError(f"most_cover must be above 0; got {most_cover}")
    if not 0.0 < most_risk < 1.0:
        raise PlanError(f"most_risk must be in (0, 1); got {most_risk}")
    taken = [cuts.get(key) for key in keys_of(plans)] if cuts else [None] * len(plans)
    is_cut = np.array([own is not None for own in taken], dtype=bool)
    found = [
        _not_served(plans[~is_cut]),
        _running_out(plans, most_risk),
        _without_demand(plans),
        _lasting(plans, most_cover),
        _ordered_too_long(plans, most_cover),
        _cut(plans[is_cut], [own for own in taken if own is not None]),
    ]
    filled = [own for own in found if len(own)]
    if not filled:
        return pd.DataFrame(columns=EXCEPTION_COLUMNS)
    frame = pd.concat(filled)
    keys = ["money", "warehouse_id", "item_id", "kind"]
    ordered = frame.sort_values(keys, ascending=[False, True, True, True], ignore_index=True)
    return with_names_coded(ordered)


def _rows(
    plans: pd.DataFrame,
    kind: ExceptionKind | Sequence[ExceptionKind],
    money: pd.Series | Sequence[float],
    reasons: Sequence[str],
) -> pd.DataFrame:
    """Return a row for each plan, ids and names as text."""
    kinds = np.full(len(plans), np.asarray(kind, dtype=object), dtype=object)
    told = {"kind": kinds, "money": money, "reason": reasons}
    return plans[[*SERIES, "currency"]].astype(object).assign(**told)[EXCEPTION_COLUMNS]


def _not_served(plans: pd.DataFrame) -> pd.DataFrame:
    """Return items that no plan serves as asked, of those that no shared limit cut.

    What one cut has a feasible plan: its target is missed for want of money or space.
    """
    served, error = _served(plans, 1.0), _served(plans, 0.0, "_standard_error")
    target = plans["service_target"].to_numpy(np.float64)
    feasible = plans["feasible"].to_numpy(bool)
    found = ~feasible & (served < target)
    figures = (own[found].tolist() for own in (served, error, target))
    own = plans[found]
    return _rows(
        own,
        ExceptionKind.NO_FEASIBLE_PLAN,
        own["no_order_cost"] - own["expected_cost"],
        [
            f"the best plan serves {share:.1%} (±{missed:.1%}), below the target of {asked:.1%}"
            for share, missed, asked in zip(*figures, strict=True)
        ],
    )


def _served(plans: pd.DataFrame, otherwise: float, suffix: str = "") -> Floats:
    """Return what plans' targets are held against, a figure a row; where cost decides another."""
    measures = plans["target_measure"].astype(str).to_numpy()
    chosen = [measures == str(target) for target in _SERVED]
    figures = [plans[f"{name}{suffix}"].to_numpy(np.float64) for name in _SERVED.values()]
    return np.select(chosen, figures, otherwise)


def _running_out(plans: pd.DataFrame, most_risk: float) -> pd.DataFrame:
    """Return items that run out before an order placed tonight would arrive."""
    risk, error = plans["stock_out_risk"], plans["stock_out_risk_standard_error"]
    own = plans[risk - ERRORS_BEYOND * error > most_risk]
    columns = (
        "stock_out_risk",
        "stock_out_risk_standard_error",
        "on_hand",
        "on_order",
        "lead_time_mean",
    )
    figures = (own[name].tolist() for name in columns)
    return _rows(
        own,
        ExceptionKind.STOCK_OUT_RISK,
        own["stock_out_cost"],
        [
            f"runs out before an order placed tonight arrives with a chance of {risk:.0%} "
            f"(±{error:.1%}); {on_hand:.0f} on hand, {on_order:.0f} on the way, lead time "
            f"of {lead_time:g} {'period' if lead_time == 1.0 else 'periods'}"
            for risk, error, on_hand, on_order, lead_time in zip(*figures, strict=True)
        ],
    )


def _without_demand(plans: pd.DataFrame) -> pd.DataFrame:
    """Return items of which there is stock, but no demand."""
    held = plans["on_hand"] + plans["on_order"]
    own = plans[plans["periods_of_cover"].isna() & (held > 0.0)]
    reasons = ["stock without demand"] * len(own)
    return _rows(own, ExceptionKind.OVERSTOCK, own["expected_cost"], reasons)


def _lasting(plans: pd.DataFrame, most_cover: float) -> pd.DataFrame:
    """Return items whose stock lasts longer than it should."""
    own = plans[plans["periods_of_cover"] > most_cover]
    reasons = [
        f"stock lasts {periods(cover)}, more than {most_cover:g}"
        for cover in own["periods_of_cover"].tolist()
    ]
    return _rows(own, ExceptionKind.OVERSTOCK, own["expected_cost"], reasons)


def _ordered_too_long(plans: pd.DataFrame, most_cover: float) -> pd.DataFrame:
    """Return items whose stock will last longer than it should, and than their rule asks for.

    A minimum order or a case is larger than what sells.
    """
    held = plans["on_hand"] + plans["on_order"]
    cover = plans["cover_after_order"]
    asked = plans["order_up_to"] * cover / (held + plans["order_quantity"])
    before = np.fmax(plans["periods_of_cover"], asked)
    own = plans[(cover > most_cover) & (before <= most_cover)]
    wanted = own["order_up_to"] - held[own.index]
    figures = (own["order_quantity"], wanted, own["cover_after_order"])
    reasons = [
        f"tonight's order of {quantity:,.6g}, where {need:,.0f} would do, makes stock last "
        f"{periods(lasts)}, more than {most_cover:g}"
        for quantity, need, lasts in zip(*(each.tolist() for each in figures), strict=True)
    ]
    return _rows(own, ExceptionKind.LONG_ORDER, own["order_value"], reasons)


def _cut(plans: pd.DataFrame, cuts: Sequence[Cut]) -> pd.DataFrame:
    """Return items whose orders a shared limit cut, each by its cut."""
    kinds, money, reasons = (
        [getattr(cut, name) for cut in cuts] for name in ("kind", "money", "reason")
    )
    return _rows(plans, kinds, money, reasons)
