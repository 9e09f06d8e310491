"""Choosing a policy's levels, lots and caps by simulation on the forecast's own paths."""

import math
from dataclasses import dataclass

import numpy as np

from inventory.estimates import Difference, Estimates, compare_all, estimate
from inventory.levels import levels_to_try
from inventory.plan import StockPlan, Target
from inventory.policies import Policy, PolicyKind, ReorderUpTo
from inventory.position import Position
from inventory.simulation import Draws, Opening, Simulation, simulate_together
from kernels.arrays import Floats, Integers
from kernels.stock_events import order_quantity

NEVER = ReorderUpTo(-1e300, 0.0)


@dataclass(frozen=True)
class Decision:
    """The policy chosen for an item, and what it is expected to do.

    Parameters
    ----------
    kind, policy : that is followed from now on
    order_up_to, reorder_point : units, as `inventory.levels` tells of them
    lot, order_cap : units of the lots ordered and most units of one order; None where there is none
    order_quantity : units to order now
    wanted : the same without cases, minimum order and capacity
    levels : (n_levels,) float64, order-up-to levels tried, ascending
    reorder_points : (n_levels,) float64, of each level
    estimates : of each level, then of the level held today, and last of ordering nothing
    over_chosen : of the same, what each costs and serves more than the chosen level, paired
    chosen : number of the level
    reachable : whether it serves the target
    """

    kind: PolicyKind
    policy: Policy
    order_up_to: float
    reorder_point: float
    lot: float | None
    order_cap: float | None
    order_quantity: float
    wanted: float
    levels: Floats
    reorder_points: Floats
    estimates: Estimates
    over_chosen: list[Difference]
    chosen: int
    reachable: bool


@dataclass(frozen=True)
class Proposal:
    """The policies to try for an item.

    Parameters
    ----------
    position : the item
    kind : of the policies
    sizes : (n_levels,) float64, lot or cap that each level is tried with
    groups : (n_levels,) int64, number of the same
    order_up_tos, reorder_points : of each level, and last of the level held today
    simulation : of them all, and of ordering nothing
    target : what the service target is asked of
    """

    position: Position
    kind: PolicyKind
    sizes: Floats
    groups: Integers
    order_up_tos: Floats
    reorder_points: Floats
    simulation: Simulation
    target: Target


def decide_order(
    position: Position, paths: Floats, entity: np.uint64, seed: int, plan: StockPlan
) -> Decision:
    """Return the cheapest policy of those tried that serves the target.

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
    """Return the policies to try, and how to try them.

    Parameters
    ----------
    position : the item
    paths : (n_paths, horizon) float64, units per period
    entity : stable identity, for the lead times
    seed : in [0, 2**32)
    plan : settings
    """
    tried = levels_to_try(plan.policy, position, paths, plan.candidates)
    held = position.on_hand + position.on_order
    kept = ReorderUpTo(min(max(held - position.case_pack, 0.0), held), held)
    supply = position.supply(paths.shape[1], plan.lost_share)
    simulation = Simulation(
        supply,
        [*tried.policies, kept, NEVER],
        paths,
        Opening(position.on_hand, position.receipts),
        Draws(seed, int(entity)),
        first_reached=position.first_reached,
    )
    return Proposal(
        position,
        plan.policy,
        tried.size,
        tried.group,
        np.append(tried.order_up_to, kept.order_up_to),
        np.append(tried.reorder_point, kept.reorder_point),
        simulation,
        plan.target,
    )


def choose_level(proposal: Proposal, totals: Floats) -> Decision:
    """Return the cheapest policy that serves the target.

    Where none meets it the one that serves best is taken, the cheapest of equals. What is told of
    the others is of those tried with the same lot, or cap.

    Parameters
    ----------
    proposal : the policies tried
    totals : (n_policies, n_paths, 12) float64, of its simulation
    """
    position, n_levels = proposal.position, len(proposal.groups)
    found = estimate(totals, position.costs)
    best, reachable = _choose(
        found.cost[:n_levels], found.served(proposal.target)[:n_levels], position.service_target
    )
    same = np.flatnonzero(proposal.groups == proposal.groups[best])
    # The level held today, and ordering nothing.
    kept = np.concatenate([same, [n_levels, n_levels + 1]])
    chosen = int(np.searchsorted(same, best))
    policy, size = proposal.simulation.policies[best], float(proposal.sizes[best])
    held = position.on_hand + position.on_order
    terms = position.case_pack, position.minimum_order, position.capacity
    capped = proposal.kind == PolicyKind.CAPPED_BASE_STOCK and math.isfinite(size)
    return Decision(
        kind=proposal.kind,
        policy=policy,
        order_up_to=float(proposal.order_up_tos[best]),
        reorder_point=float(proposal.reorder_points[best]),
        lot=size if proposal.kind.orders_lots else None,
        order_cap=size if capped else None,
        order_quantity=order_quantity(held, *policy.rule, *terms),
        wanted=order_quantity(held, *policy.rule, 0.0, 0.0, math.inf),
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
