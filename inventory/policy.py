"""Choosing an order-up-to level by simulation on the forecast's own paths."""

from dataclasses import dataclass

import numpy as np

from inventory.estimates import Estimates, estimate
from inventory.plan import StockPlan
from inventory.position import Position
from kernels.arrays import Floats
from kernels.stock_walk import N_TOTALS, order_size, walk_paths

NEVER = -1.0


@dataclass(frozen=True)
class Decision:
    """The level chosen for an item, and what it is expected to do.

    Parameters
    ----------
    order_up_to, reorder_point : units
    order_quantity : units to order now
    estimates : of the candidates tried, and last of ordering nothing
    chosen : number of the candidate
    reachable : whether its fill rate meets the target
    """

    order_up_to: float
    reorder_point: float
    order_quantity: float
    estimates: Estimates
    chosen: int
    reachable: bool


def decide_order(
    position: Position, paths: Floats, entity: np.uint64, seed: int, plan: StockPlan
) -> Decision:
    """Return the cheapest order-up-to level that serves the target.

    Candidates lie between the median and the highest demand of the protection interval (lead
    time and review period). All are walked over the whole horizon on the same demand and lead
    times. Where none meets the target the one that serves best is taken, the cheapest of equals.

    Parameters
    ----------
    position : the item
    paths : (n_paths, horizon) float64, units per period
    entity : stable identity, for the lead times
    seed : in [0, 2**32)
    plan : settings
    """
    levels = candidate_levels(position, paths, plan.candidates)
    # The item is reviewed every review_period, and then ordered up to its level: the reorder
    # point is the highest position at which a case still fits below the level.
    reorder = np.maximum(levels - max(position.case_pack, 1e-9), 0.0)
    order_up_tos = np.append(levels, 0.0)
    reorder_points = np.append(reorder, NEVER)
    totals = np.empty((len(order_up_tos), len(paths), N_TOTALS))
    walk_paths(
        seed,
        entity,
        paths,
        position.on_hand,
        position.receipts,
        reorder_points,
        order_up_tos,
        position.review_period,
        position.lead_time_mean,
        position.lead_time_deviation,
        position.case_pack,
        position.minimum_order,
        plan.lost_sales,
        totals,
    )
    estimates = estimate(totals, position.costs)
    chosen, reachable = _choose(estimates, len(levels), position.service_target)
    held = position.on_hand + position.on_order
    need = levels[chosen] - held if held <= reorder_points[chosen] else 0.0
    return Decision(
        order_up_to=float(levels[chosen]),
        reorder_point=float(reorder_points[chosen]),
        order_quantity=order_size(need, position.case_pack, position.minimum_order),
        estimates=estimates,
        chosen=chosen,
        reachable=reachable,
    )


def candidate_levels(position: Position, paths: Floats, n_candidates: int) -> Floats:
    """Return order-up-to levels to try, ascending, whole cases.

    Parameters
    ----------
    position : the item
    paths : (n_paths, horizon) float64
    n_candidates : how many levels, fewer where cases make them equal
    """
    interval = min(
        position.protection_interval + int(np.ceil(2.0 * position.lead_time_deviation)),
        paths.shape[1],
    )
    demand = paths[:, :interval].sum(axis=1)
    low, high = np.quantile(demand, 0.3), demand.max()
    spaced = np.linspace(low, max(high * 1.1, low + position.case_pack), n_candidates)
    return np.unique(np.ceil(spaced / position.case_pack) * position.case_pack)


def _choose(estimates: Estimates, n_levels: int, target: float) -> tuple[int, bool]:
    cost, served = estimates.cost[:n_levels], estimates.fill_rate[:n_levels]
    meets = served >= target
    if meets.any():
        return int(np.flatnonzero(meets)[np.argmin(cost[meets])]), True
    best = served >= served.max() - 1e-12
    return int(np.flatnonzero(best)[np.argmin(cost[best])]), False
