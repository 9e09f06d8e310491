"""Choosing an order-up-to level by simulation on the forecast's own paths."""

from dataclasses import dataclass

import numpy as np

from inventory.estimates import Difference, Estimates, compare_all, estimate
from inventory.plan import StockPlan
from inventory.policies import Policy, ReorderUpTo
from inventory.position import Position
from inventory.simulation import Draws, Opening, Simulation, simulate_together
from kernels.arrays import Floats
from kernels.stock_events import whole_cases

NEVER = ReorderUpTo(-1e300, 0.0)


@dataclass(frozen=True)
class Decision:
    """The level chosen for an item, and what it is expected to do.

    Parameters
    ----------
    order_up_to, reorder_point : units
    order_quantity : units to order now
    levels : (n_levels,) float64, order-up-to levels tried, ascending
    reorder_points : (n_levels,) float64, of each level
    estimates : of each level, then of the level held today, and last of ordering nothing
    over_chosen : of the same, what each costs and serves more than the chosen level, paired
    chosen : number of the level
    reachable : whether its fill rate meets the target
    """

    order_up_to: float
    reorder_point: float
    order_quantity: float
    levels: Floats
    reorder_points: Floats
    estimates: Estimates
    over_chosen: list[Difference]
    chosen: int
    reachable: bool


@dataclass(frozen=True)
class Proposal:
    """The levels to try for an item.

    Parameters
    ----------
    position : the item
    levels : (n_levels,) float64, order-up-to levels, ascending
    order_up_tos, reorder_points : of each level, and last of the level held today
    simulation : of them all, and of ordering nothing
    """

    position: Position
    levels: Floats
    order_up_tos: Floats
    reorder_points: Floats
    simulation: Simulation


def decide_order(
    position: Position, paths: Floats, entity: np.uint64, seed: int, plan: StockPlan
) -> Decision:
    """Return the cheapest order-up-to level that serves the target.

    All are walked over the whole horizon on the same demand and lead times.

    Parameters
    ----------
    position, paths, entity, seed, plan : as in `propose_levels`
    """
    proposal = propose_levels(position, paths, entity, seed, plan)
    totals = simulate_together([proposal.simulation], seed, 0, plan.device)
    return choose_level(proposal, totals[0])


def propose_levels(
    position: Position, paths: Floats, entity: np.uint64, seed: int, plan: StockPlan
) -> Proposal:
    """Return the order-up-to levels to try, and how to try them.

    Candidates lie between a low quantile and the highest demand of the protection interval (lead
    time and review period).

    Parameters
    ----------
    position : the item
    paths : (n_paths, horizon) float64, units per period
    entity : stable identity, for the lead times
    seed : in [0, 2**32)
    plan : settings
    """
    levels = candidate_levels(position, paths, plan.candidates)
    held = position.on_hand + position.on_order
    order_up_tos = np.append(levels, held)
    # The item is reviewed every review_period, and then ordered up to its level: the reorder
    # point is the highest position at which a case still fits below the level.
    reorder_points = np.maximum(order_up_tos - position.case_pack, 0.0)
    reorder_points = np.minimum(reorder_points, order_up_tos)
    policies: list[Policy] = [
        ReorderUpTo(float(s), float(level))
        for s, level in zip(reorder_points, order_up_tos, strict=True)
    ]
    supply = position.supply(paths.shape[1], plan.lost_share)
    simulation = Simulation(
        supply,
        [*policies, NEVER],
        paths,
        Opening(position.on_hand, position.receipts),
        Draws(seed, int(entity)),
        first_reached=position.first_reached,
    )
    return Proposal(position, levels, order_up_tos, reorder_points, simulation)


def choose_level(proposal: Proposal, totals: Floats) -> Decision:
    """Return the cheapest level that serves the target.

    Where none meets it the one that serves best is taken, the cheapest of equals.

    Parameters
    ----------
    proposal : the levels tried
    totals : (n_policies, n_paths, 12) float64, of its simulation
    """
    position, levels = proposal.position, proposal.levels
    held, reorder_points = position.on_hand + position.on_order, proposal.reorder_points
    estimates = estimate(totals, position.costs)
    chosen, reachable = _choose(estimates, len(levels), position.service_target)
    need = levels[chosen] - held if held <= reorder_points[chosen] else 0.0
    room = position.capacity - held
    return Decision(
        order_up_to=float(levels[chosen]),
        reorder_point=float(reorder_points[chosen]),
        order_quantity=whole_cases(need, room, position.case_pack, position.minimum_order),
        levels=proposal.order_up_tos,
        reorder_points=reorder_points,
        estimates=estimates,
        over_chosen=compare_all(totals, position.costs, chosen),
        chosen=chosen,
        reachable=reachable,
    )


def candidate_levels(position: Position, paths: Floats, n_candidates: int) -> Floats:
    """Return order-up-to levels to try, ascending, whole cases, within the capacity.

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
    cases = np.ceil(spaced / position.case_pack)
    most = np.floor(position.capacity / position.case_pack + 1e-9)
    return np.unique(np.minimum(cases, most) * position.case_pack)


def _choose(estimates: Estimates, n_levels: int, target: float) -> tuple[int, bool]:
    cost, served = estimates.cost[:n_levels], estimates.fill_rate[:n_levels]
    meets = served >= target
    if meets.any():
        return int(np.flatnonzero(meets)[np.argmin(cost[meets])]), True
    best = served >= served.max() - 1e-12
    return int(np.flatnonzero(best)[np.argmin(cost[best])]), False
