"""How far a night's policies are from the best orders there are, where that can be computed."""

import math
from collections.abc import Collection
from typing import Any

import numpy as np

from inventory.policies import PolicyKind, policy_of
from inventory.policies.policy import Policy
from inventory.policy import Decision
from inventory.position import Position
from inventory.theory.finite_horizon import FiniteHorizon
from kernels.arrays import Floats, Integers
from kernels.stock_events import order_quantity

GAP_COLUMNS = [
    "warehouse_id",
    "item_id",
    "policy",
    "expected_cost",
    "expected_cost_standard_error",
    "policy_cost",
    "cheapest_level_cost",
    "order_cost",
    "least_cost",
    "currency",
]
# Of a period after an order.
MOST_STATES = 40_000

Key = tuple[Any, Any]


def gap_row(
    key: Key, position: Position, decision: Decision, paths: Floats, currency: str
) -> dict[str, Any] | None:
    """Return the exact cost of a decision and of the best orders, or None where it does not fit.

    Both are means over the horizon, from tonight's stock and orders on the way, on demand that is
    independent from period to period with the law of that period's paths, in whole units. It fits
    where unmet demand is lost, the lead time is fixed, nothing perishes, there is no capacity,
    quantities are whole, the policy's levels move alike on all paths, if at all, and there are at
    most `MOST_STATES` states.

    Parameters
    ----------
    key : warehouse_id and item_id
    position : the item, whose unmet demand is lost
    decision : what was decided for it
    paths : (n_paths, horizon) float64, units per period
    currency : ISO code
    """
    if decision.kind == PolicyKind.FORECAST_ORDER_UP_TO or not _fits(position):
        return None
    cheapest = _cheapest(decision)
    (lifts,) = decision.lifts
    system = _system(position, paths, (decision.policy, cheapest), float(lifts.max()))
    if system is None:
        return None
    return {
        "warehouse_id": key[0],
        "item_id": key[1],
        "policy": str(decision.kind),
        "expected_cost": float(decision.estimates.cost[decision.chosen]),
        "expected_cost_standard_error": float(decision.estimates.cost_error[decision.chosen]),
        "policy_cost": system.cost_of(decision.policy, lifts),
        "cheapest_level_cost": system.cost_of(cheapest, lifts),
        "order_cost": system.cost_after(decision.order_quantity),
        "least_cost": system.least_cost(),
        "currency": currency,
    }


def _fits(position: Position) -> bool:
    whole = (
        position.on_hand,
        position.case_pack,
        position.minimum_order,
        *position.receipts.tolist(),
    )
    return (
        position.lead_time_deviation == 0.0
        and position.shelf_life == 0
        and math.isinf(position.capacity)
        and all(float(units).is_integer() for units in whole)
    )


def _cheapest(decision: Decision) -> Policy:
    """Return the level of the curve that costs least, whatever it serves."""
    n = int(np.argmin(decision.estimates.cost[: len(decision.levels) - 1]))
    size = decision.lot if decision.kind.orders_lots else decision.order_cap
    level, point = float(decision.levels[n]), float(decision.reorder_points[n])
    return policy_of(decision.kind, point, level, math.inf if size is None else size)


def _system(
    position: Position, paths: Floats, policies: Collection[Policy], lift: float
) -> FiniteHorizon | None:
    demand = np.rint(paths).astype(np.int64)
    held = int(position.on_hand + position.receipts.sum())
    interval = min(position.protection_interval, paths.shape[1])
    # No order can use more than is sold until the one after the next arrives.
    sold = int(_within(demand, 2 * interval).max())
    if sold > MOST_STATES:
        return None
    terms = position.case_pack, position.minimum_order, math.inf
    reached = [
        n + order_quantity(float(n), point + lift, up_to + lift, *sizes, *terms)
        for point, up_to, *sizes in (policy.rule for policy in policies)
        for n in range(max(held, sold) + 1)
    ]
    system = FiniteHorizon(
        position.costs.holding,
        position.costs.shortage,
        position.costs.ordering,
        _laws(demand),
        position.first_reached,
        position.review_period,
        int(position.case_pack),
        int(position.minimum_order),
        int(position.on_hand),
        position.receipts.astype(np.int64),
        max(held, sold, int(max(reached))),
    )
    return system if system.n_states <= MOST_STATES else None


def _within(demand: Integers, periods: int) -> Integers:
    """Return what each path sells in so many periods, from each period on or within the horizon."""
    sums = np.cumsum(demand, axis=1)
    within = sums.copy()
    within[:, periods:] -= sums[:, :-periods]
    return within


def _laws(demand: Integers) -> Floats:
    """Return (horizon, n_outcomes) shares of paths that sell 0, 1, ... units."""
    outcomes = int(demand.max()) + 1
    counts = [np.bincount(own, minlength=outcomes) for own in demand.T]
    return np.asarray(counts, np.float64) / len(demand)
