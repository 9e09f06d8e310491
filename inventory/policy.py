"""Choosing an order-up-to level by simulation on the forecast's own paths."""

from dataclasses import dataclass

import numpy as np

from inventory.estimates import Difference, Estimates, compare_all, estimate
from inventory.levels import levels_to_try
from inventory.plan import StockPlan, Target
from inventory.policies import Policy, ReorderUpTo
from inventory.position import Position
from inventory.simulation import Draws, Opening, Simulation, simulate_together
from kernels.arrays import Floats, Integers
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
    reachable : whether it serves the target
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
    lots : (n_levels,) int64, number of the lot that each level is tried with
    order_up_tos, reorder_points : of each level, and last of the level held today
    simulation : of them all, and of ordering nothing
    target : what the service target is asked of
    """

    position: Position
    lots: Integers
    order_up_tos: Floats
    reorder_points: Floats
    simulation: Simulation
    target: Target


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

    Parameters
    ----------
    position : the item
    paths : (n_paths, horizon) float64, units per period
    entity : stable identity, for the lead times
    seed : in [0, 2**32)
    plan : settings
    """
    tried = levels_to_try(position, paths, plan.candidates)
    held = position.on_hand + position.on_order
    order_up_tos = np.append(tried.order_up_to, held)
    reorder_points = np.append(tried.reorder_point, max(held - position.case_pack, 0.0))
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
    return Proposal(position, tried.lot, order_up_tos, reorder_points, simulation, plan.target)


def choose_level(proposal: Proposal, totals: Floats) -> Decision:
    """Return the cheapest level that serves the target.

    Where none meets it the one that serves best is taken, the cheapest of equals. What is told of
    the others is of those tried with the same lot.

    Parameters
    ----------
    proposal : the levels tried
    totals : (n_policies, n_paths, 12) float64, of its simulation
    """
    position, n_levels = proposal.position, len(proposal.lots)
    found = estimate(totals, position.costs)
    best, reachable = _choose(
        found.cost[:n_levels], found.served(proposal.target)[:n_levels], position.service_target
    )
    same = np.flatnonzero(proposal.lots == proposal.lots[best])
    # The level held today, and ordering nothing.
    kept = np.concatenate([same, [n_levels, n_levels + 1]])
    chosen = int(np.searchsorted(same, best))
    order_up_to = float(proposal.order_up_tos[best])
    reorder_point = float(proposal.reorder_points[best])
    held = position.on_hand + position.on_order
    need = order_up_to - held if held <= reorder_point else 0.0
    room = position.capacity - held
    return Decision(
        order_up_to=order_up_to,
        reorder_point=reorder_point,
        order_quantity=whole_cases(need, room, position.case_pack, position.minimum_order),
        levels=proposal.order_up_tos[kept[:-1]],
        reorder_points=proposal.reorder_points[kept[:-1]],
        estimates=found.of(kept),
        over_chosen=compare_all(totals[kept], position.costs, chosen),
        chosen=chosen,
        reachable=reachable,
    )


def _choose(cost: Floats, served: Floats, target: float) -> tuple[int, bool]:
    meets = served >= target
    if meets.any():
        return int(np.flatnonzero(meets)[np.argmin(cost[meets])]), True
    best = served >= served.max() - 1e-12
    return int(np.flatnonzero(best)[np.argmin(cost[best])]), False
