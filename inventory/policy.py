"""Choosing policies' levels, lots and caps on sample paths, and judging the choice on others."""

import math
from dataclasses import dataclass

import numpy as np

from inventory.estimates import Difference, Estimates, compare_items, estimate_items
from inventory.levels import Levels
from inventory.plan import StockPlan
from inventory.policies import Policy, PolicyKind
from inventory.position import Position
from inventory.positions import Positions
from inventory.proposal import N_OTHERS, places_among_rules, propose_levels, walk
from inventory.refinement import Tried, refine_together
from kernels.arrays import Flags, Floats, Integers, Words
from kernels.stock_batches import Walks, fill_order_quantities


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
    lifts : (n_paths or 1, horizon) float64, units that its levels are higher by in later periods:
        on each of the paths of ``estimates``, or on all alike
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
    lifts: Floats


@dataclass(frozen=True)
class Choices:
    """The policies chosen for items on some paths, before they are judged on others.

    Parameters
    ----------
    tried : the policies, walked on the paths that they were chosen on
    best : (n_items,) int64, places of the policies among those tried
    reachable : (n_items,) bool, whether they serve the target there
    """

    tried: Tried
    best: Integers
    reachable: Flags

    @property
    def rules(self) -> Floats:
        """(n_items, 4) float64, the rule of each item's policy."""
        proposal = self.tried.proposal
        return proposal.tried.of(self.best).rules(proposal.plan.policy)

    @property
    def told(self) -> Integers:
        """Places of the policies to tell of: the levels tried with the same lot, or cap, ascending.

        After those of each item come the level held today, and ordering nothing.
        """
        levels = self.tried.proposal.tried
        same = np.flatnonzero(levels.size == levels.size[self.best][levels.item])
        return np.asarray(same[np.lexsort((levels.order_up_to[same], levels.item[same]))])

    def walks(self, held_out: Floats) -> Walks:
        """Return the walks of what is to be told.

        Parameters
        ----------
        held_out : (n_items, n_paths, horizon) float64, units per period, of paths not chosen on
        """
        proposal = self.tried.proposal
        return proposal.telling(proposal.tried.of(self.told), held_out)


@dataclass(frozen=True)
class Decisions:
    """The policies chosen for many items, and what they are expected to do.

    Parameters
    ----------
    positions : the items, as their policy reviews them
    plan : settings
    levels : those told of, ascending within an item
    kept : (n_items, 2) float64, reorder point and level of what is held today
    offsets : (n_items + 1,) int64, where the figures of each item start: of its levels, then of the
        level held today, and last of ordering nothing
    best : (n_items,) int64, the chosen among all levels told of
    chosen : (n_items,) int64, the same among those of the item
    order_quantity, wanted : (n_items,) float64, units to order now, and without cases, minimum
        order and capacity
    estimates, in_sample, over_chosen : of all figures, as `Decision` has them of one item; the last
        (4, n_figures) float64
    reachable : (n_items,) bool, as `Decision` has it
    lifts : (n_items, n_paths or 1, horizon) float64, as `Decision` has them
    """

    positions: Positions
    plan: StockPlan
    levels: Levels
    kept: Floats
    offsets: Integers
    best: Integers
    chosen: Integers
    order_quantity: Floats
    wanted: Floats
    estimates: Estimates
    in_sample: Estimates
    over_chosen: Floats
    reachable: Flags
    lifts: Floats

    @property
    def sizes(self) -> Floats:
        """Units of each item's lot, or cap; infinite where there is none."""
        return self.levels.size[self.best]

    @property
    def lots(self) -> Floats:
        """Units of the lots ordered; NaN where there are none."""
        return self.sizes if self.plan.policy.orders_lots else np.full(len(self.best), np.nan)

    @property
    def order_caps(self) -> Floats:
        """Most units of one order; NaN where any may be ordered."""
        capped = self.plan.policy == PolicyKind.CAPPED_BASE_STOCK
        return np.where(capped & np.isfinite(self.sizes), self.sizes, np.nan)

    @property
    def told(self) -> Integers:
        """Places of the chosen levels among all figures."""
        return self.offsets[:-1] + self.chosen

    def one(self, item: int) -> Decision:
        """Return the decision of one item."""
        own = np.arange(self.offsets[item], self.offsets[item + 1])
        levels = self.levels.of(own[:-N_OTHERS] - N_OTHERS * item)
        best, kind = int(self.best[item]), self.plan.policy
        lot, cap = float(self.lots[item]), float(self.order_caps[item])
        point, held = self.kept[item]
        return Decision(
            kind=kind,
            policy=self.levels.policy(kind, best),
            order_up_to=float(self.levels.order_up_to[best]),
            reorder_point=float(self.levels.reorder_point[best]),
            lot=None if math.isnan(lot) else lot,
            order_cap=None if math.isnan(cap) else cap,
            order_quantity=float(self.order_quantity[item]),
            wanted=float(self.wanted[item]),
            levels=np.append(levels.order_up_to, held),
            reorder_points=np.append(levels.reorder_point, point),
            estimates=self.estimates.of(own),
            in_sample=self.in_sample.of(own),
            over_chosen=[Difference(*each) for each in self.over_chosen[:, own].T.tolist()],
            chosen=int(self.chosen[item]),
            reachable=bool(self.reachable[item]),
            lifts=self.lifts[item],
        )


