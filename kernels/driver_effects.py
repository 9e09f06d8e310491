"""Effects of drivers on demand: the sums from which a quasi-Poisson regression is solved.

Demand of a period is held against what the same place of the last seasons sold, drivers divided
out of both: ``E[y_t] = level_t exp(x_t b)`` with ``level_t`` the sum of the demand of the lags
over the sum of their ``exp(x b)``.

References
----------
Gourieroux, Monfort & Trognon (1984), "Pseudo maximum likelihood methods: applications to Poisson
models", Econometrica 52(3) (consistent whatever the law, as long as the mean is right);
Wooldridge (1999), "Distribution-free estimation of some nonlinear panel data models", Journal of
Econometrics 90(1) (levels conditioned out).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers

FEWEST_LAGS = 2
# No series is taken to be told better than to this share of its mean, however few its periods.
SMALLEST_ERROR = 0.01


@njit(cache=True, nogil=True)
def fill_factors(design: Floats, effects: Floats, out: Floats) -> None:
    """Fill ``exp(x b)`` of each row; NaN where a column is.

    Parameters
    ----------
    design : (n, k) float64
    effects : (k,) float64
    out : (n,) float64, overwritten
    """
    for t in range(design.shape[0]):
        total = 0.0
        for j in range(design.shape[1]):
            total += design[t, j] * effects[j]
        out[t] = math.exp(total)


@njit(cache=True, nogil=True)
def expected_level(
    y: Floats,
    design: Floats,
    factors: Floats,
    t: int,
    lag: int,
    lags: int,
    centre: Floats,
) -> float:
    """Return the level that the lags of a period give, and fill the mean of their columns.

    Parameters
    ----------
    y : (n,) float64, units; NaN is not looked at
    design, factors : (n, k) and (n,) float64
    t : the period
    lag, lags : periods between lags, and how many
    centre : (k,) float64, overwritten with the mean of the columns, weighted by the factors

    Returns
    -------
    Units per period without drivers; NaN where fewer than two lags are known.
    """
    demand, exposure, found = 0.0, 0.0, 0
    centre[:] = 0.0
    for i in range(1, lags + 1):
        past = t - i * lag
        if past < 0:
            break
        if math.isnan(factors[past]) or math.isnan(y[past]):
            continue
        demand += y[past]
        exposure += factors[past]
        found += 1
        for j in range(centre.shape[0]):
            centre[j] += factors[past] * design[past, j]
    if found < FEWEST_LAGS:
        return math.nan
    for j in range(centre.shape[0]):
        centre[j] /= exposure
    return demand / exposure


@njit(cache=True, nogil=True)
def add_series(
    y: Floats,
    design: Floats,
    effects: Floats,
    lag: int,
    lags: int,
    blocks: Integers,
    information: Floats,
    scores: Floats,
    common: Floats,
) -> int:
    """Add one series' information and scores at some effects; return how many periods it has.

    Both are divided by the series' own dispersion, so that they do not depend on its unit, and no
    series counts for more than what it tells.

    Parameters
    ----------
    y : (n,) float64, units; NaN is not looked at
    design : (n, k) float64; a row with a NaN is not looked at
    effects : (k,) float64
    lag, lags : periods between lags, and how many
    blocks : (n,) int64, the block of time that each period is in
    information : (k, k) float64, added to
    scores : (n_blocks, k) float64, added to
    common : (n_blocks, 2) float64, added to: what was not expected, and what was
    """
    n, k = design.shape
    factors, centre = np.empty(n), np.empty(k)
    fill_factors(design, effects, factors)
    off, mean, rest = np.empty((n, k)), np.zeros(n), np.zeros(n)
    squares, total, least, count = 0.0, 0.0, 0.0, 0
    for t in range(FEWEST_LAGS * lag, n):
        if math.isnan(factors[t]) or math.isnan(y[t]):
            continue
        level = expected_level(y, design, factors, t, lag, lags, centre)
        if math.isnan(level) or level <= 0.0:
            continue
        mean[t] = level * factors[t]
        rest[t] = y[t] - mean[t]
        squares += rest[t] * rest[t]
        least += (SMALLEST_ERROR * mean[t]) ** 2
        total += mean[t]
        count += 1
        for j in range(k):
            off[t, j] = design[t, j] - centre[j]
    if count == 0:
        return 0
    weight = total / max(squares, least)
    for t in range(FEWEST_LAGS * lag, n):
        if mean[t] <= 0.0:
            continue
        common[blocks[t], 0] += weight * rest[t]
        common[blocks[t], 1] += weight * mean[t]
        for i in range(k):
            scores[blocks[t], i] += weight * off[t, i] * rest[t]
            for j in range(k):
                information[i, j] += weight * mean[t] * off[t, i] * off[t, j]
    return count


@njit(cache=True, nogil=True)
def add_group(
    values: Floats,
    design: Floats,
    starts: Integers,
    stops: Integers,
    rows: Integers,
    effects: Floats,
    lag: int,
    lags: int,
    blocks: Integers,
    information: Floats,
    scores: Floats,
    common: Floats,
) -> int:
    """Add the sums of several series; return how many have a period that tells anything.

    Parameters
    ----------
    values : (n_observations,) float64, units; NaN is not looked at
    design : (n_rows, k) float64
    starts, stops : (n_series,) int64, the observations of each series
    rows : (n_series,) int64, the row of each series' first observation
    effects, lag, lags, information, scores, common : as for `add_series`
    blocks : (n_rows,) int64
    """
    used = 0
    for s in range(starts.shape[0]):
        length = stops[s] - starts[s]
        first = rows[s]
        count = add_series(
            values[starts[s] : stops[s]],
            design[first : first + length],
            effects,
            lag,
            lags,
            blocks[first : first + length],
            information,
            scores,
            common,
        )
        used += 1 if count > 0 else 0
    return used
