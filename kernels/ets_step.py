"""Exponential smoothing in innovations form, one period and one series at a time.

The recursion is that of the fifteen models without multiplicative trend: the level moves by alpha
times the error, the trend by beta, the season of the period by gamma; the trend is damped by phi.
Where seasons are ratios, the level's and the trend's errors are deseasonalised and the season's is
relative to the level. Whether errors are additive or relative changes the likelihood and the
simulation, not the states.

References
----------
Hyndman, Koehler, Ord & Snyder (2008), "Forecasting with Exponential Smoothing", table 2.2.
"""

from enum import IntEnum

from numba import njit

from kernels.arrays import Floats


class Trend(IntEnum):
    """How the level drifts."""

    NONE = 0
    ADDITIVE = 1
    DAMPED = 2


class Season(IntEnum):
    """What a season does to the level."""

    NONE = 0
    ADDITIVE = 1
    MULTIPLICATIVE = 2


ADDED, RATIO = int(Season.ADDITIVE), int(Season.MULTIPLICATIVE)
DRIFTING, DAMPED = int(Trend.ADDITIVE), int(Trend.DAMPED)


@njit(inline="always")
def expect(level: float, trend: float, factor: float, damping: float, season: int) -> float:
    """Return the mean of a period.

    Parameters
    ----------
    level, trend : after the period before, units per period
    factor : of the period's season: units, a ratio, or unused
    damping : of the trend, in [0, 1]
    season : of `Season`
    """
    base = level + damping * trend
    if season == RATIO:
        return base * factor
    return base + factor if season == ADDED else base


@njit(inline="always")
def follow(
    level: float,
    trend: float,
    factor: float,
    error: float,
    alpha: float,
    beta: float,
    gamma: float,
    damping: float,
    season: int,
) -> tuple[float, float, float]:
    """Return level, trend and the period's season after a period's error.

    Parameters
    ----------
    level, trend, factor, damping, season : as for `expect`
    error : what was observed less what was expected, units
    alpha, beta, gamma : smoothing of level, trend and season
    """
    base = level + damping * trend
    local, seasonal = error, error
    if season == RATIO:
        local, seasonal = error / factor, error / base
    return base + alpha * local, damping * trend + beta * local, factor + gamma * seasonal


@njit(cache=True, nogil=True)
def filter_series(
    y: Floats,
    alpha: float,
    beta: float,
    gamma: float,
    damping: float,
    season: int,
    state: Floats,
    seasons: Floats,
    relative: bool,
) -> float:
    """Carry level, trend and seasons through a series; return the sum of its squared errors.

    Parameters
    ----------
    y : (n,) float64, units per period
    alpha, beta, gamma, damping, season : as for `follow`
    state : (2,) float64, level and trend before the first period; those after the last on return
    seasons : (m,) float64, of the periods t % m before the first; those after the last on return
    relative : whether errors are relative to what was expected
    """
    m = seasons.shape[0]
    squares, slot = 0.0, 0
    level, trend = state[0], state[1]
    for t in range(y.shape[0]):
        factor = seasons[slot]
        mean = expect(level, trend, factor, damping, season)
        error = y[t] - mean
        level, trend, seasons[slot] = follow(
            level, trend, factor, error, alpha, beta, gamma, damping, season
        )
        if relative:
            error /= mean
        squares += error * error
        slot = slot + 1 if slot + 1 < m else 0
    state[0], state[1] = level, trend
    return squares


@njit(cache=True, nogil=True)
def expect_ahead(
    state: Floats, seasons: Floats, first: int, damping: float, season: int, means: Floats
) -> None:
    """Fill ``means`` (horizon,) with the path without errors.

    Parameters
    ----------
    state : (2,) float64, level and trend
    seasons : (m,) float64; the next period's is number ``first``
    damping, season : as for `expect`
    """
    m = seasons.shape[0]
    level, trend = state[0], state[1]
    for step in range(means.shape[0]):
        factor = seasons[(first + step) % m]
        means[step] = expect(level, trend, factor, damping, season)
        level += damping * trend
        trend *= damping
