"""Theta models of one series, as linear recurrences.

For a fixed smoothing parameter alpha the one-step errors of every theta model are linear in the
starting level and in w = 1 - 1/theta, so both come from two normal equations in one pass over
the series; only alpha is searched: sixteen values, sixteen more about the best, and the lowest
point of the parabola through the best three.

References
----------
Fiorucci, Pellegrini, Louzada & Petropoulos (2016), "Models for optimising the theta method and
their relationship to state space models", International Journal of Forecasting 32(4), eqs. 5-12.
"""

import numpy as np
from numba import njit

from kernels.arrays import Floats
from kernels.seasonality import autocorrelation_is_seasonal, seasonal_indices

TRIED = 16
ROUNDS = 2
ALPHA_LOW = 0.1
ALPHA_HIGH = 0.99
# Errors are scored from the fourth observation on: the first ones only set the trend lines.
FIRST_SCORED = 3
# A shorter season is not looked for, as in the theta papers.
SHORTEST_SEASON = 4
LARGEST_WEIGHT = 1.0 - 1e-10
# Near an alpha of one the starting level moves the fourth observation alone; no level of
# thousands of times the series' size is taken to hit that.
_RIDGE = 1e-9
# How a season was taken out.
ADDED, RATIO = 1, 2
_FUSED = {"contract"}


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


@njit(inline="always")
def follow_trend(
    t: int, y: float, slope: float, mean: float, share: float, next_share: float
) -> tuple[float, float, float]:
    """Return intercept, slope and mean of the line through one point more.

    Parameters
    ----------
    t : points before it, one at least
    y : the point
    slope, mean : of the line so far
    share, next_share : 1 / (t + 1) and 1 / (t + 2)
    """
    surprise = (y - mean) * share
    slope = ((t - 1) * slope + 6.0 * surprise) * next_share
    mean = mean + surprise
    return mean - slope * (t + 2) / 2.0, slope, mean


@njit(cache=True, nogil=True)
def running_trends(y: Floats, intercepts: Floats, slopes: Floats) -> float:
    """Fill the least-squares line through the first t points, for every t; return the mean."""
    intercepts[0] = y[0]
    slopes[0] = 0.0
    mean: float = y[0]
    slope = 0.0
    share = 0.5
    for t in range(1, y.shape[0]):
        next_share = 1.0 / (t + 2)
        intercepts[t], slope, mean = follow_trend(t, y[t], slope, mean, share, next_share)
        slopes[t] = slope
        share = next_share
    return mean


@njit(cache=True, nogil=True, fastmath=_FUSED)
def error_products(
    y: Floats, intercepts: Floats, slopes: Floats, alpha: float
) -> tuple[float, float, float, float, float, float, float, float]:
    """Return the normal equations' products for one alpha.

    Parameters
    ----------
    y, intercepts, slopes : (n,) float64; the trend line known before each observation
    alpha : in [`ALPHA_LOW`, `ALPHA_HIGH`]

    Returns
    -------
    rr, ru, uu, rc, uc, cc : of r, the errors of smoothing from zero, u, the weights of the
        starting level, and c, the drifts, summed from the fourth observation on
    level, power : after the last observation, smoothed from zero, and its start's weight
    """
    rest, inverse = 1.0 - alpha, 1.0 / alpha
    level, power = alpha * y[0], rest
    rr, ru, uu, rc, uc, cc = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for t in range(1, y.shape[0]):
        residual = y[t] - level
        drift = intercepts[t - 1] * power + slopes[t - 1] * (1.0 - power * rest) * inverse
        if t >= FIRST_SCORED:
            rr += residual * residual
            ru += residual * power
            uu += power * power
            rc += residual * drift
            uc += power * drift
            cc += drift * drift
        level += alpha * residual
        power *= rest
    return rr, ru, uu, rc, uc, cc, level, power


@njit(cache=True, nogil=True)
def solve_products(
    rr: float, ru: float, uu: float, rc: float, uc: float, cc: float, optimise: bool
) -> tuple[float, float, float]:
    """Return the least squared error, and the starting level and weight that have it."""
    uu += _RIDGE
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
def find_least(errors: Floats) -> tuple[int, float]:
    """Return the number of the least error, and how far from it the parabola's lowest point is.

    Parameters
    ----------
    errors : (`TRIED`,) float64, at even distances

    Returns
    -------
    number : of the least; the first where several are
    offset : in [-1/2, 1/2] of a distance; zero at an end
    """
    number = 0
    for k in range(1, TRIED):
        if errors[k] < errors[number]:
            number = k
    if not 0 < number < TRIED - 1:
        return number, 0.0
    before, after = errors[number - 1] - errors[number], errors[number + 1] - errors[number]
    bend = before + after
    return number, 0.5 * (before - after) / bend if bend > 0.0 else 0.0


@njit(cache=True, nogil=True)
def try_alphas(
    y: Floats,
    intercepts: Floats,
    slopes: Floats,
    optimise: bool,
    low: float,
    width: float,
    errors: Floats,
) -> None:
    """Fill the least squared errors at `TRIED` alphas from ``low`` on, ``width`` apart."""
    for k in range(TRIED):
        rr, ru, uu, rc, uc, cc, _, _ = error_products(y, intercepts, slopes, low + width * k)
        errors[k] = solve_products(rr, ru, uu, rc, uc, cc, optimise)[0]


