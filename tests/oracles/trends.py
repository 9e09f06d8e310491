"""Holt's linear trend as the M4 benchmarks had it: R's ``forecast::holt``, to where R stops.

R minimises the mean squared error by Nelder and Mead's simplex, and lets beta be anything up to
alpha; statsforecast, whose bounds our kernels keep, has it below where alpha starts. On hourly
series the wider bounds fit up to five times better, and forecast worse.

References
----------
Hyndman & Khandakar (2008), "Automatic time series forecasting: the forecast package for R", JSS
27(3) (the model, its starts and bounds); Nash (1990), "Compact numerical methods for computers",
algorithm 19 (the simplex, as R's ``nmmin`` has it); Makridakis, Spiliotis & Assimakopoulos (2020),
"The M4 Competition", and the benchmarks' code beside it.
"""

import numpy as np
from numba import njit

LOWEST, HIGHEST = 1e-4, 0.9999
PHI_LOWEST, PHI_HIGHEST = 0.8, 0.98
# Where R's parameters start: shares of their bounds.
ALPHA_SHARE, BETA_SHARE, PHI_SHARE = 0.2, 0.1, 0.99
STARTING_PERIODS = 10
TOLERANCE = np.sqrt(np.finfo(float).eps)
MOST_CALLS = 2000
OUT_OF_BOUNDS = 1e35


def forecast_trend(y, horizon, *, damped):
    """Forecast one series, (horizon,); a constant one stays as it is."""
    if (y == y[0]).all():
        return np.full(horizon, y[0])
    means = np.empty(horizon)
    mean_square(y, fit_trend(y, damped=damped), damped, means)
    return means


def fit_trend(y, *, damped):
    """Return alpha, beta, phi where it is damped, and the starting level and trend."""
    return _simplex(y, _start(y, damped), damped)


def _start(y, damped):
    """Return alpha, beta, phi where it is damped, level and trend; a line through ten periods."""
    t = np.arange(1, min(STARTING_PERIODS, len(y)) + 1)
    trend, level = np.polyfit(t, y[: len(t)], 1)
    alpha = LOWEST + ALPHA_SHARE * (HIGHEST - LOWEST)
    beta = LOWEST + BETA_SHARE * (alpha - LOWEST)
    phi = PHI_LOWEST + PHI_SHARE * (PHI_HIGHEST - PHI_LOWEST)
    return np.array([alpha, beta, *[phi] * damped, level, trend])


@njit
def mean_square(y, parameters, damped, means):
    """Return the mean squared one-step error, and fill the forecast."""
    alpha, beta, phi = parameters[0], parameters[1], parameters[2] if damped else 1.0
    if not (LOWEST <= alpha <= HIGHEST and LOWEST <= beta <= min(alpha, HIGHEST)):
        return OUT_OF_BOUNDS
    if damped and not PHI_LOWEST <= phi <= PHI_HIGHEST:
        return OUT_OF_BOUNDS
    level, trend = parameters[-2], parameters[-1]
    total = 0.0
    for value in y:
        level += phi * trend
        error = value - level
        total += error * error
        level += alpha * error
        trend = phi * trend + beta * error
    for step in range(len(means)):
        trend *= phi
        level += trend
        means[step] = level
    return total / len(y)


@njit
def _shrink(y, corners, errors, best, damped):
    """Halve the way of every corner to the best, and return how far from it they are."""
    far = 0.0
    for k in range(len(corners)):
        if k != best:
            corners[k] = 0.5 * (corners[k] + corners[best])
            far += np.abs(corners[k] - corners[best]).sum()
            errors[k] = mean_square(y, corners[k], damped, np.empty(0))
    return far


@njit
def _simplex(y, start, damped):
    """Return the best corner when R stops."""
    n, no_means = len(start), np.empty(0)
    corners = np.empty((n + 1, n))
    corners[:] = start
    step = 0.1 * np.abs(start).max()
    for k in range(n):
        corners[k + 1, k] += step
    errors = np.array([mean_square(y, corner, damped, no_means) for corner in corners])
    near = TOLERANCE * (errors[0] + TOLERANCE)
    size, calls = n * step * 10.0, n + 1
    while calls <= MOST_CALLS:
        best, worst = np.argmin(errors), np.argmax(errors)
        if errors[worst] <= errors[best] + near:
            break
        centre = (corners.sum(axis=0) - corners[worst]) / n
        reflected = 2.0 * centre - corners[worst]
        error = mean_square(y, reflected, damped, no_means)
        calls += 2
        if error < errors[best]:
            extended = 2.0 * reflected - centre
            further = mean_square(y, extended, damped, no_means)
            corners[worst] = extended if further < error else reflected
            errors[worst] = min(further, error)
            continue
        stuck = error >= errors[worst]
        if not stuck:
            corners[worst], errors[worst] = reflected, error
        halved = 0.5 * (corners[worst] + centre)
        error = mean_square(y, halved, damped, no_means)
        if error < errors[worst]:
            corners[worst], errors[worst] = halved, error
        elif stuck:
            shrunk = _shrink(y, corners, errors, best, damped)
            calls += n
            if shrunk >= size:
                break
            size = shrunk
    return corners[np.argmin(errors)]
