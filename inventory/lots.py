"""The lots that an item may be ordered in, and the caps on one order, for each policy."""

import math

import numpy as np

from inventory.policies import PolicyKind
from inventory.position import Position
from inventory.theory import economic_order
from kernels.arrays import Floats

# Of the mean demand between reviews: what a lot must bring, and a cap let through, to keep up.
_LOTS = (1.0, 2.0, 4.0, 8.0)
_CAPS = (1.0, 1.25, 1.5, 2.0)


def most_sizes(kind: PolicyKind) -> int:
    """Return how many sizes `sizes_to_try` returns at most."""
    if kind == PolicyKind.CAPPED_BASE_STOCK:
        return len(_CAPS) + 1
    if kind.orders_what_lacks:
        return 1
    return len(_LOTS) + 1 if kind == PolicyKind.REORDER_QUANTITY else 2


def sizes_to_try(kind: PolicyKind, position: Position, paths: Floats) -> list[float]:
    """Return the lots to try, or for capped base-stock the caps, units, ascending.

    All are whole cases within the capacity, and of a lot that is ordered as such, or a cap, the
    minimum order at least. The last cap is none: infinite, as is the only one of a policy that
    orders what lacks.

    Parameters
    ----------
    kind : of the policy
    position : the item
    paths : (n_paths, horizon) float64, units per period
    """
    if kind.orders_what_lacks and kind != PolicyKind.CAPPED_BASE_STOCK:
        return [math.inf]
    economic = economic_lots(position, paths)
    if kind == PolicyKind.REORDER_UP_TO:
        return economic
    if kind == PolicyKind.REORDER_BATCHES:
        return _orderable(position, economic)
    between = float(paths.mean()) * position.review_period
    if kind == PolicyKind.CAPPED_BASE_STOCK:
        return [*_orderable(position, [share * between for share in _CAPS]), math.inf]
    # One lot a review must keep up with demand: a smaller one falls ever further behind.
    keeping_up = _orderable(position, [share * between for share in _LOTS])
    larger = [lot for lot in _orderable(position, economic) if lot > keeping_up[0]]
    return sorted({*keeping_up, *larger})


def economic_lots(position: Position, paths: Floats) -> list[float]:
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


def _orderable(position: Position, sizes: list[float]) -> list[float]:
    """Return sizes an order can have: whole cases, the minimum at least, within the capacity."""
    least = max(position.minimum_order, position.case_pack)
    raised = np.ceil(np.maximum(sizes, least) / position.case_pack - 1e-9)
    cases = np.minimum(raised, position.most_cases)
    return [float(size) for size in np.unique(cases * position.case_pack)]
