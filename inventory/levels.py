"""The policies to try for an item: levels, each with lots to order in or caps on one order."""

from collections.abc import Collection, Sequence
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
    level : (n_levels,) float64, units that single cases would be ordered up to
    size : (n_levels,) float64, units of the lot, or the cap, infinite where there is none
    """

    policies: Sequence[Policy]
    order_up_to: Floats
    reorder_point: Floats
    level: Floats
    size: Floats

    def of(self, chosen: Integers) -> "Levels":
        """Return some, in the order of their numbers."""
        return Levels(
            [self.policies[n] for n in chosen],
            self.order_up_to[chosen],
            self.reorder_point[chosen],
            self.level[chosen],
            self.size[chosen],
        )

    def without(self, known: Collection[Policy]) -> "Levels":
        """Return those whose policy is not among those known."""
        kept = [n for n, policy in enumerate(self.policies) if policy not in known]
        return self.of(np.array(kept, np.int64))

    def and_then(self, other: "Levels") -> "Levels":
        """Return these and then others."""
        return Levels(
            [*self.policies, *other.policies],
            np.concatenate([self.order_up_to, other.order_up_to]),
            np.concatenate([self.reorder_point, other.reorder_point]),
            np.concatenate([self.level, other.level]),
            np.concatenate([self.size, other.size]),
        )


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
    return levels_of(kind, position, levels, sizes_to_try(kind, position, paths))


def levels_of(
    kind: PolicyKind, position: Position, levels: Floats, sizes: Sequence[float] | Floats
) -> Levels:
    """Return the policies of every level with every size, each once, within the capacity.

    Parameters
    ----------
    kind : of the policies
    position : the item
    levels : units that single cases would be ordered up to, whole cases, ascending
    sizes : units of lots, or caps
    """
    level, size = np.tile(levels, len(sizes)), np.repeat(np.array(sizes), len(levels))
    order_up_to, reorder_point = _with_sizes(kind, position, level, size)
    rows = np.column_stack([order_up_to, reorder_point, size])
    new = np.append([True], (rows[1:] != rows[:-1]).any(axis=1))
    policies = [
        policy_of(kind, float(point), float(raised), float(own)) for raised, point, own in rows[new]
    ]
    return Levels(policies, order_up_to[new], reorder_point[new], level[new], size[new])


def _with_sizes(
    kind: PolicyKind, position: Position, level: Floats, size: Floats
) -> tuple[Floats, Floats]:
    """Return levels with their sizes, and their reorder points."""
    if kind.orders_what_lacks:
        return level, level
    # Every lot has the reorder points of a single case.
    most = position.most_cases * position.case_pack
    lifted = np.minimum(level + (size - position.case_pack), most)
    points = np.maximum(lifted - size, 0.0)
    return (points + size, points) if kind.orders_lots else (lifted, points)


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
