"""Theta models as linear recurrences, many series a call.

For a fixed smoothing parameter alpha the one-step errors of every theta model are linear in the
starting level and in w = 1 - 1/theta, so both come from two normal equations in one pass over
the series; only alpha is searched, sixteen values side by side in vector lanes.

References
----------
Fiorucci, Pellegrini, Louzada & Petropoulos (2016), "Models for optimising the theta method and
their relationship to state space models", International Journal of Forecasting 32(4), eqs. 5-12.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.seasonality import autocorrelation_is_seasonal, seasonal_indices

LANES = 16
ROUNDS = 4
ALPHA_LOW = 0.1
ALPHA_HIGH = 0.99
# Errors are scored from the fourth observation on: the first ones only set the trend lines.
FIRST_SCORED = 3
# A shorter season is not looked for, as in the theta papers.
SHORTEST_SEASON = 4
LARGEST_WEIGHT = 1.0 - 1e-10
_FUSED = {"contract"}


class ThetaModel(IntEnum):
    """Which theta model to fit."""

    STANDARD = 0
    OPTIMISED = 1
    DYNAMIC_STANDARD = 2
    DYNAMIC_OPTIMISED = 3


class ThetaFits(NamedTuple):
    """Forecasts and parameters of a batch.

    Parameters
    ----------
    means : (n_series, horizon) float64, units of the series
    alpha, level, weight : (n_series,) float64; weight is 1 - 1/theta, level in the units of the
        deseasonalised series
    error : (n_series,) float64, mean squared one-step error of the deseasonalised series
    """

    means: Floats
    alpha: Floats
    level: Floats
    weight: Floats
    error: Floats


@njit(cache=True, nogil=True)
def static_trend(y: Floats) -> tuple[float, float]:
    """Intercept and slope of the least-squares line through (t, y_t), t = 1..n."""
    n = y.shape[0]
    total, weighted = 0.0, 0.0
    for t in range(n):
        total += y[t]
        weighted += y[t] * (t + 1)
    mean, weighted_mean = total / n, weighted / n
    slope = 6.0 * (2.0 * weighted_mean - (n + 1) * mean) / (n * n - 1.0)
    return mean - (n + 1) * slope / 2.0, slope


@njit(cache=True, nogil=True)
def running_trends(y: Floats, intercepts: Floats, slopes: Floats) -> float:
    """Fill the least-squares line through the first t points, for every t; return the mean."""
    intercepts[0] = y[0]
    slopes[0] = 0.0
    mean: float = y[0]
    for t in range(1, y.shape[0]):
        slopes[t] = ((t - 1) * slopes[t - 1] + 6.0 * (y[t] - mean) / (t + 1)) / (t + 2)
        mean = (t * mean + y[t]) / (t + 1)
        intercepts[t] = mean - slopes[t] * (t + 2) / 2.0
    return mean


@njit(cache=True, nogil=True, fastmath=_FUSED)
def error_products(
    y: Floats, intercepts: Floats, slopes: Floats, low: float, width: float, lanes: Floats
) -> None:
    """Accumulate the normal equations' products for `LANES` values of alpha from ``low`` on.

    Parameters
    ----------
    y, intercepts, slopes : (n,) float64; the trend line known before each observation
    low, width : first alpha, and the step to the next
    lanes : (10 * LANES,) float64 scratch: alpha, level from data, weight of the starting level,
        1/alpha, then the products rr, ru, uu, rc, uc, cc
    """
    for k in range(LANES):
        alpha = low + width * k
        lanes[k] = alpha
        lanes[LANES + k] = alpha * y[0]
        lanes[2 * LANES + k] = 1.0 - alpha
        lanes[3 * LANES + k] = 1.0 / alpha
    for k in range(4 * LANES, 10 * LANES):
        lanes[k] = 0.0
    for t in range(1, y.shape[0]):
        scored = 1.0 if t >= FIRST_SCORED else 0.0
        value, intercept, slope = y[t], intercepts[t - 1], slopes[t - 1]
        for k in range(LANES):
            alpha = lanes[k]
            start = lanes[2 * LANES + k]
            residual = value - lanes[LANES + k]
            drift = intercept * start + slope * (1.0 - start * (1.0 - alpha)) * lanes[3 * LANES + k]
            lanes[4 * LANES + k] += scored * residual * residual
            lanes[5 * LANES + k] += scored * residual * start
            lanes[6 * LANES + k] += scored * start * start
            lanes[7 * LANES + k] += scored * residual * drift
            lanes[8 * LANES + k] += scored * start * drift
            lanes[9 * LANES + k] += scored * drift * drift
            lanes[LANES + k] += alpha * residual
            lanes[2 * LANES + k] = start * (1.0 - alpha)


@njit(cache=True, nogil=True)
def solve_lane(lanes: Floats, k: int, optimise: bool) -> tuple[float, float, float]:
    """Return squared error, starting level and weight that are best for lane ``k``'s alpha."""
    rr, ru, uu = lanes[4 * LANES + k], lanes[5 * LANES + k], lanes[6 * LANES + k] + 1e-9
    rc, uc, cc = lanes[7 * LANES + k], lanes[8 * LANES + k], lanes[9 * LANES + k]
    weight = 0.5
    determinant = uu * cc - uc * uc
    if optimise and determinant > 1e-14 * uu * cc:
        weight = min(max((uu * rc - uc * ru) / determinant, 0.0), LARGEST_WEIGHT)
    level = (ru - weight * uc) / uu
    error = (
        rr
        - 2.0 * (level * ru + weight * rc)
        + level * level * uu
        + 2.0 * level * weight * uc
        + weight * weight * cc
    )
    return error, level, weight


