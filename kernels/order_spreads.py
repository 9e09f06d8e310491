"""How far order statistics of one sample are spread, each under weights of its neighbours."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.difference_scales import pairwise_sum


class OrderWeights(NamedTuple):
    """Weights of the places of sorted numbers around some of them, end to end.

    Parameters
    ----------
    first : (n_places,) int64, the first place that weighs
    weights : (n_weights,) float64, which add up to one for each place
    offsets : (n_places + 1,) int64, where those of each start
    """

    first: Integers
    weights: Floats
    offsets: Integers


def order_spreads(ordered: Floats, told: OrderWeights) -> Floats:
    """Return the standard deviation of the numbers around each place under their weights.

    Parameters
    ----------
    ordered : (n,) float64, ascending, no NaN
    told : the places

    Returns
    -------
    (n_places,) float64, in the unit of the numbers; sums are in NumPy's order.
    """
    out = np.empty(len(told.first))
    _fill_spreads(ordered, told, out)
    return out


@njit(cache=True, nogil=True)
def _fill_spreads(ordered: Floats, told: OrderWeights, out: Floats) -> None:
    widest = 0
    for place in range(out.shape[0]):
        widest = max(widest, told.offsets[place + 1] - told.offsets[place])
    scratch = np.empty(widest)
    for place in range(out.shape[0]):
        start, first = told.offsets[place], told.first[place]
        width = told.offsets[place + 1] - start
        for k in range(width):
            scratch[k] = told.weights[start + k] * ordered[first + k]
        mean = pairwise_sum(scratch[:width])
        for k in range(width):
            gap = ordered[first + k] - mean
            scratch[k] = told.weights[start + k] * (gap * gap)
        out[place] = math.sqrt(pairwise_sum(scratch[:width]))