def decide_order(
    position: Position,
    paths: Floats,
    held_out: Floats,
    entity: np.uint64,
    seed: int,
    plan: StockPlan,
) -> Decision:
    """Return the decision of one item, as `decide_orders` makes it.

    Parameters
    ----------
    position : the item
    paths, held_out : (n_paths, horizon) float64, units per period
    entity : stable identity
    seed, plan : as in `decide_orders`
    """
    own = Positions.stacked([position]), paths[None], held_out[None], np.array([entity])
    return decide_orders(*own, seed, plan).one(0)


def decide_orders(
    positions: Positions,
    paths: Floats,
    held_out: Floats,
    entities: Words,
    seed: int,
    plan: StockPlan,
) -> Decisions:
    """Return the cheapest policy of those tried that serves the target, and what it is to do.

    All are walked over the whole horizon on the same demand and lead times. What is told of them
    comes from other demand and lead times: those that a policy was chosen on flatter it.

    Parameters
    ----------
    positions : the items
    paths : (n_items, n_paths, horizon) float64, units per period, to choose policies on
    held_out : (n_items, n_paths, horizon) float64, of paths to judge the choice on
    entities : (n_items,) uint64, stable identities, for the lead times
    seed : in [0, 2**32)
    plan : settings
    """
    choices = choose_policies(positions, paths, entities, seed, plan)
    walks = choices.walks(held_out)
    return judge(choices, walks, walk(walks, seed, paths.shape[1], plan.device))


def choose_policies(
    positions: Positions, paths: Floats, entities: Words, seed: int, plan: StockPlan
) -> Choices:
    """Return the cheapest policy of those tried that serves the target, of each item.

    Parameters
    ----------
    positions, paths, entities, seed, plan : as in `decide_orders`
    """
    proposal = propose_levels(positions, paths, entities, plan)
    tried = Tried.of(proposal, walk(proposal.walks, seed, 0, plan.device))
    return choose_levels(refine_together(tried, plan.refinements, seed, plan.device))


def choose_levels(tried: Tried) -> Choices:
    """Return the cheapest policy that serves the target, of each item.

    Where none meets it the one that serves best is taken, the cheapest of equals.

    Parameters
    ----------
    tried : the policies, walked
    """
    proposal = tried.proposal
    offsets = proposal.tried.offsets(len(proposal.positions))
    best, reachable = tried.of_levels.cheapest(
        proposal.plan.target, proposal.positions.service_target, offsets
    )
    return Choices(tried, offsets[:-1] + best, reachable)


def judge(choices: Choices, walks: Walks, totals: Floats) -> Decisions:
    """Return what choices are expected to do.

    Parameters
    ----------
    choices : what was chosen
    walks : of it on other paths
    totals : (n_rules, n_paths, 12) float64, of these walks
    """
    tried, told = choices.tried, choices.told
    proposal, levels = tried.proposal, tried.proposal.tried.of(told)
    positions, offsets = proposal.positions, walks.offsets
    best = np.flatnonzero(told == choices.best[levels.item])
    chosen = best - levels.offsets(len(positions))[:-1]
    orders, wanted = _order_quantities(positions, walks.rules[offsets[:-1] + chosen])
    return Decisions(
        positions,
        proposal.plan,
        levels,
        proposal.kept,
        offsets,
        best,
        chosen,
        orders,
        wanted,
        estimate_items(totals, positions.prices, offsets),
        tried.found.of(_figures(tried, told, offsets)),
        compare_items(totals, positions.prices, chosen, offsets),
        choices.reachable,
        walks.lifts,
    )


def _figures(tried: Tried, told: Integers, offsets: Integers) -> Integers:
    """Return the places of what is told among the rules tried, those of others with it."""
    levels, ends = tried.proposal.tried.of(told), tried.proposal.walks.offsets[1:]
    places = np.empty(offsets[-1], np.int64)
    places[places_among_rules(levels)] = told + N_OTHERS * levels.item
    for back in range(1, N_OTHERS + 1):
        places[offsets[1:] - back] = ends - back
    return places


def _order_quantities(positions: Positions, rules: Floats) -> tuple[Floats, Floats]:
    """Return what rules order now, and what without cases, minimum order and capacity."""
    held, room = positions.counted, positions.capacity - positions.late_receipts
    orders, wanted, none = np.empty_like(held), np.empty_like(held), np.zeros_like(held)
    terms = positions.case_pack, positions.minimum_order, room
    fill_order_quantities(held, rules, *terms, orders)
    fill_order_quantities(held, rules, none, none, np.full_like(held, math.inf), wanted)
    return orders, wanted
