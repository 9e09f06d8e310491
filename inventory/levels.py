"""The policies to try for items: levels, each with lots to order in or caps on one order."""

import math
from dataclasses import dataclass

import numpy as np

from inventory.lots import sizes_to_try
from inventory.plan import StockPlan, Target
from inventory.policies import Policy, PolicyKind, policy_of, rules_of_kind
from inventory.positions import Positions
from inventory.rows import Rows, begins
from kernels.arrays import Floats, Integers
from kernels.stock_levels import fill_demand_ranges

# The quantile of demand that the lowest level covers.
_LOWEST = 0.1


@dataclass(frozen=True)
class Levels(Rows):
    """Policies of one kind, a row each, those of an item after those of the one before.

    At first they ascend by level within a size, and by size within an item.

    Parameters
    ----------
    item : (n_levels,) int64, number of the item
    order_up_to, reorder_point : (n_levels,) float64, units; where lots are ordered, the first is
        the most that an order from the second at its highest raises the position to
    level : (n_levels,) float64, units that single cases would be ordered up to
    size : (n_levels,) float64, units of the lot, or the cap, infinite where there is none
    """

    item: Integers
    order_up_to: Floats
    reorder_point: Floats
    level: Floats
    size: Floats

    def __len__(self) -> int:
        """Return the number of policies."""
        return len(self.item)

    def offsets(self, n_items: int) -> Integers:
        """Return (n_items + 1,) int64, where the policies of each item start."""
        return np.searchsorted(self.item, np.arange(n_items + 1))

    def rules(self, kind: PolicyKind) -> Floats:
        """Return (n_levels, 4) float64, the rules that a walk follows."""
        return rules_of_kind(kind, self.reorder_point, self.order_up_to, self.size)

    def policy(self, kind: PolicyKind, number: int) -> Policy:
        """Return one policy."""
        point, up_to = self.reorder_point[number], self.order_up_to[number]
        return policy_of(kind, float(point), float(up_to), float(self.size[number]))


def levels_to_try(plan: StockPlan, positions: Positions, paths: Floats) -> Levels:
    """Return levels and reorder points to try, within the capacity.

    An item is reviewed every review period. Where it lacks a lot (a case, or what balances holding
    against ordering, where an order costs money) it is ordered up to its level, or by lots; or
    whatever lacks is ordered, but no more than a cap. Orders are rounded up to whole cases, so that
    the first unit of the last case counts as the case.

    Parameters
    ----------
    plan : kind of the policies, and how many levels for each size, of which there are fewer where
        steps make them equal
    positions : the items
    paths : (n_items, n_paths, horizon) float64, units per period
    """
    levels = candidate_levels(plan, positions, paths)
    return levels_of(plan.policy, positions, levels, sizes_to_try(plan.policy, positions, paths))


def levels_of(kind: PolicyKind, positions: Positions, levels: Floats, sizes: Floats) -> Levels:
    """Return the policies of every level with every size, each once, within the capacity.

    Parameters
    ----------
    kind : of the policies
    positions : the items
    levels : (n_items, n_levels) float64, units that single cases would be ordered up to, in steps
        of `Positions.least_step`, ascending; NaN where an item has fewer
    sizes : (n_items, n_sizes) float64, units of lots, or caps; NaN where an item has fewer
    """
    some = ~np.isnan(sizes)[:, :, None] & ~np.isnan(levels)[:, None, :]
    item, of_size, of_level = np.nonzero(some)
    level, size = levels[item, of_level], sizes[item, of_size]
    case_pack, least_step = positions.case_pack[item], positions.least_step[item]
    most = positions.most_cases[item] * case_pack
    # An order up to a level is rounded up to whole cases: of its last one a step must lack.
    lacking = size if kind.orders_lots else size - (case_pack - least_step)
    order_up_to, reorder_point = _with_sizes(kind, least_step, most, level, lacking)
    found = Levels(item, order_up_to, reorder_point, level, size)
    return found.of(np.flatnonzero(begins(item, order_up_to, reorder_point, size)))


def _with_sizes(
    kind: PolicyKind, least_step: Floats, most: Floats, level: Floats, lacking: Floats
) -> tuple[Floats, Floats]:
    """Return levels with what lacks, at most the units that fit, and their reorder points."""
    if kind.orders_what_lacks:
        return level, level
    # Every lot has the reorder points of a single case.
    lifted = np.minimum(level + (lacking - least_step), most)
    points = np.maximum(lifted - lacking, 0.0)
    return (points + lacking, points) if kind.orders_lots else (lifted, points)


def candidate_levels(plan: StockPlan, positions: Positions, paths: Floats) -> Floats:
    """Return order-up-to levels to try, ascending, within the capacity.

    They lie between a low quantile and the highest of demand in the protection interval (lead time
    and review period) of an order that comes late. Where lead times vary, lower levels serve as
    well on the paths and cost less there, but more on demand that came. Where cost alone decides,
    the lowest is of what is worth holding. As orders are rounded up to whole cases, half a case
    more than the level is there on average; the lowest is less by as much.

    Parameters
    ----------
    plan : how many levels, and whether they must serve or cost alone decides
    positions : the items
    paths : (n_items, n_paths, horizon) float64

    Returns
    -------
    (n_items, n_candidates) float64, units, in steps of `Positions.least_step`; NaN where a level
    would be equal to the one before.
    """
    low, high = np.empty(len(positions)), np.empty(len(positions))
    least, most = _covered(plan, positions, paths.shape[2])
    fill_demand_ranges(paths, least, most, _LOWEST, low, high)
    step, room = positions.least_step, positions.most_cases * positions.case_pack
    start = np.maximum(low - 0.5 * (positions.case_pack - step), 0.0)
    stop = np.maximum(high * 1.1, start + step)
    steps = np.ceil(np.linspace(start, stop, plan.candidates, axis=1) / step[:, None])
    levels = np.minimum(steps * step[:, None], room[:, None])
    levels[:, 1:][levels[:, 1:] == levels[:, :-1]] = np.nan
    return levels


def _covered(plan: StockPlan, positions: Positions, horizon: int) -> tuple[Integers, Integers]:
    """Return the periods that an order must last, of the lowest level and of the highest."""
    late = np.ceil(2.0 * positions.lead_time_deviation).astype(np.int64)
    most = positions.protection_interval + late
    least = _worth_covering(positions) if plan.target == Target.COST else most
    return np.minimum(least, horizon), np.minimum(most, horizon)


def _worth_covering(positions: Positions) -> Integers:
    """Return the periods after which a unit has cost more to hold than it is worth to have."""
    holding, endless = positions.holding_cost, np.full(len(positions), math.inf)
    worth = np.divide(positions.shortage_cost, holding, out=endless, where=holding > 0.0)
    held = np.minimum(np.floor(worth), positions.review_period).astype(np.int64)
    return np.asarray(positions.first_reached + held)
