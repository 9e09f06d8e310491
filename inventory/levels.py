"""The order-up-to levels to try for an item, each with lots to order in."""

from dataclasses import dataclass

import numpy as np

from inventory.position import Position
from inventory.theory import economic_order
from kernels.arrays import Floats, Integers


@dataclass(frozen=True)
class Levels:
    """Levels to order up to, and the position at which each is ordered up to.

    Parameters
    ----------
    order_up_to, reorder_point : (n_levels,) float64, units; ascending within a lot
    lot : (n_levels,) int64, number of the lot that the level is tried with
    """

    order_up_to: Floats
    reorder_point: Floats
    lot: Integers


def levels_to_try(position: Position, paths: Floats, n_candidates: int) -> Levels:
    """Return levels and reorder points to try, whole cases, within the capacity.

    The item is reviewed every review period, and ordered up to its level where it lacks a lot: a
    case, or what balances holding against ordering, where an order costs money.

    Parameters
    ----------
    position : the item
    paths : (n_paths, horizon) float64, units per period
    n_candidates : how many levels for each lot, fewer where cases make them equal
    """
    levels = candidate_levels(position, paths, n_candidates)
    most = np.floor(position.capacity / position.case_pack + 1e-9) * position.case_pack
    # Every lot has the reorder points of the first.
    lots = lots_to_try(position, paths)
    lifted = [np.unique(np.minimum(levels + (lot - lots[0]), most)) for lot in lots]
    points = [np.maximum(own - lot, 0.0) for own, lot in zip(lifted, lots, strict=True)]
    numbers = [np.full(len(own), number, np.int64) for number, own in enumerate(lifted)]
    return Levels(np.concatenate(lifted), np.concatenate(points), np.concatenate(numbers))


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
    most = np.floor(position.capacity / position.case_pack + 1e-9)
    return np.unique(np.minimum(cases, most) * position.case_pack)


def lots_to_try(position: Position, paths: Floats) -> list[float]:
    """Return what may lack before it is ordered, units, ascending; the first is a case.

    A second is the economic order of mean demand, in whole cases, no more than the horizon or the
    shelf life sells; there is none where an order costs nothing.

    Parameters
    ----------
    position : the item
    paths : (n_paths, horizon) float64
    """
    case_pack, costs = position.case_pack, position.costs
    mean = float(paths.mean())
    if not (costs.ordering > 0.0 and costs.holding > 0.0 and mean > 0.0):
        return [case_pack]
    sold_in = position.shelf_life if position.shelf_life > 0 else paths.shape[1]
    economic = economic_order(costs.ordering, costs.holding, mean).quantity
    cases = np.floor(min(economic, mean * min(sold_in, paths.shape[1])) / case_pack + 0.5)
    return [case_pack, float(cases) * case_pack] if cases > 1.0 else [case_pack]
