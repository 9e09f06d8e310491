"""What demand paths may sell in so many periods: what levels of stock lie between, and move by."""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.difference_scales import pairwise_sum


@njit(cache=True, nogil=True)
def _quantile(ascending: Floats, share: float) -> float:
    """Return a quantile between its two nearest elements, to the last digit as NumPy does."""
    place = (len(ascending) - 1) * share
    below = int(place)
    first = ascending[below]
    second = ascending[min(below + 1, len(ascending) - 1)]
    apart = second - first
    way = place - below
    if way < 0.5:
        return float(first + apart * way)
    return float(second - apart * (1.0 - way))


@njit(cache=True, nogil=True)
def fill_demand_ranges(
    paths: Floats, least: Integers, most: Integers, share: float, low: Floats, high: Floats
) -> None:
    """Fill a quantile of what paths sell in their first periods, and the most in some more.

    Parameters
    ----------
    paths : (n_items, n_paths, horizon) float64, units per period
    least, most : (n_items,) int64, periods of the quantile and of the most
    share : of the quantile, in [0, 1]
    low, high : (n_items,) float64, units, overwritten

    References
    ----------
    Hyndman & Fan (1996), "Sample quantiles in statistical packages", The American Statistician
    50(4), definition 7.
    """
    sold = np.empty(paths.shape[1])
    for item in range(paths.shape[0]):
        for path in range(paths.shape[1]):
            sold[path] = pairwise_sum(paths[item, path, : least[item]])
        sold.sort()
        low[item], high[item] = _quantile(sold, share), sold[-1]
        if most[item] != least[item]:
            high[item] = 0.0
            for path in range(paths.shape[1]):
                high[item] = max(high[item], pairwise_sum(paths[item, path, : most[item]]))


@njit(cache=True, nogil=True)
def fill_moves(paths: Floats, lasting: Integers, means: Floats, errors: Floats) -> None:
    """Fill how much more paths sell in so many periods from each on than from the first on.

    Periods that end beyond the paths are taken for the last ones within them.

    Parameters
    ----------
    paths : (n_items, n_paths, horizon) float64, units per period
    lasting : (n_items,) int64, periods, from 1 to the horizon
    means, errors : (n_items, horizon) float64, units, overwritten: of all paths, and the standard
        errors of these
    """
    n_items, n_paths, horizon = paths.shape
    sums = np.zeros(horizon + 1)
    for item in range(n_items):
        periods = lasting[item]
        mean, square = means[item], errors[item]
        mean[:], square[:] = 0.0, 0.0
        for path in range(n_paths):
            for t in range(horizon):
                sums[t + 1] = sums[t] + paths[item, path, t]
            for t in range(1, horizon):
                start = min(t, horizon - periods)
                more = sums[start + periods] - sums[start] - sums[periods]
                mean[t] += more
                square[t] += more * more
        for t in range(horizon):
            mean[t] /= n_paths
            variance = max(square[t] / n_paths - mean[t] * mean[t], 0.0)
            square[t] = math.sqrt(variance / n_paths)