@njit(cache=True, nogil=True)
def fit_theta(
    y: Floats, intercepts: Floats, slopes: Floats, optimise: bool, lanes: Floats
) -> tuple[float, float, float, float]:
    """Return mean squared error, alpha, starting level and weight of the best fit."""
    low, high = ALPHA_LOW, ALPHA_HIGH
    best, best_alpha, best_level, best_weight = np.inf, low, y[0], 0.5
    for _ in range(ROUNDS):
        width = (high - low) / (LANES - 1)
        error_products(y, intercepts, slopes, low, width, lanes)
        for k in range(LANES):
            error, level, weight = solve_lane(lanes, k, optimise)
            if error < best:
                best, best_alpha, best_level, best_weight = error, lanes[k], level, weight
        low, high = max(low, best_alpha - width), min(high, best_alpha + width)
    scored = max(y.shape[0] - FIRST_SCORED, 1)
    return max(best, 0.0) / scored, best_alpha, best_level, best_weight


@njit(cache=True, nogil=True)
def forecast_theta(
    y: Floats,
    alpha: float,
    start: float,
    weight: float,
    intercept: float,
    slope: float,
    mean: float,
    dynamic: bool,
    means: Floats,
) -> None:
    """Fill ``means`` (horizon,) with the expected path after ``y``."""
    n = y.shape[0]
    level = alpha * y[0] + (1.0 - alpha) * start
    for t in range(1, n):
        level += alpha * (y[t] - level)
    power = (1.0 - alpha) ** n
    for step in range(means.shape[0]):
        drift = intercept * power + slope * (1.0 - power * (1.0 - alpha)) / alpha
        expected = level + weight * drift
        level = alpha * expected + (1.0 - alpha) * level
        if dynamic:
            t = n + step
            slope = ((t - 1) * slope + 6.0 * (expected - mean) / (t + 1)) / (t + 2)
            mean = (t * mean + expected) / (t + 1)
            intercept = mean - slope * (t + 2) / 2.0
        power *= 1.0 - alpha
        means[step] = expected


@njit(cache=True, nogil=True)
def _deseasonalise(y: Floats, season_length: int, indices: Floats, counts: Floats) -> int:
    """Take the season out of ``y`` in place; return 0 for none, 1 for additive, 2 for ratios."""
    n = y.shape[0]
    if season_length < SHORTEST_SEASON or n < 2 * season_length:
        return 0
    if not autocorrelation_is_seasonal(y, season_length):
        return 0
    ratios = True
    for t in range(n):
        ratios = ratios and y[t] > 0.0
    small = seasonal_indices(y, season_length, ratios, indices, counts)
    if ratios and small:
        ratios = False
        seasonal_indices(y, season_length, ratios, indices, counts)
    for t in range(n):
        index = indices[t % season_length]
        y[t] = y[t] / index if ratios else y[t] - index
    return 2 if ratios else 1


