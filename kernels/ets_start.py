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

from kernels.arrays import Floats, Integers
from kernels.ets_candidates import start_alpha
from kernels.ets_shape import Shape
from kernels.ets_step import DAMPED, RATIO
from kernels.ets_units import size_of
from kernels.lane_search import Queue, longest_of
from kernels.seasonality import seasonal_indices

FEWEST_PERIODS = 10
SMALLEST_RATIO = 0.01
_SEASONS_TO_DECOMPOSE = 3
_SMALLEST_SUM = 1e-8
_NUDGE = 1e-3
_FOURIER = 4
_START_BETA, _START_GAMMA, _START_PHI = 0.1, 0.05, 0.99
_LIVELY_ALPHA, _LIVELY_BETA, _LIVELY_GAMMA, _LIVELY_PHI = 0.5, 0.5, 0.3, 0.3


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


@njit(cache=True, nogil=True)
def fill_start(
    shape: Shape, lower: Floats, upper: Floats, lively: bool, begun: Floats, start: Floats
) -> None:
    """Fill a series' starting point from its starting level, trend and seasons.

    Parameters
    ----------
    shape : of the model
    lower, upper : (n_smoothing,) float64, of `candidate_bounds`
    lively : whether level and trend start from fast smoothing, or from statsforecast's
    begun : (3 + m,) float64, of `begin_series`
    start : (>= n_parameters,) float64, filled
    """
    start[0] = _LIVELY_ALPHA if lively else start_alpha(shape.length)
    place = 1
    if shape.trend > 0:
        share = _LIVELY_BETA if lively else _START_BETA
        start[place] = lower[place] + share * (upper[place] - lower[place])
        place += 1
    if shape.season > 0:
        share = _LIVELY_GAMMA if lively else _START_GAMMA
        start[place] = lower[place] + share * (upper[place] - lower[place])
        place += 1
    if shape.trend == DAMPED:
        share = _LIVELY_PHI if lively else _START_PHI
        start[place] = lower[place] + share * (upper[place] - lower[place])
        place += 1
    if shape.trend > 0:
        start[place], start[place + 1] = begun[1], begun[2]
        place += 2
    else:
        start[place] = begun[0]
        place += 1
    for j in range(1, shape.length):
        start[place + j - 1] = begun[3 + j]


@njit(cache=True, nogil=True)
def begin_series(
    y: Floats,
    intercept: float,
    slope: float,
    season: int,
    begun: Floats,
    adjusted: Floats,
    counts: Floats,
) -> None:
    """Fill level, level and trend of the line, and seasons of a series before its first period.

    Parameters
    ----------
    y : (n,) float64, longer than its season
    intercept, slope : of the line beside a wave, where the season is looked for in a short series
    season : of `kernels.ets_step.Season`
    begun : (3 + m,) float64, filled: mean level, line's level, trend, seasons
    adjusted : (n,) float64 scratch
    counts : (m,) float64 scratch
    """
    n = y.shape[0]
    if season > 0:
        start_seasons(y, intercept, slope, season, begun[3:], adjusted, counts)
    else:
        for t in range(n):
            adjusted[t] = y[t]
    periods = min(max(FEWEST_PERIODS, 2 * counts.shape[0] if season > 0 else 2), n)
    begun[0], _ = start_level(adjusted, periods, False)
    begun[1], begun[2] = start_level(adjusted, periods, True)


@njit(cache=True, nogil=True)
def begin_queue(queue: Queue, season: int, length: int, begun: Floats) -> None:
    """Fill what `begin_series` does, (n_series, 3 + length) float64, for each series."""
    adjusted, counts = np.empty(longest_of(queue)), np.empty(length)
    for series in queue.order:
        y = queue.values[queue.offsets[series] : queue.offsets[series + 1]]
        n = y.shape[0]
        intercept, slope = 0.0, 0.0
        if season > 0 and is_short(n, length):
            intercept, slope = line_beside_wave(y, length)
        begin_series(y, intercept, slope, season, begun[series], adjusted[:n], counts)


@njit(cache=True, nogil=True)
def fill_short_lines(values: Floats, offsets: Integers, length: int, lines: Floats) -> None:
    """Fill the line beside a wave of each series that is too short to decompose.

    Parameters
    ----------
    values, offsets : as for `fit_ets`
    length : periods of the season
    lines : (n_series, 2) float64, intercept and slope in units of each series' mean size; those of
        a longer series, and of one without a seasonal model, are left alone
    """
    for series in range(offsets.shape[0] - 1):
        y = values[offsets[series] : offsets[series + 1]]
        n = y.shape[0]
        if n <= length or not is_short(n, length):
            continue
        unit, _ = size_of(y)
        if unit > 0.0:
            lines[series, 0], lines[series, 1] = line_beside_wave(y / unit, length)
