"""A season told by harmonics: of a year, or one within it; a smooth, shrunken profile.

References
----------
Harvey (1993), "Time series models", section 5.6 (trigonometric seasonality); James & Stein (1961),
"Estimation with quadratic loss" (the shrinkage, here of each harmonic by itself); Efron & Morris
(1975), "Data analysis using Stein's estimator and its generalizations", JASA 70(350) (towards what
series of a kind have, where it is known how much they differ).
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
TERMS = 2 + 2 * HARMONICS
# Of a coefficient of which nothing is known; they are shares of a mean.
UNKNOWN = 1e6


@njit(cache=True, nogil=True)
def invert_symmetric(matrix: Floats, inverse: Floats) -> bool:
    """Invert in place by Gauss-Jordan; return whether the matrix is regular.

    Parameters
    ----------
    matrix : (k, k) float64, symmetric and positive definite; destroyed
    inverse : (k, k) float64, overwritten
    """
    k = matrix.shape[0]
    inverse[:] = 0.0
    for i in range(k):
        inverse[i, i] = 1.0
    for i in range(k):
        pivot = matrix[i, i]
        if pivot < 1e-9:
            return False
        matrix[i] /= pivot
        inverse[i] /= pivot
        for j in range(k):
            if j != i:
                factor = matrix[j, i]
                matrix[j] -= factor * matrix[i]
                inverse[j] -= factor * inverse[i]
    return True


@njit(cache=True, nogil=True)
def fill_harmonics(time: float, period: float, row: Floats) -> None:
    """Fill one row of regressors: 1, trend in seasons, then cosine and sine of each harmonic.

    Parameters
    ----------
    time, period : periods
    row : (2 + 2 * harmonics,) float64, overwritten
    """
    angle = 2.0 * math.pi * time / period
    cosine, sine = math.cos(angle), math.sin(angle)
    row[0] = 1.0
    row[1] = time / period
    row[2] = cosine
    row[3] = sine
    for i in range(4, row.shape[0], 2):
        row[i] = row[i - 2] * cosine - row[i - 1] * sine
        row[i + 1] = row[i - 1] * cosine + row[i - 2] * sine


@njit(cache=True, nogil=True)
def fit_harmonics(
    design: Floats, inverse: Floats, values: Floats, step: float, out: Floats, variances: Floats
) -> None:
    """Least squares of ``values`` on ``design``, and the variances of the coefficients.

    The variances allow for errors that follow a first-order autoregression, so that a slow
    wander of the level does not pass for a season: a harmonic's has their spectral density at its
    own frequency, or that of errors without a wander where it is less.

    Parameters
    ----------
    design : (n, k) float64
    inverse : (k, k) float64, of the design's squares
    values : (n,) float64
    step : cycles of the first harmonic from one value to the next
    out, variances : (k,) float64, overwritten
    """
    n, k = design.shape
    out[:] = inverse @ (design.T @ values)
    residuals = values - design @ out
    squares, products = 1e-12, 0.0
    for t in range(n):
        squares += residuals[t] * residuals[t]
        if t > 0:
            products += residuals[t] * residuals[t - 1]
    rho = min(max(products / squares, 0.0), LARGEST_CORRELATION)
    variance = squares / max(n - k, 1)
    for i in range(k):
        turn = math.cos(2.0 * math.pi * step * (i // 2))
        density = (1.0 - rho * rho) / (1.0 - 2.0 * rho * turn + rho * rho)
        variances[i] = variance * inverse[i, i] * max(density, 1.0)


@njit(cache=True, nogil=True)
def design_for(
    n_blocks: int, n_terms: int, block: int, period: float, design: Floats, inverse: Floats
) -> tuple[Floats, Floats]:
    """Return the regressors of so many blocks, and the inverse of their squares, NaN for none.

    Parameters
    ----------
    n_blocks, n_terms : rows and columns
    block, period : periods
    design, inverse : those of the series before, which often serve again
    """
    if design.shape == (n_blocks, n_terms):
        return design, inverse
    design, inverse = np.empty((n_blocks, n_terms)), np.empty((n_terms, n_terms))
    for j in range(n_blocks):
        time = -block * (n_blocks - 1.0 - j) - 0.5 * (block - 1.0)
        fill_harmonics(time, period, design[j])
    if not invert_symmetric(design.T @ design, inverse):
        inverse[:] = np.nan
    return design, inverse


@njit(cache=True, nogil=True)
def fill_season(
    y: Floats,
    period: float,
    block: int,
    design: Floats,
    inverse: Floats,
    out: Floats,
    variances: Floats,
) -> bool:
    """Fit the season of one series, without shrinkage; return whether there is one to see.

    Blocks of ``block`` periods, averaged, are regressed on a trend and harmonics; the
    trend is divided out and the harmonics fitted again.

    Parameters
    ----------
    y : (n,) float64
    period : periods of the season
    block : periods averaged together, the shorter season
    design, inverse : as `design_for` returns them
    out, variances : (n_terms,) float64, overwritten: mean 1, no trend, then the harmonics
    """
    n_blocks = design.shape[0]
    means = np.empty(n_blocks)
    for j in range(n_blocks):
        stop = y.shape[0] - (n_blocks - 1 - j) * block
        means[j] = y[stop - block : stop].mean()
    level = means.mean()
    if level <= 0.0:
        return False
    means /= level
    fit_harmonics(design, inverse, means, block / period, out, variances)
    for j in range(n_blocks):
        means[j] /= max(out[0] + out[1] * design[j, 1], SMALLEST_TREND)
    fit_harmonics(design, inverse, means, block / period, out, variances)
    variances /= out[0] ** 2
    out /= out[0]
    out[0] = 1.0
    out[1] = 0.0
    return not math.isnan(out[2])


@njit(cache=True, nogil=True)
def terms_of(length: int, period: float, block: int, most: int) -> int:
    """Return how many terms a series of so many periods tells of, none or `TERMS` at least.

    Where there are no more than those, it tells of all or none. It has two seasons or more, and
    more than two blocks a term.
    """
    terms = min(most, 2 * ((length // block - 1) // 4))
    return terms if terms >= min(TERMS, most) and length >= math.floor(2.0 * period) else 0


@njit(cache=True, nogil=True)
def tell_season(
    y: Floats,
    period: float,
    block: int,
    most: int,
    design: Floats,
    inverse: Floats,
    found: Floats,
    variances: Floats,
) -> tuple[int, Floats, Floats]:
    """Fit the season of one series as far as it is long enough, without shrinkage.

    Parameters
    ----------
    y : (n,) float64
    period, block, most : as in `terms_of`
    design, inverse : of the series before, as in `design_for`
    found, variances : (most or more,) float64; the first terms are overwritten, as by `fill_season`

    Returns
    -------
    How many terms it tells of, 0 where there is no season to see, and its design and inverse.
    """
    n_terms = terms_of(y.shape[0], period, block, most)
    if n_terms > 0:
        n_blocks = y.shape[0] // block
        design, inverse = design_for(n_blocks, n_terms, block, period, design, inverse)
        own = found[:n_terms], variances[:n_terms]
        if not fill_season(y, period, block, design, inverse, *own):
            n_terms = 0
    return n_terms, design, inverse


@njit(cache=True, nogil=True)
def fill_seasons(
    values: Floats, offsets: Integers, period: float, block: int, found: Floats, variances: Floats
) -> None:
    """Fit the season of each series, without shrinkage.

    Parameters
    ----------
    values : (n_observations,) float64
    offsets : (n_series + 1,) int64
    period, block : periods
    found, variances : (n_series, n_terms) float64, overwritten; NaN where there is no season to
        see, and 0 of variance `UNKNOWN` where a series is too short for a harmonic
    """
    design, inverse = np.empty((0, 0)), np.empty((0, 0))
    for s in range(offsets.shape[0] - 1):
        y = values[offsets[s] : offsets[s + 1]]
        own = found[s], variances[s]
        n_terms, design, inverse = tell_season(
            y, period, block, found.shape[1], design, inverse, *own
        )
        found[s, n_terms:] = 0.0 if n_terms > 0 else np.nan
        variances[s, n_terms:] = UNKNOWN if n_terms > 0 else np.nan


@njit(cache=True, nogil=True)
def shrink_season(found: Floats, variances: Floats, spreads: Floats, season: Floats) -> None:
    """Move a season from what is expected of it towards what was found.

    A coefficient of variance v goes the share ``s / (s + v)`` of the way, where series of its kind
    spread by s about what is expected; where that is not known, a harmonic whose coefficients have
    the mean squared t-value F goes ``max(0, 1 - 1/F)``.

    Parameters
    ----------
    found, variances : (k,) float64, as `fill_season` gives them
    spreads : (harmonics,) float64, variance between series of a kind; NaN where it is not known
    season : (k or more,) float64, as expected; moved in place
    """
    for harmonic in range((found.shape[0] - 2) // 2):
        first = 2 + 2 * harmonic
        strength = 0.0
        for i in range(first, first + 2):
            strength += 0.5 * (found[i] - season[i]) ** 2 / variances[i]
        share = max(0.0, 1.0 - 1.0 / max(strength, 1e-12))
        for i in range(first, first + 2):
            if not math.isnan(spreads[harmonic]):
                share = spreads[harmonic] / (spreads[harmonic] + variances[i])
            season[i] += share * (found[i] - season[i])


@njit(cache=True, nogil=True)
def turn_season(season: Floats, since: float, period: float, out: Floats) -> None:
    """Tell a season by times that begin later.

    Parameters
    ----------
    season : (2 + 2 * harmonics,) float64
    since : how much later, periods
    period : periods
    out : as season, overwritten
    """
    out[:] = season
    for first in range(2, season.shape[0], 2):
        angle = math.pi * first * since / period
        cosine, sine = math.cos(angle), math.sin(angle)
        out[first] = season[first] * cosine + season[first + 1] * sine
        out[first + 1] = season[first + 1] * cosine - season[first] * sine


@njit(cache=True, nogil=True)
def profile_at(time: float, period: float, season: Floats, row: Floats) -> float:
    """Level of a profile (mean 1) at ``time`` periods after the last observation."""
    fill_harmonics(time, period, row)
    total = 0.0
    for i in range(row.shape[0]):
        total += season[i] * row[i]
    return total


@njit(cache=True, nogil=True)
def divide_by_season(
    values: Floats,
    offsets: Integers,
    period: float,
    block: int,
    shared: Floats,
    since: Integers,
    spreads: Floats,
    least: float,
    adjusted: Floats,
    ahead: Floats,
) -> None:
    """Divide each series by its season's profile, and fill the profile of the periods ahead.

    Parameters
    ----------
    values : (n_observations,) float64
    offsets : (n_series + 1,) int64
    period, block : periods
    shared : (n_series, 2 + 2 * harmonics) float64, what is expected of each series' season; NaN
        where nothing is, and then a series has the first `HARMONICS` at most
    since : (n_series,) int64, periods from the time 0 of ``shared`` to the last observation
    spreads : (n_series, harmonics) float64, as in `shrink_season`
    least : the smallest profile of a period ahead
    adjusted : (n_observations,) float64, overwritten
    ahead : (n_series, horizon) float64, overwritten. A series shorter than two seasons, or without
        demand, has what is expected of it; where nothing is, NaN, and it is left as it is
    """
    most = shared.shape[1]
    season, row = np.empty(most), np.empty(most)
    design, inverse = np.empty((0, 0)), np.empty((0, 0))
    found, variances = np.empty(most), np.empty(most)
    for s in range(offsets.shape[0] - 1):
        start, stop = offsets[s], offsets[s + 1]
        y = values[start:stop]
        adjusted[start:stop] = y
        season[:] = 0.0
        season[0] = 1.0
        expected = not math.isnan(shared[s, 0])
        if expected:
            turn_season(shared[s], float(since[s]), period, season)
        n_terms, design, inverse = tell_season(
            y,
            period,
            block,
            most if expected else min(most, TERMS),
            design,
            inverse,
            found,
            variances,
        )
        if n_terms > 0:
            shrink_season(found[:n_terms], variances[:n_terms], spreads[s], season)
        elif not expected:
            ahead[s, :] = np.nan
            continue
        for t in range(stop - start):
            level = profile_at(float(t + 1 - (stop - start)), period, season, row)
            adjusted[start + t] /= max(level, SMALLEST_PROFILE)
        for step in range(ahead.shape[1]):
            ahead[s, step] = max(profile_at(step + 1.0, period, season, row), least)
