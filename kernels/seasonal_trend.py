"""Several seasons and a trend by loess, many series a call.

References
----------
Cleveland, Cleveland, McRae & Terpenning (1990), "STL: a seasonal-trend decomposition procedure
based on loess", Journal of Official Statistics 6(1), section 2; Bandara, Hyndman & Bergmeir
(2021), "MSTL: a seasonal-trend decomposition algorithm for time series with multiple seasonal
patterns", arXiv:2107.13462, algorithm 1.
"""

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.flat import longest_series
from kernels.seasonal_loess import loess_at, smooth_by_loess

ROUNDS = 2
# A window of so many periods a fit: what lies between is interpolated (STL, section 3.6).
FITS_IN_WINDOW = 10


@njit(cache=True, nogil=True)
def next_odd(number: float) -> int:
    """Return the smallest odd whole number not below ``number``."""
    whole = int(np.ceil(number))
    return whole if whole % 2 == 1 else whole + 1


@njit(cache=True, nogil=True)
def moving_means(values: Floats, n: int, length: int, out: Floats) -> int:
    """Fill the means of ``length`` values on end, of the first n; return how many there are."""
    count = n - length + 1
    total = 0.0
    for t in range(length):
        total += values[t]
    out[0] = total / length
    for t in range(1, count):
        total += values[t + length - 1] - values[t - 1]
        out[t] = total / length
    return count


@njit(cache=True, nogil=True, forceinline=True)
def smooth_cycles(
    values: Floats, season: int, window: int, scratch: Floats, weights: Floats, out: Floats
) -> None:
    """Smooth each place in the season over its cycles, and one cycle beyond both ends.

    Parameters
    ----------
    values : (n,) float64
    season : periods, n at most
    window : cycles of a fit, odd
    scratch : (2, n + 2) float64
    out : (n + 2 * season,) float64, overwritten; element ``season + t`` is of period t
    """
    n = values.shape[0]
    for place in range(season):
        cycles = (n - place - 1) // season + 1
        own, smooth = scratch[0, :cycles], scratch[1, :cycles]
        for c in range(cycles):
            own[c] = values[place + c * season]
        smooth_by_loess(own, window, 1, False, weights, smooth)
        for c in range(cycles):
            out[place + (c + 1) * season] = smooth[c]
        size = min(window, cycles)
        out[place] = loess_at(own, -1.0, 0, size - 1, window, False, weights)
        out[place + (cycles + 1) * season] = loess_at(
            own, float(cycles), cycles - size, cycles - 1, window, False, weights
        )


@njit(cache=True, nogil=True, forceinline=True)
def separate_season(
    values: Floats, season: int, window: int, work: Floats, seasonal: Floats, trend: Floats
) -> None:
    """Fill season and trend of a series by the inner loop of the decomposition.

    Parameters
    ----------
    values : (n,) float64, n >= 2 seasons
    season : periods
    window : cycles of a fit, odd, three or more
    work : (6, n + 2 * season) float64 scratch
    seasonal, trend : (n,) float64, overwritten
    """
    n = values.shape[0]
    trend[:] = 0.0
    low, long = next_odd(season + 1.0), next_odd(1.5 * season / (1.0 - 1.5 / window))
    cycles, first, second = work[0], work[1], work[2]
    rest, weights = work[3, :n], work[5]
    for _ in range(ROUNDS):
        for t in range(n):
            rest[t] = values[t] - trend[t]
        smooth_cycles(rest, season, window, work[1:3], weights, cycles)
        count = moving_means(cycles, n + 2 * season, season, first)
        count = moving_means(first, count, season, second)
        moving_means(second, count, 3, first)
        smooth_by_loess(first[:n], low, max(low // FITS_IN_WINDOW, 1), True, weights, second[:n])
        for t in range(n):
            seasonal[t] = cycles[season + t] - second[t]
            rest[t] = values[t] - seasonal[t]
        smooth_by_loess(rest, long, max(long // FITS_IN_WINDOW, 1), True, weights, trend)


@njit(cache=True, nogil=True, forceinline=True)
def separate_seasons(
    values: Floats, seasons: Integers, windows: Integers, work: Floats, seasonal: Floats
) -> None:
    """Fill every season of a series, each separated from what the others leave, in turns.

    Parameters
    ----------
    values : (n,) float64, n >= two of the longest season
    seasons : (n_seasons,) int64, periods, ascending
    windows : (n_seasons,) int64, cycles of a fit
    work : (7, n + 2 * longest season) float64 scratch
    seasonal : (n_seasons, n) float64, overwritten
    """
    n = values.shape[0]
    rest, trend = np.empty(n), work[6, :n]
    rest[:] = values
    seasonal[:] = 0.0
    for _ in range(ROUNDS if seasons.shape[0] > 1 else 1):
        for i in range(seasons.shape[0]):
            rest += seasonal[i]
            separate_season(rest, seasons[i], windows[i], work, seasonal[i], trend)
            rest -= seasonal[i]


@njit(cache=True, nogil=True)
def remove_seasons(
    values: Floats,
    offsets: Integers,
    seasons: Integers,
    windows: Integers,
    adjusted: Floats,
    ahead: Floats,
) -> None:
    """Take the seasons out of each series, and repeat the last cycle of each ahead.

    Parameters
    ----------
    values : (n_observations,) float64, the series end to end, no NaN
    offsets : (n_series + 1,) int64, where each starts
    seasons : (n_seasons,) int64, periods, ascending
    windows : (n_seasons,) int64, cycles of a fit, odd, three or more
    adjusted : (n_observations,) float64, overwritten: values less their seasons
    ahead : (n_series, horizon) float64, overwritten: the seasons to add; NaN for a series of less
        than two of the longest season, which is left as it is
    """
    longest = longest_series(offsets)
    length = seasons[seasons.shape[0] - 1]
    work = np.empty((7, longest + 2 * length))
    seasonal = np.empty((seasons.shape[0], longest))
    for s in range(offsets.shape[0] - 1):
        y = values[offsets[s] : offsets[s + 1]]
        n = y.shape[0]
        own = adjusted[offsets[s] : offsets[s + 1]]
        own[:] = y
        if n < 2 * length:
            ahead[s] = np.nan
            continue
        separate_seasons(y, seasons, windows, work, seasonal[:, :n])
        ahead[s] = 0.0
        for i in range(seasons.shape[0]):
            own -= seasonal[i, :n]
            for step in range(ahead.shape[1]):
                ahead[s, step] += seasonal[i, n - seasons[i] + step % seasons[i]]
