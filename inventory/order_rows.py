"""Order plans as columns, each order with its reason in words."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inventory.names import periods
from inventory.plan import Target
from inventory.policy import Decisions
from inventory.stock_out import risk_stock_outs
from kernels.arrays import Floats

Columns = Mapping[str, NDArray[Any]]


def order_columns(decisions: Decisions, held_out: Floats) -> Columns:
    """Return what is told of items' orders, by column, but for ids and category.

    Parameters
    ----------
    decisions : what was decided
    held_out : (n_items, n_paths, horizon) float64, units per period, of the paths judged on
    """
    own, plan, found = decisions.positions, decisions.plan, decisions.estimates
    mean_demand = held_out.reshape(len(own), -1).mean(axis=1)
    laws = own.lead_times()
    risk, risk_error, short, short_error = risk_stock_outs(
        own.on_hand, own.receipts, held_out, laws, plan.lost_share
    )
    held = own.on_hand + own.on_order
    told, nothing = found.of(decisions.told), found.of(decisions.offsets[1:] - 1)
    return {
        "on_hand": own.on_hand,
        "on_order": own.on_order,
        "lead_time_mean": own.lead_time_mean,
        "review_period": own.review_period,
        "policy": _all(plan.policy, len(own)),
        "reorder_point": decisions.levels.reorder_point[decisions.best] + own.late_receipts,
        "order_up_to": decisions.levels.order_up_to[decisions.best] + own.late_receipts,
        "lot": decisions.lots,
        "order_cap": decisions.order_caps,
        "order_quantity": decisions.order_quantity,
        "order_value": decisions.order_quantity * own.unit_cost,
        "currency": _all(plan.currency, len(own)),
        "service_target": own.service_target,
        "target_measure": _all(plan.target, len(own)),
        "feasible": decisions.reachable,
        "fill_rate": told.fill_rate,
        "fill_rate_standard_error": told.fill_rate_error,
        "cycle_service": told.cycle_service,
        "cycle_service_standard_error": told.cycle_service_error,
        "expected_cost": told.cost,
        "expected_cost_standard_error": told.cost_error,
        "no_order_cost": nothing.cost,
        "no_order_cost_standard_error": nothing.cost_error,
        "no_order_fill_rate": nothing.fill_rate,
        "no_order_fill_rate_standard_error": nothing.fill_rate_error,
        "stock_out_risk": risk,
        "stock_out_risk_standard_error": risk_error,
        "stock_out_cost": short * own.shortage_cost,
        "stock_out_cost_standard_error": short_error * own.shortage_cost,
        "periods_of_cover": _cover(held, mean_demand),
        "cover_after_order": _cover(held + decisions.order_quantity, mean_demand),
        "reason": np.array(explain(decisions, mean_demand), dtype=object),
    }


def _cover(units: Floats, mean_demand: Floats) -> Floats:
    """Return for how many periods of mean demand units last; NaN without demand."""
    cover = np.full(len(units), np.nan)
    np.divide(units, mean_demand, out=cover, where=mean_demand > 0.0)
    return cover


def _all(text: str, n: int) -> NDArray[np.object_]:
    return np.full(n, str(text), dtype=object)


def explain(decisions: Decisions, mean_demand: Floats) -> list[str]:
    """Return in words why these quantities are ordered, an item each.

    Parameters
    ----------
    decisions : what was decided
    mean_demand : (n_items,) float64, units per period
    """
    own = decisions.positions
    columns = (
        own.counted,
        mean_demand,
        decisions.order_quantity,
        decisions.wanted,
        decisions.levels.order_up_to[decisions.best],
        own.minimum_order,
        decisions.lots,
        decisions.order_caps,
    )
    orders = zip(*(column.tolist() for column in columns), strict=True)
    services = _explain_services(decisions)
    return ["; ".join([*_explain_order(*row), s]) for row, s in zip(orders, services, strict=True)]


def _explain_order(
    held: float,
    mean_demand: float,
    quantity: float,
    need: float,
    order_up_to: float,
    minimum_order: float,
    lot: float,
    order_cap: float,
) -> list[str]:
    if quantity == 0.0:
        cover = f"for {periods(held / mean_demand)}" if mean_demand > 0.0 else "without demand"
        enough = f"enough on hand and on the way {cover}"
        return ["no order: " + (enough if held > 0.0 else "nothing on hand, and none pays")]
    parts = []
    if not math.isnan(lot):
        parts.append(f"orders come in lots of {lot:.6g}")
    if order_up_to - held > order_cap:
        parts.append(f"one order is at most {order_cap:.6g}")
    if minimum_order > need:
        parts.append(f"minimum order raises {need:.0f} to {quantity:.0f}")
    elif quantity - need > 0.5:
        parts.append(f"whole cases raise {need:.0f} to {quantity:.0f}")
    return parts


def _explain_services(decisions: Decisions) -> list[str]:
    found, target = decisions.estimates.of(decisions.told), decisions.plan.target
    if target == Target.COST:
        shares = found.fill_rate.tolist()
        return [f"least cost of the levels tried; serves {share:.1%}" for share in shares]
    without = " of periods without shortage" if target == Target.CYCLE_SERVICE else ""
    columns = (
        found.served(target),
        found.served_error(target),
        decisions.positions.service_target,
        decisions.reachable,
    )
    return [
        f"target {100.0 * asked:.6g}%"
        + ("; serves " if reached else " not reached by any level tried; the best serves ")
        + f"{share:.1%} (±{error:.1%}){without}"
        for share, error, asked, reached in zip(*(c.tolist() for c in columns), strict=True)
    ]
