"""How often a series is differenced: by its season's strength, then by a test of its level.

References
----------
Wang, Smith & Hyndman (2006), "Characteristic-based clustering for time series data", Data Mining
and Knowledge Discovery 13(3) (strength of a season); Kwiatkowski, Phillips, Schmidt & Shin (1992),
"Testing the null hypothesis of stationarity against the alternative of a unit root", Journal of
Econometrics 54, eqs. 10-13; Hyndman & Khandakar (2008), "Automatic time series forecasting",
Journal of Statistical Software 27(3), section 3.1. The thresholds are those of statsforecast.
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.flat import longest_series
from kernels.seasonal_trend import separate_season

# A season that accounts for more of what the trend leaves is differenced.
STRONG_SEASON = 0.64
# The 5% point of the test of a level.
UNSTEADY_LEVEL = 0.463
# Cycles that a place in the season is smoothed over.
_CYCLES = 11


@njit(cache=True, nogil=True)
def is_constant(values: Floats) -> bool:
    """Whether all values are the first one."""
    return bool(values.min() == values.max())


@njit(cache=True, nogil=True)
def difference(values: Floats, lag: int) -> Floats:
    """Take from each value, in place, the one ``lag`` periods before; return those that have it."""
    for t in range(values.shape[0] - 1, lag - 1, -1):
        values[t] -= values[t - lag]
    return values[lag:]


@njit(cache=True, nogil=True)
def level_statistic(values: Floats) -> float:
    """Return the statistic of Kwiatkowski and others for a steady level; NaN for a constant.

    Parameters
    ----------
    values : (n,) float64
    """
    n = values.shape[0]
    lags = int(3.0 * math.sqrt(n) / 13.0)
    mean = np.mean(values)
    total, squares, variance = 0.0, 0.0, 0.0
    for t in range(n):
        off = values[t] - mean
        total += off
        squares += total * total
        variance += off * off
    for lag in range(1, lags + 1):
        product = 0.0
        for t in range(lag, n):
            product += (values[t] - mean) * (values[t - lag] - mean)
        variance += 2.0 * product * (1.0 - lag / (lags + 1.0))
    return squares / (n * variance) if variance > 0.0 else math.nan


@njit(cache=True, nogil=True)
def count_differences(values: Floats, most: int, scratch: Floats) -> int:
    """Return how often a series is differenced for its level to be steady.

    Parameters
    ----------
    values : (n,) float64
    most : times
    scratch : (n,) float64
    """
    rest = scratch[: values.shape[0]]
    rest[:] = values
    for count in range(most):
        if is_constant(rest) or not level_statistic(rest) > UNSTEADY_LEVEL:
            return count
        # One value more is left out after a difference, as the oracle does.
        rest = difference(rest, 1)[1:]
        if rest.shape[0] < 2:
            return count + 1
    return most


@njit(cache=True, nogil=True, forceinline=True)
def season_strength(
    values: Floats, length: int, work: Floats, seasonal: Floats, trend: Floats
) -> float:
    """Return the share of what the trend leaves that the season accounts for, in [0, 1].

    Parameters
    ----------
    values : (n,) float64, n > 2 seasons
    length : periods of the season
    work : (6, n + 2 * length) float64 scratch
    seasonal, trend : (n,) float64 scratch
    """
    separate_season(values, length, _CYCLES, work, seasonal, trend)
    n = values.shape[0]
    mean, own_mean = 0.0, 0.0
    for t in range(n):
        mean += (values[t] - trend[t]) / n
        own_mean += (values[t] - trend[t] - seasonal[t]) / n
    whole, own = 0.0, 0.0
    for t in range(n):
        off = values[t] - trend[t] - mean
        whole += off * off
        off = values[t] - trend[t] - seasonal[t] - own_mean
        own += off * off
    return min(max(1.0 - own / whole, 0.0), 1.0) if whole > 0.0 else 0.0


@njit(cache=True, nogil=True)
def choose_differences(
    values: Floats, offsets: Integers, length: int, most: int, found: Integers
) -> None:
    """Fill how often each series is differenced, by one period and by the season.

    Parameters
    ----------
    values : (n_observations,) float64, the series end to end; one that is not finite
        is not differenced
    offsets : (n_series + 1,) int64
    length : periods of the season, 1 for none; a series of two seasons or less is taken to have
        none
    most : times that one period is taken off; a season's is taken off once at most
    found : (n_series, 2) int64, filled
    """
    longest = longest_series(offsets)
    work = np.empty((6, longest + 2 * length))
    seasonal, trend = np.empty(longest), np.empty(longest)
    rest, scratch = np.empty(longest), np.empty(longest)
    for s in range(offsets.shape[0] - 1):
        y = values[offsets[s] : offsets[s + 1]]
        n = y.shape[0]
        found[s, 0], found[s, 1] = 0, 0
        if n == 0 or is_constant(y) or not math.isfinite(np.sum(y)):
            continue
        own = rest[:n]
        own[:] = y
        if length > 1 and n > 2 * length:
            strength = season_strength(y, length, work, seasonal[:n], trend[:n])
            if strength > STRONG_SEASON:
                found[s, 1] = 1
                own = difference(own, length)
        found[s, 0] = count_differences(own, most, scratch)
