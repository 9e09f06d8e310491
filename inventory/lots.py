"""The lots that items may be ordered in, and the caps on one order, for each policy."""

import math

import numpy as np

from inventory.policies import PolicyKind
from inventory.positions import Positions
from inventory.theory import least_cost_quantity
from kernels.arrays import Floats

# Of the mean demand between reviews: what a lot must bring, and a cap let through, to keep up. What
# a lot brings beyond is held, so that the least are near one another.
_LOTS = (1.0, 1.25, 1.5, 2.0, 4.0, 8.0)
_CAPS = (1.0, 1.25, 1.5, 2.0)


def most_sizes(kind: PolicyKind) -> int:
    """Return how many sizes `sizes_to_try` returns of an item at most."""
    if kind == PolicyKind.CAPPED_BASE_STOCK:
        return len(_CAPS) + 1
    if kind.orders_what_lacks:
        return 1
    return len(_LOTS) + 1 if kind == PolicyKind.REORDER_QUANTITY else 2


def sizes_to_try(kind: PolicyKind, positions: Positions, paths: Floats) -> Floats:
    """Return the lots to try, or for capped base-stock the caps.

    All are whole cases within the capacity, and of a lot that is ordered as such, or a cap, the
    minimum order at least. The last cap is none: infinite, as is the only one of a policy that
    orders what lacks.

    Parameters
    ----------
    kind : of the policy
    positions : the items
    paths : (n_items, n_paths, horizon) float64, units per period

    Returns
    -------
    (n_items, n_sizes) float64, units, a row ascending; NaN where an item has fewer.
    """
    endless = np.full((len(positions), 1), math.inf)
    if kind.orders_what_lacks and kind != PolicyKind.CAPPED_BASE_STOCK:
        return endless
    mean = paths.reshape(len(paths), -1).mean(axis=1)
    economic = economic_lots(positions, mean, paths.shape[2])
    if kind == PolicyKind.REORDER_UP_TO:
        return economic
    if kind == PolicyKind.REORDER_BATCHES:
        return _orderable(positions, economic)
    between = (mean * positions.review_period)[:, None]
    if kind == PolicyKind.CAPPED_BASE_STOCK:
        return np.hstack([_orderable(positions, np.array(_CAPS) * between), endless])
    # One lot a review must keep up with demand: a smaller one falls ever further behind.
    keeping_up = _orderable(positions, np.array(_LOTS) * between)
    larger = _orderable(positions, economic)
    larger = np.where(larger > keeping_up[:, :1], larger, np.nan)
    return _each_once(np.hstack([keeping_up, larger]))


def economic_lots(positions: Positions, mean: Floats, horizon: int) -> Floats:
    """Return what may lack before it is ordered, (n_items, 2) float64, units; the first is a case.

    The second is the economic order of mean demand, in whole cases, no more than the horizon or the
    shelf life sells; NaN where an order costs nothing, or the cases are not several.

    Parameters
    ----------
    positions : the items
    mean : (n_items,) float64, units per period
    horizon : periods
    """
    case_pack, shelf_life = positions.case_pack, positions.shelf_life
    ordering, holding = positions.ordering_cost, positions.holding_cost
    some = (ordering > 0.0) & (holding > 0.0) & (mean > 0.0)
    economic = least_cost_quantity(
        np.where(some, ordering, 0.0), np.where(some, holding, 1.0), np.where(some, mean, 0.0)
    )
    sold_in = np.where(shelf_life > 0, np.minimum(shelf_life, horizon), horizon)
    cases = np.floor(np.minimum(economic, mean * sold_in) / case_pack + 0.5)
    return np.column_stack([case_pack, np.where(cases > 1.0, cases * case_pack, np.nan)])


def _orderable(positions: Positions, sizes: Floats) -> Floats:
    """Return sizes an order can have: whole cases, the minimum at least, within the capacity."""
    case_pack = positions.case_pack[:, None]
    least = np.maximum(positions.minimum_order[:, None], case_pack)
    raised = np.ceil(np.maximum(sizes, least) / case_pack - 1e-9)
    return _each_once(np.minimum(raised, positions.most_cases[:, None]) * case_pack)


def _each_once(sizes: Floats) -> Floats:
    """Return rows ascending, and NaN, at the end, in place of what is there already."""
    ascending = np.sort(sizes, axis=1)
    ascending[:, 1:][ascending[:, 1:] == ascending[:, :-1]] = np.nan
    return np.asarray(np.sort(ascending, axis=1))
