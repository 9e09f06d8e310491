"""The policies to try for an item: levels, each with lots to order in or caps on one order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inventory.lots import sizes_to_try
from inventory.policies import Policy, PolicyKind, policy_of
from inventory.position import Position
from kernels.arrays import Floats, Integers


@dataclass(frozen=True)
class Levels:
    """Policies of one kind, a row each, ascending by level within a size.

    Parameters
    ----------
    policies : to walk
    order_up_to, reorder_point : (n_levels,) float64, units; where lots are ordered, the first is
        the most that an order from the second at its highest raises the position to
    size : (n_levels,) float64, units of the lot, or the cap, infinite where there is none
    group : (n_levels,) int64, number of the size
    """

    policies: Sequence[Policy]
    order_up_to: Floats
    reorder_point: Floats
    size: Floats
    group: Integers


def levels_to_try(kind: PolicyKind, position: Position, paths: Floats, n_candidates: int) -> Levels:
    """Return levels and reorder points to try, whole cases, within the capacity.

    The item is reviewed every review period. Where it lacks a lot (a case, or what balances holding
    against ordering, where an order costs money) it is ordered up to its level, or by lots; or
    whatever lacks is ordered, but no more than a cap.

    Parameters
    ----------
    kind : of the policies
    position : the item
    paths : (n_paths, horizon) float64, units per period
    n_candidates : how many levels for each size, fewer where cases make them equal
    """
    levels = candidate_levels(position, paths, n_candidates)
    sizes = sizes_to_try(kind, position, paths)
    pairs = [_with_size(kind, position, levels, size) for size in sizes]
    counts = [len(own) for own, _ in pairs]
    order_up_to, reorder_point = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    size = np.repeat(np.array(sizes), counts)
    policies = [
        policy_of(kind, float(point), float(level), float(own))
        for point, level, own in zip(reorder_point, order_up_to, size, strict=True)
    ]
    group = np.repeat(np.arange(len(sizes)), counts)
    return Levels(policies, order_up_to, reorder_point, size, group)


def _with_size(
    kind: PolicyKind, position: Position, levels: Floats, size: float
) -> tuple[Floats, Floats]:
    """Return the levels of one size, and their reorder points."""
    if kind == PolicyKind.CAPPED_BASE_STOCK:
        return levels, levels
    # Every lot has the reorder points of a single case.
    most = position.most_cases * position.case_pack
    lifted = np.unique(np.minimum(levels + (size - position.case_pack), most))
    points = np.maximum(lifted - size, 0.0)
    return (np.unique(points + size), np.unique(points)) if kind.orders_lots else (lifted, points)


def candidate_levels(position: Position, paths: Floats, n_candidates: int) -> Floats:
    """Return order-up-to levels to try, ascending, whole cases, within the capacity.

    They lie between a low quantile and the highest demand of the protection interval (lead time
    and review period).

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
    return np.unique(np.minimum(cases, position.most_cases)) * position.case_pack
