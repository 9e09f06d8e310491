"""Where the search for an exponential smoothing model starts: level, trend and seasons.

Seasons come from classical decomposition, or, where there are less than three, from what a line
and a sine wave leave; level and trend from a line through the first deseasonalised periods.

References
----------
Hyndman, Koehler, Ord & Snyder (2008), "Forecasting with Exponential Smoothing", section 2.6.1; the
rules are those of statsforecast, so that searches start from the same point.
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats
from kernels.ets_step import RATIO
from kernels.seasonality import seasonal_indices

FEWEST_PERIODS = 10
SMALLEST_RATIO = 0.01
_SEASONS_TO_DECOMPOSE = 3
_SMALLEST_SUM = 1e-8
_NUDGE = 1e-3
_FOURIER = 4


@njit(cache=True, nogil=True)
def start_level(adjusted: Floats, periods: int, with_trend: bool) -> tuple[float, float]:
    """Return level and trend before the first period.

    Parameters
    ----------
    adjusted : (n,) float64, deseasonalised
    periods : how many of the first to look at; at most n
    with_trend : a line through them, or their mean
    """
    total, weighted = 0.0, 0.0
    for t in range(periods):
        total += adjusted[t]
        weighted += (t + 1.0) * adjusted[t]
    if not with_trend:
        return total / periods, 0.0
    times = 0.5 * periods * (periods + 1.0)
    squares = times * (2.0 * periods + 1.0) / 3.0
    trend = (periods * weighted - times * total) / (periods * squares - times * times)
    level = (total - trend * times) / periods
    if abs(level + trend) < _SMALLEST_SUM:
        level, trend = level * (1.0 + _NUDGE), trend * (1.0 - _NUDGE)
    return level, trend


@njit(cache=True, nogil=True)
def is_short(n: int, m: int) -> bool:
    """Whether ``n`` periods are too few to decompose, seasons of ``m`` being looked for."""
    return n < _SEASONS_TO_DECOMPOSE * m


@njit(cache=True, nogil=True)
def start_seasons(
    y: Floats,
    intercept: float,
    slope: float,
    season: int,
    seasons: Floats,
    adjusted: Floats,
    counts: Floats,
) -> None:
    """Fill the seasons before the first period and the deseasonalised series.

    Parameters
    ----------
    y : (n,) float64, n > m; above zero where ``season`` is a ratio
    intercept, slope : of `line_beside_wave`, where the series is short; else not looked at
    season : of `kernels.ets_step.Season`, not NONE
    seasons : (m,) float64, filled; the first makes their sum zero, or m for ratios
    adjusted : (n,) float64, filled
    counts : (m,) float64 scratch
    """
    n, m = y.shape[0], seasons.shape[0]
    ratios = season == RATIO
    if is_short(n, m):
        for t in range(n):
            line = intercept + slope * (t + 1.0)
            factor = y[t] / line if ratios else y[t] - line
            if t < m:
                seasons[t] = factor
            adjusted[t] = y[t] / max(factor, SMALLEST_RATIO) if ratios else line
    else:
        seasonal_indices(y, m, ratios, seasons, counts)
        for t in range(n):
            factor = seasons[t % m]
            adjusted[t] = y[t] / max(factor, SMALLEST_RATIO) if ratios else y[t] - factor
    rest = 0.0
    for j in range(1, m):
        if ratios:
            seasons[j] = max(seasons[j], SMALLEST_RATIO)
        rest += seasons[j]
    if ratios and rest > m:
        scale = rest + (m - 1) * SMALLEST_RATIO
        for j in range(1, m):
            seasons[j] /= scale
        rest /= scale
    seasons[0] = (float(m) if ratios else 0.0) - rest


@njit(cache=True, nogil=True)
def line_beside_wave(y: Floats, m: int) -> tuple[float, float]:
    """Return intercept and slope of the least-squares line beside one wave of ``m`` periods."""
    products, right = np.zeros((_FOURIER, _FOURIER)), np.zeros(_FOURIER)
    row = np.empty(_FOURIER)
    columns = _FOURIER if m > 2 else _FOURIER - 1
    for t in range(y.shape[0]):
        angle = 2.0 * math.pi * (t + 1.0) / m
        row[0], row[1], row[2], row[3] = 1.0, t + 1.0, math.cos(angle), math.sin(angle)
        for i in range(columns):
            right[i] += row[i] * y[t]
            for j in range(columns):
                products[i, j] += row[i] * row[j]
    found = np.linalg.solve(products[:columns, :columns].copy(), right[:columns].copy())
    return found[0], found[1]
