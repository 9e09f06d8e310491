"""What backtests count of each book: exceptions, how they follow one another, how deep they are.

Rows are books and columns days. Each book is summed by itself, day after day, so no other book
can change a bit. A day counts where its figures are numbers.
"""

import math

from numba import njit

from kernels.arrays import Floats, Integers

# Columns of what `count_exceptions` fills.
JUDGED, EXCEPTIONS, FIRST, CALM_CALM, CALM_BEYOND, BEYOND_CALM, BEYOND_BEYOND = range(7)
N_COUNTS = 7


@njit(cache=True, nogil=True)
def count_exceptions(losses: Floats, value_at_risk: Floats, counts: Integers) -> None:
    """Count each book's judged days, its exceptions and how they follow one another.

    Parameters
    ----------
    losses, value_at_risk : (n_books, n_days) float64, money; NaN is a day that is not judged
    counts : (n_books, 7) int64, filled: judged days; days beyond value at risk; number, from 1, of
        the judged day of the first exception, 0 where there is none; and of neighbouring days
        that are both judged, how many are calm-calm, calm-beyond, beyond-calm, beyond-beyond
    """
    n_books, n_days = losses.shape
    for b in range(n_books):
        counts[b, :] = 0
        last = -1
        for t in range(n_days):
            if math.isnan(losses[b, t]) or math.isnan(value_at_risk[b, t]):
                last = -1
                continue
            beyond = 1 if losses[b, t] > value_at_risk[b, t] else 0
            counts[b, JUDGED] += 1
            counts[b, EXCEPTIONS] += beyond
            if beyond == 1 and counts[b, FIRST] == 0:
                counts[b, FIRST] = counts[b, JUDGED]
            if last >= 0:
                counts[b, CALM_CALM + 2 * last + beyond] += 1
            last = beyond


@njit(cache=True, nogil=True)
def sum_severities(
    losses: Floats,
    value_at_risk: Floats,
    expected_shortfall: Floats,
    counts: Integers,
    severities: Floats,
) -> None:
    """Sum each book's losses beyond value at risk, as multiples of expected shortfall.

    Parameters
    ----------
    losses, value_at_risk, expected_shortfall : (n_books, n_days) float64, money; NaN is a day that
        is not judged
    counts : (n_books, 2) int64, filled: judged days, and days beyond value at risk
    severities : (n_books,) float64, filled; NaN where an exception's expected shortfall is not
        positive, so that a multiple of it says nothing
    """
    n_books, n_days = losses.shape
    for b in range(n_books):
        judged, beyond, total = 0, 0, 0.0
        for t in range(n_days):
            loss, quantile, shortfall = losses[b, t], value_at_risk[b, t], expected_shortfall[b, t]
            if math.isnan(loss) or math.isnan(quantile) or math.isnan(shortfall):
                continue
            judged += 1
            if loss > quantile:
                beyond += 1
                total += loss / shortfall if shortfall > 0.0 else math.nan
        counts[b, 0], counts[b, 1] = judged, beyond
        severities[b] = total


@njit(cache=True, nogil=True)
def hit_products(
    losses: Floats,
    value_at_risk: Floats,
    share: float,
    lags: int,
    products: Floats,
    crosses: Floats,
    days: Integers,
) -> None:
    """Sum the products of a regression of hits on a constant, their lags and value at risk.

    A hit is 1 - ``share`` on a day beyond value at risk and -``share`` on another. Value at risk
    enters less its mean, which leaves the regression what it is and its products well scaled.

    Parameters
    ----------
    losses, value_at_risk : (n_books, n_days) float64, money; NaN is a day that is not judged
    share : expected share of exceptions, fraction
    lags : of hits; a day enters where it and so many days before it are judged
    products : (n_books, lags + 2, lags + 2) float64, filled: regressors by regressors
    crosses : (n_books, lags + 2) float64, filled: regressors by hits
    days : (n_books,) int64, filled: days that entered
    """
    n_books, n_days = losses.shape
    width = lags + 2
    for b in range(n_books):
        centre = mean_of_judged(losses[b], value_at_risk[b])
        row = products[b, 0].copy()
        row[:] = 0.0
        row[0] = 1.0
        products[b, :, :] = 0.0
        crosses[b, :] = 0.0
        entered, run = 0, 0
        for t in range(n_days):
            loss, quantile = losses[b, t], value_at_risk[b, t]
            if math.isnan(loss) or math.isnan(quantile):
                run = 0
                continue
            hit = (1.0 if loss > quantile else 0.0) - share
            if run >= lags:
                entered += 1
                row[width - 1] = quantile - centre
                for i in range(width):
                    crosses[b, i] += row[i] * hit
                    for j in range(i + 1):
                        products[b, i, j] += row[i] * row[j]
            for lag in range(lags, 1, -1):
                row[lag] = row[lag - 1]
            if lags > 0:
                row[1] = hit
            run += 1
        _mirror(products[b])
        days[b] = entered


@njit(cache=True, nogil=True)
def _mirror(matrix: Floats) -> None:
    """Copy what is below the diagonal to above it."""
    for i in range(len(matrix)):
        for j in range(i):
            matrix[j, i] = matrix[i, j]


@njit(cache=True, nogil=True)
def mean_of_judged(losses: Floats, value_at_risk: Floats) -> float:
    """Mean value at risk of one book's judged days; 0 where there is none."""
    total, judged = 0.0, 0
    for t in range(losses.shape[0]):
        if not (math.isnan(losses[t]) or math.isnan(value_at_risk[t])):
            total += value_at_risk[t]
            judged += 1
    return total / judged if judged > 0 else 0.0