@njit(cache=True, nogil=True)
def _fit_series(
    y: Floats,
    scale: float,
    season_length: int,
    dynamic: bool,
    optimise: bool,
    trends: Floats,
    indices: Floats,
    counts: Floats,
    lanes: Floats,
    means: Floats,
    parameters: Floats,
) -> None:
    """Fit one scaled series, which is overwritten, and fill its forecast and parameters."""
    n = y.shape[0]
    season = _deseasonalise(y, season_length, indices, counts)
    intercepts, slopes = trends[0, :n], trends[1, :n]
    intercept, slope = static_trend(y)
    mean = running_trends(y, intercepts, slopes)
    if dynamic:
        intercept, slope = intercepts[n - 1], slopes[n - 1]
    else:
        intercepts[:] = intercept
        slopes[:] = slope
    error, alpha, level, weight = fit_theta(y, intercepts, slopes, optimise, lanes)
    forecast_theta(y, alpha, level, weight, intercept, slope, mean, dynamic, means)
    for step in range(means.shape[0]):
        index = indices[(n + step) % season_length] if season else 0.0
        means[step] = scale * (means[step] * index if season == 2 else means[step] + index)
    parameters[0] = alpha
    parameters[1] = level * scale
    parameters[2] = weight
    parameters[3] = error * scale * scale


@njit(cache=True, nogil=True)
def fit_scaled_series(
    y: Floats,
    season_length: int,
    dynamic: bool,
    optimise: bool,
    trends: Floats,
    indices: Floats,
    counts: Floats,
    lanes: Floats,
    means: Floats,
    parameters: Floats,
) -> None:
    """Fit one series in units of its own mean size, and fill its forecast and parameters.

    Parameters
    ----------
    y : (n,) float64, one observation at least, no NaN; overwritten
    season_length, dynamic, optimise : as `fit_thetas` takes them
    trends : (2, n or more) float64 scratch
    indices, counts : (season_length,) float64 scratch
    lanes : (10 * LANES,) float64 scratch
    means : (horizon,) float64, filled
    parameters : (4,) float64, filled: alpha, level, weight, mean squared error
    """
    n = y.shape[0]
    constant, size, last = True, 0.0, y[n - 1]
    for t in range(n):
        constant = constant and y[t] == y[0]
        size += abs(y[t])
    if n <= FIRST_SCORED or constant:
        means[:] = last
        parameters[:] = 0.0
        parameters[1] = last
        return
    scale = size / n
    for t in range(n):
        y[t] /= scale
    _fit_series(
        y,
        scale,
        season_length,
        dynamic,
        optimise,
        trends,
        indices,
        counts,
        lanes,
        means,
        parameters,
    )


@njit(cache=True, nogil=True)
def _fit_batch(
    values: Floats,
    offsets: Integers,
    season_length: int,
    dynamic: bool,
    optimise: bool,
    means: Floats,
    parameters: Floats,
) -> None:
    longest = max(1, np.max(offsets[1:] - offsets[:-1]))
    y, trends = np.empty(longest), np.empty((2, longest))
    indices, counts = np.empty(max(season_length, 1)), np.empty(max(season_length, 1))
    lanes = np.empty(10 * LANES)
    for s in range(offsets.shape[0] - 1):
        n = offsets[s + 1] - offsets[s]
        y[:n] = values[offsets[s] : offsets[s + 1]]
        fit_scaled_series(
            y[:n],
            season_length,
            dynamic,
            optimise,
            trends,
            indices,
            counts,
            lanes,
            means[s],
            parameters[s],
        )


def fit_thetas(
    values: Floats, offsets: Integers, season_length: int, horizon: int, model: ThetaModel
) -> ThetaFits:
    """Fit a theta model to each series, and forecast it.

    Parameters
    ----------
    values : (n_observations,) float64, the series end to end, no NaN
    offsets : (n_series + 1,) int64, where each series starts; each has one observation at least
    season_length : periods; a series is deseasonalised where it has two seasons, the season has
        four periods or more and its autocorrelation is significant (90%)
    horizon : periods ahead
    model : standard (theta = 2) or optimised, static or dynamic

    Returns
    -------
    ThetaFits; a constant series, or one of three observations or fewer, repeats its last value.
    """
    n_series = offsets.shape[0] - 1
    means = np.empty((n_series, horizon))
    parameters = np.empty((n_series, 4))
    _fit_batch(
        np.ascontiguousarray(values, np.float64),
        np.ascontiguousarray(offsets, np.int64),
        season_length,
        model >= ThetaModel.DYNAMIC_STANDARD,
        model % 2 == 1,
        means,
        parameters,
    )
    return ThetaFits(means, *parameters.T)
