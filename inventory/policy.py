"""Choosing a policy's levels, lots and caps on sample paths, and judging the choice on others."""

import math
from dataclasses import dataclass, replace

import numpy as np

from inventory.estimates import Difference, Estimates, compare_all, estimate
from inventory.plan import StockPlan
from inventory.policies import Policy, PolicyKind
from inventory.position import Position
from inventory.proposal import propose_levels
from inventory.refinement import Tried, refine_together
from inventory.simulation import Simulation, simulate_together
from kernels.arrays import Floats, Integers
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
    estimates : of each level, then of the level held today, and last of ordering nothing, on paths
        that nothing was chosen on
    in_sample : of the same, on the paths that the policy was chosen on
    over_chosen : of the same, what each costs and serves more than the chosen level, paired, on
        the paths of ``estimates``
    chosen : number of the level
    reachable : whether it serves the target on the paths that it was chosen on
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
    in_sample: Estimates
    over_chosen: list[Difference]
    chosen: int
    reachable: bool


@dataclass(frozen=True)
class Choice:
    """The policy chosen for an item on some paths, before it is judged on others.

    Parameters
    ----------
    tried : the policies, walked on the paths that it was chosen on
    best : number of the policy
    reachable : whether it serves the target there
    """

    tried: Tried
    best: int
    reachable: bool

    @property
    def policy(self) -> Policy:
        """The policy."""
        return self.tried.proposal.tried.policies[self.best]

    @property
    def told(self) -> Integers:
        """Numbers of the policies to tell of.

        They are the levels tried with the same lot, or cap, ascending, then the level held today,
        and ordering nothing.
        """
        levels = self.tried.proposal.tried
        n_levels = len(levels.policies)
        same = np.flatnonzero(levels.size == levels.size[self.best])
        same = same[np.argsort(levels.order_up_to[same], kind="stable")]
        return np.concatenate([same, [n_levels, n_levels + 1]])

    def simulation(self, held_out: Floats) -> Simulation:
        """Return the simulation of what is to be told.

        Parameters
        ----------
        held_out : (n_paths, horizon) float64, units per period, of paths not chosen on
        """
        own, forecast = self.tried.proposal.simulation, self.tried.proposal.forecast
        told = [own.policies[n] for n in self.told]
        lifts = None if forecast is None else forecast.lifts(held_out)
        return replace(own, policies=told, demand=held_out, lifts=lifts)


def decide_order(
    position: Position,
    paths: Floats,
    held_out: Floats,
    entity: np.uint64,
    seed: int,
    plan: StockPlan,
) -> Decision:
    """Return the cheapest policy of those tried that serves the target, and what it is to do.

    All are walked over the whole horizon on the same demand and lead times. What is told of them
    comes from other demand and lead times: those that a policy was chosen on flatter it.

    Parameters
    ----------
    held_out : (n_paths, horizon) float64, units per period, of paths to judge the choice on
    position, paths, entity, seed, plan : as in `inventory.proposal.propose_levels`
    """
    choice = choose_policy(position, paths, entity, seed, plan)
    totals = simulate_together([choice.simulation(held_out)], seed, len(paths), plan.device)
    return judge(choice, totals[0])


def choose_policy(
    position: Position, paths: Floats, entity: np.uint64, seed: int, plan: StockPlan
) -> Choice:
    """Return the cheapest policy of those tried that serves the target.

    Parameters
    ----------
    position, paths, entity, seed, plan : as in `inventory.proposal.propose_levels`
    """
    proposal = propose_levels(position, paths, entity, seed, plan)
    totals = simulate_together([proposal.simulation], seed, 0, plan.device)
    tried = [Tried.of(proposal, totals[0])]
    return choose_level(*refine_together(tried, plan.refinements, seed, plan.device))


def choose_level(tried: Tried) -> Choice:
    """Return the cheapest policy that serves the target.

    Where none meets it the one that serves best is taken, the cheapest of equals.

    Parameters
    ----------
    tried : the policies, walked
    """
    proposal = tried.proposal
    own = tried.found.of(np.arange(len(proposal.tried.policies)))
    best, reachable = own.cheapest(proposal.plan.target, proposal.position.service_target)
    return Choice(tried, best, reachable)


def judge(choice: Choice, totals: Floats) -> Decision:
    """Return what a choice is expected to do.

    Parameters
    ----------
    choice : what was chosen
    totals : (n_policies, n_paths, 12) float64, of its simulation on other paths
    """
    proposal, best, told = choice.tried.proposal, choice.best, choice.told
    position, plan, levels = proposal.position, proposal.plan, proposal.tried
    same = told[:-2]
    chosen = int(np.flatnonzero(same == best)[0])
    size = float(levels.size[best])
    held = position.on_hand + position.on_order
    terms = position.case_pack, position.minimum_order, position.capacity
    capped = plan.policy == PolicyKind.CAPPED_BASE_STOCK and math.isfinite(size)
    return Decision(
        kind=plan.policy,
        policy=choice.policy,
        order_up_to=float(levels.order_up_to[best]),
        reorder_point=float(levels.reorder_point[best]),
        lot=size if plan.policy.orders_lots else None,
        order_cap=size if capped else None,
        order_quantity=order_quantity(held, *choice.policy.rule, *terms),
        wanted=order_quantity(held, *choice.policy.rule, 0.0, 0.0, math.inf),
        levels=np.append(levels.order_up_to[same], proposal.kept.order_up_to),
        reorder_points=np.append(levels.reorder_point[same], proposal.kept.reorder_point),
        estimates=estimate(totals, position.costs),
        in_sample=choice.tried.found.of(told),
        over_chosen=compare_all(totals, position.costs, chosen),
        chosen=chosen,
        reachable=choice.reachable,
    )
