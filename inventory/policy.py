"""Choosing a policy's levels, lots and caps by simulation on the forecast's own paths."""

import math
from dataclasses import dataclass

import numpy as np

from inventory.estimates import Difference, Estimates, compare_all
from inventory.plan import StockPlan
from inventory.policies import Policy, PolicyKind
from inventory.position import Position
from inventory.proposal import propose_levels
from inventory.refinement import Tried, refine_together
from inventory.simulation import simulate_together
from kernels.arrays import Floats
from kernels.stock_events import order_quantity


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


def decide_order(
    position: Position, paths: Floats, entity: np.uint64, seed: int, plan: StockPlan
) -> Decision:
    """Return the cheapest policy of those tried that serves the target.

    All are walked over the whole horizon on the same demand and lead times.

    Parameters
    ----------
    position, paths, entity, seed, plan : as in `inventory.proposal.propose_levels`
    """
    proposal = propose_levels(position, paths, entity, seed, plan)
    totals = simulate_together([proposal.simulation], seed, 0, plan.device)
    tried = [Tried.of(proposal, totals[0])]
    return choose_level(*refine_together(tried, plan.refinements, seed, plan.device))


def choose_level(tried: Tried) -> Decision:
    """Return the cheapest policy that serves the target.

    Where none meets it the one that serves best is taken, the cheapest of equals. What is told of
    the others is of those tried with the same lot, or cap.

    Parameters
    ----------
    tried : the policies, walked
    """
    proposal, totals, found = tried.proposal, tried.totals, tried.found
    position, plan, levels = proposal.position, proposal.plan, proposal.tried
    n_levels = len(levels.policies)
    own = found.of(np.arange(n_levels))
    best, reachable = own.cheapest(plan.target, position.service_target)
    same = np.flatnonzero(levels.size == levels.size[best])
    same = same[np.argsort(levels.order_up_to[same], kind="stable")]
    chosen = int(np.flatnonzero(same == best)[0])
    # The level held today, and ordering nothing.
    told = np.concatenate([same, [n_levels, n_levels + 1]])
    policy, size = levels.policies[best], float(levels.size[best])
    held = position.on_hand + position.on_order
    terms = position.case_pack, position.minimum_order, position.capacity
    capped = plan.policy == PolicyKind.CAPPED_BASE_STOCK and math.isfinite(size)
    return Decision(
        kind=plan.policy,
        policy=policy,
        order_up_to=float(levels.order_up_to[best]),
        reorder_point=float(levels.reorder_point[best]),
        lot=size if plan.policy.orders_lots else None,
        order_cap=size if capped else None,
        order_quantity=order_quantity(held, *policy.rule, *terms),
        wanted=order_quantity(held, *policy.rule, 0.0, 0.0, math.inf),
        levels=np.append(levels.order_up_to[same], proposal.kept.order_up_to),
        reorder_points=np.append(levels.reorder_point[same], proposal.kept.reorder_point),
        estimates=found.of(told),
        over_chosen=compare_all(totals[told], position.costs, chosen),
        chosen=chosen,
        reachable=reachable,
    )
