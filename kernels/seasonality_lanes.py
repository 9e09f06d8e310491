"""The seasonal test with sixteen lags side by side."""

import math

from numba import njit

from kernels.arrays import Floats
from kernels.lanes import LANES, lanes_from, spread, store_lanes
from kernels.seasonality import NORMAL_95


@njit(cache=True, nogil=True)
def room_for_lags(n: int, season_length: int) -> int:
    """Return how many numbers the test of ``n`` observations needs."""
    return n + (season_length // LANES + 2) * LANES


@njit(cache=True, nogil=True)
def lags_are_seasonal(y: Floats, season_length: int, room: Floats) -> bool:
    """As `kernels.seasonality.autocorrelation_is_seasonal`, many lags at once.

    Parameters
    ----------
    y : (n,) float64, no NaN
    season_length : periods, below n
    room : (`room_for_lags` of both,) float64 scratch: a row of sums, then differences from the mean
        and zeros after them
    """
    n, sums, centred = y.shape[0], room[:LANES], room[LANES:]
    mean = 0.0
    for t in range(n):
        mean += y[t]
    mean /= n
    for t in range(n):
        centred[t] = y[t] - mean
    centred[n : n + season_length + LANES] = 0.0
    variance, squares, last = 0.0, 0.0, 0.0
    for first in range(0, season_length + 1, LANES):
        even, odd = spread(0.0), spread(0.0)
        for t in range(0, n - 1, 2):
            even = even + lanes_from(centred, t + first) * centred[t]
            odd = odd + lanes_from(centred, t + 1 + first) * centred[t + 1]
        if n % 2 == 1:
            even = even + lanes_from(centred, n - 1 + first) * centred[n - 1]
        store_lanes(sums, 0, even + odd)
        for k in range(min(LANES, season_length + 1 - first)):
            if first + k == 0:
                variance = sums[0]
                if variance <= 0.0:
                    return False
                continue
            last = sums[k] / variance
            squares += last * last
    squares -= last * last
    return abs(last) > NORMAL_95 * math.sqrt((1.0 + 2.0 * squares) / n)
