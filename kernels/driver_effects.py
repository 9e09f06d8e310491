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

from kernels.arrays import Flags, Floats, Integers

FEWEST_LAGS = 2
# No series is taken to be told better than to this share of its mean, however few its periods.
SMALLEST_ERROR = 0.01


@njit(cache=True, nogil=True)
def list_columns(design: Floats, columns: Integers, widths: Integers) -> None:
    """List the columns of each row that are not zero: events are rare, and most rows have none.

    Parameters
    ----------
    design : (n, k) float64; NaN is not zero
    columns : (n, k) int64, overwritten as far as the row's width
    widths : (n,) int64, overwritten
    """
    for t in range(design.shape[0]):
        width = 0
        for j in range(design.shape[1]):
            columns[t, width] = j
            width += 1 if design[t, j] != 0.0 else 0
        widths[t] = width


@njit(cache=True, nogil=True)
def fill_factors(
    design: Floats, columns: Integers, widths: Integers, effects: Floats, out: Floats
) -> None:
    """Fill ``exp(x b)`` of each row; NaN where a column is.

    Parameters
    ----------
    design : (n, k) float64
    columns, widths : as `list_columns` fills them
    effects : (k,) float64
    out : (n,) float64, overwritten
    """
    for t in range(design.shape[0]):
        total = 0.0
        for c in range(widths[t]):
            j = columns[t, c]
            total += design[t, j] * effects[j]
        out[t] = math.exp(total) if widths[t] > 0 else 1.0


@njit(cache=True, nogil=True)
def add_lags(values: Floats, lag: int, lags: int, out: Floats) -> None:
    """Add to each period the values of its lags.

    Parameters
    ----------
    values, out : (n,) float64
    lag, lags : periods between lags, and how many
    """
    n = values.shape[0]
    for i in range(1, lags + 1):
        back = i * lag
        for t in range(n - back):
            out[back + t] += values[t]


@njit(cache=True, nogil=True)
def add_centres(
    design: Floats,
    columns: Integers,
    widths: Integers,
    weights: Floats,
    lag: int,
    lags: int,
    out: Floats,
) -> None:
    """Add to each period the columns of its lags, each row times its weight.

    Parameters
    ----------
    design, columns, widths : (n, k), and as `list_columns` fills them
    weights : (n,) float64; a row of none is not looked at
    lag, lags : periods between lags, and how many
    out : (n, k) float64, added to
    """
    n = design.shape[0]
    for past in range(n):
        if weights[past] <= 0.0:
            continue
        last = min(past + lags * lag, n - 1)
        for c in range(widths[past]):
            j = columns[past, c]
            value = weights[past] * design[past, j]
            for t in range(past + lag, last + 1, lag):
                out[t, j] += value


@njit(cache=True, nogil=True, forceinline=True)
def _take_off(row: Floats, centre: Floats, exposure: float, moved: Integers, off: Floats) -> int:
    """List the columns of a row that are off their centre, and by how much; return how many."""
    count = 0
    for j in range(row.shape[0]):
        value = row[j] - centre[j] / exposure
        moved[count], off[count] = j, value
        count += 1 if value != 0.0 else 0
    return count


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
    columns, widths = np.empty((n, k), np.int64), np.empty(n, np.int64)
    list_columns(design, columns, widths)
    factors = np.empty(n)
    fill_factors(design, columns, widths, effects, factors)
    known = ~(np.isnan(factors) | np.isnan(y))
    weights, sold = np.where(known, factors, 0.0), np.where(known, y, 0.0)
    exposure, demand, found = np.zeros(n), np.zeros(n), np.zeros(n)
    add_lags(weights, lag, lags, exposure)
    add_lags(sold, lag, lags, demand)
    add_lags(known * 1.0, lag, lags, found)
    events = widths * 1.0
    add_lags(widths * 1.0, lag, lags, events)
    centres = np.zeros((n, k))
    add_centres(design, columns, widths, weights, lag, lags, centres)
    moved, many, off = np.empty((n, k), np.int64), np.zeros(n, np.int64), np.empty((n, k))
    mean, rest = np.zeros(n), np.zeros(n)
    squares, total, least, count = 0.0, 0.0, 0.0, 0
    for t in range(FEWEST_LAGS * lag, n):
        if not known[t] or found[t] < FEWEST_LAGS or demand[t] <= 0.0:
            continue
        mean[t] = demand[t] / exposure[t] * factors[t]
        rest[t] = y[t] - mean[t]
        squares += rest[t] * rest[t]
        least += (SMALLEST_ERROR * mean[t]) ** 2
        total += mean[t]
        count += 1
        if events[t] > 0.0:
            many[t] = _take_off(design[t], centres[t], exposure[t], moved[t], off[t])
    if count == 0:
        return 0
    weight = total / max(squares, least)
    for t in range(FEWEST_LAGS * lag, n):
        if mean[t] <= 0.0:
            continue
        common[blocks[t], 0] += weight * rest[t]
        common[blocks[t], 1] += weight * mean[t]
        for c in range(many[t]):
            i = moved[t, c]
            scores[blocks[t], i] += weight * off[t, c] * rest[t]
            for d in range(many[t]):
                information[i, moved[t, d]] += weight * mean[t] * off[t, c] * off[t, d]
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


@njit(cache=True, nogil=True)
def mark_occasions(
    design: Floats, rows: Integers, lengths: Integers, blocks: Integers, out: Flags
) -> None:
    """Mark in which blocks of time each column is neither zero nor unknown for some series.

    Parameters
    ----------
    design : (n_rows, k) float64
    rows, lengths : (n_series,) int64, the first row of each series, and how many it has
    blocks : (n_rows,) int64
    out : (n_blocks, k) bool, set where so
    """
    for s in range(rows.shape[0]):
        for t in range(rows[s], rows[s] + lengths[s]):
            for j in range(design.shape[1]):
                value = design[t, j]
                if value != 0.0 and not math.isnan(value):
                    out[blocks[t], j] = True
