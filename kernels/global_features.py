"""What one model of all series is told of a series at an origin, free of its level.

References
----------
Makridakis, Spiliotis & Assimakopoulos (2022), "M5 accuracy competition", International Journal of
Forecasting 38(4) (what the winning boosted trees were told: lags, rolling means, the calendar).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers

CYCLES = 8
# Of the origin: last period, means of 1, 2, 4 and 8 seasons, share of zeros, growth, variation;
# of the target: steps ahead, means of its place in the last 1, 4 and 8 seasons, level a year ago.
N_OF_ORIGIN, N_OF_TARGET = 8, 5
N_FEATURES = N_OF_ORIGIN + N_OF_TARGET


@njit(cache=True, nogil=True)
def mean_between(y: Floats, start: int, stop: int) -> float:
    """Return the mean of ``y[start:stop]``; NaN where it reaches beyond the series."""
    if start < 0 or stop > y.shape[0] or start >= stop:
        return math.nan
    total = 0.0
    for t in range(start, stop):
        total += y[t]
    return total / (stop - start)


@njit(cache=True, nogil=True)
def series_scale(y: Floats, season: int) -> float:
    """Return the mean of the last `CYCLES` seasons, or of what there is; zero without demand."""
    n = y.shape[0]
    return mean_between(y, max(n - CYCLES * season, 0), n) if n > 0 else 0.0


@njit(cache=True, nogil=True)
def fill_origin(y: Floats, season: int, scale: float, out: Floats) -> None:
    """Fill what is known at the end of a series, in units of its scale.

    Parameters
    ----------
    y : (n,) float64, units
    season : periods of the short season
    scale : units, positive
    out : (N_OF_ORIGIN,) float64, overwritten; NaN where the series is too short
    """
    n = y.shape[0]
    out[0] = y[n - 1] / scale
    for i in range(4):
        out[1 + i] = mean_between(y, n - (season << i), n) / scale
    recent = min(n, CYCLES * season)
    zeros, squares = 0, 0.0
    for t in range(n - recent, n):
        zeros += 1 if y[t] == 0.0 else 0
        squares += (y[t] / scale - 1.0) ** 2
    out[5] = zeros / recent
    earlier = mean_between(y, n - 2 * CYCLES * season, n - CYCLES * season)
    out[6] = earlier / scale
    out[7] = math.sqrt(squares / recent)


@njit(cache=True, nogil=True)
def fill_target(y: Floats, season: int, year: float, scale: float, step: int, out: Floats) -> None:
    """Fill what a series' past says of the period some steps ahead, in units of its scale.

    Parameters
    ----------
    y : (n,) float64, units
    season, year : periods
    scale : units, positive
    step : periods ahead, from 1
    out : (N_OF_TARGET,) float64, overwritten; NaN where the series is too short
    """
    n = y.shape[0]
    out[0] = step
    place = n - 1 + step
    while place >= n:
        place -= season
    for i in range(3):
        cycles = 1 if i == 0 else 4 * i
        total, found = 0.0, 0
        for back in range(cycles):
            if place - back * season >= 0:
                total += y[place - back * season]
                found += 1
        out[1 + i] = total / found / scale if found == cycles else math.nan
    half = max(season // 2, 1)
    ago = n - round(year)
    past = ago - 1 + step
    around = mean_between(y, past - half, past + half + 1)
    before = mean_between(y, ago - CYCLES * season, ago)
    out[4] = around / before if before > 0.0 else math.nan


@njit(cache=True, nogil=True)
def fill_features(
    values: Floats,
    starts: Integers,
    stops: Integers,
    season: int,
    year: float,
    horizon: int,
    out: Floats,
    scales: Floats,
) -> None:
    """Fill the features of each series and step ahead.

    Parameters
    ----------
    values : (n_observations,) float64
    starts, stops : (n_series,) int64, what is known of each series
    season, year : periods
    horizon : steps ahead
    out : (n_series, horizon, N_FEATURES) float64, overwritten; NaN without demand
    scales : (n_series,) float64, overwritten; zero without demand
    """
    for s in range(starts.shape[0]):
        y = values[starts[s] : stops[s]]
        scales[s] = series_scale(y, season)
        if scales[s] <= 0.0:
            out[s] = math.nan
            continue
        fill_origin(y, season, scales[s], out[s, 0, :N_OF_ORIGIN])
        for step in range(horizon):
            out[s, step, :N_OF_ORIGIN] = out[s, 0, :N_OF_ORIGIN]
            fill_target(y, season, year, scales[s], step + 1, out[s, step, N_OF_ORIGIN:])


@njit(cache=True, nogil=True)
def spread_origins(lengths: Integers, most: int, step: int, least: int, ahead: int) -> Integers:
    """Return how many periods are dropped at each training origin of each series.

    Parameters
    ----------
    lengths : (n_series,) int64
    most : origins of a series
    step : periods between them
    least : periods before an origin
    ahead : periods after it

    Returns
    -------
    (n_series, most) int64, from ``ahead`` on; -1 where there is no such origin.
    """
    out = np.full((lengths.shape[0], most), -1, np.int64)
    for s in range(lengths.shape[0]):
        for i in range(most):
            dropped = ahead + i * step
            if lengths[s] - dropped >= least:
                out[s, i] = dropped
    return out