@njit(cache=True, nogil=True)
def settle(
    y: Floats,
    intercepts: Floats,
    slopes: Floats,
    optimise: bool,
    alpha: float,
    step: float,
    tried: float,
) -> tuple[float, float, float, float, float, float]:
    """Return the fit at ``alpha + step``, or at ``alpha`` where that is better.

    Parameters
    ----------
    tried : squared error at alpha

    Returns
    -------
    error, alpha, start, weight : squared error, and the fit
    level, power : as `error_products` returns them
    """
    at = alpha + step
    rr, ru, uu, rc, uc, cc, level, power = error_products(y, intercepts, slopes, at)
    error, start, weight = solve_products(rr, ru, uu, rc, uc, cc, optimise)
    if step != 0.0 and error > tried:
        at = alpha
        rr, ru, uu, rc, uc, cc, level, power = error_products(y, intercepts, slopes, at)
        error, start, weight = solve_products(rr, ru, uu, rc, uc, cc, optimise)
    return max(error, 0.0), at, start, weight, level, power


@njit(cache=True, nogil=True)
def fill_expected(
    n: int,
    alpha: float,
    weight: float,
    level: float,
    power: float,
    trend: tuple[float, float, float],
    dynamic: bool,
    means: Floats,
) -> None:
    """Fill ``means`` (horizon,) with the expected path after ``n`` observations.

    Parameters
    ----------
    level : after the last observation, the starting level's part included
    power : weight of the starting level there
    trend : intercept, slope and mean known by then
    """
    intercept, slope, mean = trend
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
def scale_series(y: Floats) -> float:
    """Divide ``y`` by its mean size and return that; zero, and no change, for what has no model.

    A constant series and one of three observations or fewer have none.
    """
    n = y.shape[0]
    constant, size = True, 0.0
    for t in range(n):
        constant = constant and y[t] == y[0]
        size += abs(y[t])
    if n <= FIRST_SCORED or constant:
        return 0.0
    scale: float = size / n
    for t in range(n):
        y[t] /= scale
    return scale


@njit(cache=True, nogil=True)
def take_season_out(y: Floats, season_length: int, indices: Floats, counts: Floats) -> int:
    """Take the season out of ``y`` in place; return `ADDED` or `RATIO`."""
    n = y.shape[0]
    ratios = True
    for t in range(n):
        ratios = ratios and y[t] > 0.0
    small = seasonal_indices(y, season_length, ratios, indices, counts)
    if ratios and small:
        ratios = False
        seasonal_indices(y, season_length, ratios, indices, counts)
    place = 0
    for t in range(n):
        y[t] = y[t] / indices[place] if ratios else y[t] - indices[place]
        place = place + 1 if place + 1 < season_length else 0
    return RATIO if ratios else ADDED


@njit(cache=True, nogil=True)
def put_season_back(
    n: int, season: int, season_length: int, indices: Floats, scale: float, means: Floats
) -> None:
    """Give ``means`` (horizon,), those after ``n`` observations, their season and units."""
    for step in range(means.shape[0]):
        index = indices[(n + step) % season_length] if season else 0.0
        means[step] = scale * (means[step] * index if season == RATIO else means[step] + index)


@njit(cache=True, nogil=True)
def may_be_seasonal(n: int, season_length: int) -> bool:
    """Whether ``n`` observations can show a season of that length."""
    return season_length >= SHORTEST_SEASON and n >= 2 * season_length


@njit(cache=True, nogil=True)
def fit_scaled_series(
    y: Floats,
    season_length: int,
    dynamic: bool,
    optimise: bool,
    trends: Floats,
    indices: Floats,
    counts: Floats,
    errors: Floats,
    means: Floats,
    parameters: Floats,
) -> None:
    """Fit one series in units of its own mean size, and fill its forecast and parameters.

    Parameters
    ----------
    y : (n,) float64, one observation at least, no NaN; overwritten
    season_length, dynamic, optimise : as `kernels.theta.fit_thetas` takes them
    trends : (2, n or more) float64 scratch
    indices, counts : (season_length,) float64 scratch
    errors : (`TRIED`,) float64 scratch
    means : (horizon,) float64, filled
    parameters : (4,) float64, filled: alpha, level, weight, mean squared error
    """
    n, last = y.shape[0], y[y.shape[0] - 1]
    scale = scale_series(y)
    if scale == 0.0:
        means[:] = last
        parameters[:] = 0.0
        parameters[1] = last
        return
    season = 0
    if may_be_seasonal(n, season_length) and autocorrelation_is_seasonal(y, season_length):
        season = take_season_out(y, season_length, indices, counts)
    intercepts, slopes = trends[0, :n], trends[1, :n]
    mean = running_trends(y, intercepts, slopes)
    if not dynamic:
        intercept, slope = static_trend(y)
        intercepts[:] = intercept
        slopes[:] = slope
    low, high = ALPHA_LOW, ALPHA_HIGH
    alpha, step, tried = low, 0.0, np.inf
    for _ in range(ROUNDS):
        width = (high - low) / (TRIED - 1)
        try_alphas(y, intercepts, slopes, optimise, low, width, errors)
        number, offset = find_least(errors)
        alpha, step, tried = low + width * number, width * offset, errors[number]
        low, high = max(low, alpha - width), min(high, alpha + width)
    error, alpha, start, weight, level, power = settle(
        y, intercepts, slopes, optimise, alpha, step, tried
    )
    trend = (intercepts[n - 1], slopes[n - 1], mean)
    fill_expected(n, alpha, weight, level + power * start, power, trend, dynamic, means)
    put_season_back(n, season, season_length, indices, scale, means)
    parameters[0] = alpha
    parameters[1] = start * scale
    parameters[2] = weight
    parameters[3] = error * scale * scale / (n - FIRST_SCORED)
