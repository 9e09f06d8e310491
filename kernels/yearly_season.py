"""The season of a year in demand whose own season is shorter: a smooth, shrunken profile.

References
----------
Harvey (1993), "Time series models", section 5.6 (trigonometric seasonality); James & Stein (1961),
"Estimation with quadratic loss" (the shrinkage, here of each harmonic by itself).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers

# Shrinkage silences the ones a series does not need; ten follow a month's step.
HARMONICS = 10
SMALLEST_PROFILE = 0.2
SMALLEST_TREND = 0.2
LARGEST_CORRELATION = 0.9
_COLUMNS = 2 + 2 * HARMONICS


@njit(cache=True, nogil=True)
def solve_symmetric(matrix: Floats, right: Floats, inverse: Floats) -> bool:
    """Solve ``matrix @ x = right`` in place by Gauss-Jordan; return whether it is regular.

    Parameters
    ----------
    matrix : (k, k) float64, symmetric and positive definite; destroyed
    right : (k,) float64, overwritten with the solution
    inverse : (k, k) float64, overwritten with the inverse of ``matrix``
    """
    k = right.shape[0]
    inverse[:] = 0.0
    for i in range(k):
        inverse[i, i] = 1.0
    for i in range(k):
        pivot = matrix[i, i]
        if pivot < 1e-9:
            return False
        matrix[i] /= pivot
        inverse[i] /= pivot
        right[i] /= pivot
        for j in range(k):
            if j != i:
                factor = matrix[j, i]
                matrix[j] -= factor * matrix[i]
                inverse[j] -= factor * inverse[i]
                right[j] -= factor * right[i]
    return True


@njit(cache=True, nogil=True)
def fill_harmonics(time: float, year: float, row: Floats) -> None:
    """Fill one row of regressors: 1, trend in years, then cosine and sine of each harmonic."""
    angle = 2.0 * math.pi * time / year
    cosine, sine = math.cos(angle), math.sin(angle)
    row[0] = 1.0
    row[1] = time / year
    row[2] = cosine
    row[3] = sine
    for i in range(4, _COLUMNS, 2):
        row[i] = row[i - 2] * cosine - row[i - 1] * sine
        row[i + 1] = row[i - 1] * cosine + row[i - 2] * sine


@njit(cache=True, nogil=True)
def fit_harmonics(design: Floats, values: Floats, out: Floats, variances: Floats) -> bool:
    """Least squares of ``values`` on ``design``, and the variances of the coefficients.

    The variances allow for errors that follow a first-order autoregression, so that a slow
    wander of the level does not pass for a season.

    Parameters
    ----------
    design : (n, k) float64
    values : (n,) float64
    out, variances : (k,) float64, overwritten

    Returns
    -------
    Whether the regression could be solved.
    """
    n, k = design.shape
    inverse = np.empty((k, k))
    out[:] = design.T @ values
    if not solve_symmetric(design.T @ design, out, inverse):
        return False
    residuals = values - design @ out
    squares, products = 1e-12, 0.0
    for t in range(n):
        squares += residuals[t] * residuals[t]
        if t > 0:
            products += residuals[t] * residuals[t - 1]
    rho = min(max(products / squares, 0.0), LARGEST_CORRELATION)
    variance = squares / max(n - k, 1) * (1.0 + rho) / (1.0 - rho)
    for i in range(k):
        variances[i] = variance * inverse[i, i]
    return True


@njit(cache=True, nogil=True)
def fit_year(y: Floats, year: float, block: int, coefficients: Floats) -> bool:
    """Fit the profile of a year to one series; return False where there is none to see.

    Blocks of ``block`` periods, averaged, are regressed on a trend and harmonics of the year; the
    trend is divided out and the harmonics fitted again. A harmonic whose coefficients have the
    mean squared t-value F is multiplied by ``max(0, 1 - 1/F)``.

    Parameters
    ----------
    y : (n,) float64, n >= 2 years; time 0 is the last observation
    year : periods
    block : periods averaged together, the shorter season
    coefficients : (2 + 2 * HARMONICS,) float64, overwritten: mean 1, no trend, then the harmonics
    """
    n_blocks = y.shape[0] // block
    design = np.empty((n_blocks, _COLUMNS))
    means = np.empty(n_blocks)
    for j in range(n_blocks):
        stop = y.shape[0] - (n_blocks - 1 - j) * block
        means[j] = y[stop - block : stop].mean()
        fill_harmonics(stop - 0.5 * (block + 1) - (y.shape[0] - 1), year, design[j])
    level = means.mean()
    variances = np.empty(_COLUMNS)
    if level <= 0.0 or n_blocks <= 2 * _COLUMNS:
        return False
    means /= level
    if not fit_harmonics(design, means, coefficients, variances):
        return False
    for j in range(n_blocks):
        means[j] /= max(coefficients[0] + coefficients[1] * design[j, 1], SMALLEST_TREND)
    if not fit_harmonics(design, means, coefficients, variances):
        return False
    for harmonic in range(1, HARMONICS + 1):
        a, b = 2 * harmonic, 2 * harmonic + 1
        strength = 0.5 * (coefficients[a] ** 2 / variances[a] + coefficients[b] ** 2 / variances[b])
        shrinkage = max(0.0, 1.0 - 1.0 / max(strength, 1e-12)) / coefficients[0]
        coefficients[a] *= shrinkage
        coefficients[b] *= shrinkage
    coefficients[0] = 1.0
    coefficients[1] = 0.0
    return True


@njit(cache=True, nogil=True)
def profile_at(time: float, year: float, coefficients: Floats, row: Floats) -> float:
    """Level of the year's profile (mean 1) at ``time`` periods after the last observation."""
    fill_harmonics(time, year, row)
    total = 0.0
    for i in range(_COLUMNS):
        total += coefficients[i] * row[i]
    return max(total, SMALLEST_PROFILE)


@njit(cache=True, nogil=True)
def divide_by_year(
    values: Floats,
    offsets: Integers,
    year: float,
    block: int,
    adjusted: Floats,
    ahead: Floats,
) -> None:
    """Divide each series by its year's profile, and fill the profile of the periods ahead.

    Parameters
    ----------
    values : (n_observations,) float64
    offsets : (n_series + 1,) int64
    year, block : periods
    adjusted : (n_observations,) float64, overwritten
    ahead : (n_series, horizon) float64, overwritten; NaN for a series shorter than two years, or
        without demand, which is left as it is
    """
    coefficients, row = np.empty(_COLUMNS), np.empty(_COLUMNS)
    for s in range(offsets.shape[0] - 1):
        start, stop = offsets[s], offsets[s + 1]
        y = values[start:stop]
        adjusted[start:stop] = y
        if stop - start < math.floor(2.0 * year) or not fit_year(y, year, block, coefficients):
            ahead[s, :] = np.nan
            continue
        for t in range(stop - start):
            time = float(t + 1 - (stop - start))
            adjusted[start + t] /= profile_at(time, year, coefficients, row)
        for step in range(ahead.shape[1]):
            ahead[s, step] = profile_at(step + 1.0, year, coefficients, row)
