"""Likelihoods of counts whose mean moves with what was seen, many parameters side by side.

The mean of a period is smoothed: ``mu' = mu + alpha (y - mu)``. A count is negative binomial with
variance ``dispersion * mu``; whether there is demand at all is a Bernoulli trial with chance
``mu``.

Ratios of gamma functions are products, of which one logarithm is taken for many factors, and
Stirling's series where a count is large; so a period costs a few multiplications a lane.

References
----------
Snyder, Ord & Beaumont (2012), "Forecasting the intermittent demand for slow-moving inventories: a
modelling approach", International Journal of Forecasting 28(2), sections 3.1-3.3 (the undamped
mean, the negative binomial and the hurdle); Abramowitz & Stegun (1964), 6.1.41 (the series).
"""

import math

from numba import njit

from kernels.arrays import Floats
from kernels.elementary import natural_log

LANES = 24
# Rows of the lanes: parameters, state, and what is summed.
ALPHA, DISPERSION, LEVEL, PRODUCT, TOTAL, SHAPE, PER_LEVEL, SHAPES = range(8)
ROWS = 8
# Counts up to it are products, and Stirling's series begins where it errs by less than 1e-10.
LONGEST_PRODUCT = 10
# A product of as many factors, each within a billion of one, and of the next count's is a float64.
MOST_FACTORS = 16
# The state never falls below this share of the mean, or one late unit would be impossible.
LOWEST_SHARE = 1e-6
_FUSED = {"contract"}


@njit(cache=True, nogil=True)
def next_mean(level: float, seen: float, lowest: float, highest: float, alpha: float) -> float:
    """Return the mean of the next period: the recursion that all lanes follow."""
    following: float = level + alpha * (seen - level)
    return min(max(following, lowest), highest)


@njit(cache=True, nogil=True)
def highest_chance(start: float) -> float:
    """Return the greatest chance of demand, so that a pause is never impossible."""
    return 1.0 - LOWEST_SHARE * (1.0 - start)


@njit(inline="always")
def _stirling(x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return log gamma less half log 2 pi, for x of ten or more."""
    one = 1.0 / x
    series = one * (1.0 / 12.0 - one * one * (1.0 / 360.0 - one * one / 1260.0))
    return (x - 0.5) * natural_log(x) - x + series


@njit(cache=True, nogil=True, fastmath=_FUSED)
def _take_logs(lanes: Floats) -> None:
    products, totals = lanes[PRODUCT], lanes[TOTAL]
    for k in range(lanes.shape[1]):
        totals[k] += natural_log(products[k])
        products[k] = 1.0


@njit(cache=True, nogil=True, fastmath=_FUSED)
def _multiply_shapes(lanes: Floats, count: float) -> None:
    """Multiply in gamma(shape + count) / gamma(shape), a whole count of one or more."""
    shapes, products, totals = lanes[SHAPE], lanes[PRODUCT], lanes[TOTAL]
    for j in range(min(int(count), LONGEST_PRODUCT)):
        for k in range(lanes.shape[1]):
            products[k] *= shapes[k] + j
    if count > LONGEST_PRODUCT:
        for k in range(lanes.shape[1]):
            totals[k] += _stirling(shapes[k] + count) - _stirling(shapes[k] + LONGEST_PRODUCT)


@njit(cache=True, nogil=True, fastmath=_FUSED)
def _advance(lanes: Floats, seen: float, lowest: float, highest: float) -> None:
    """Bring each lane past a period: what its shape summed to, its mean, and its next shape."""
    levels, alphas, sums = lanes[LEVEL], lanes[ALPHA], lanes[SHAPES]
    shapes, per_level = lanes[SHAPE], lanes[PER_LEVEL]
    for k in range(lanes.shape[1]):
        sums[k] += shapes[k]
        following = levels[k] + alphas[k] * (seen - levels[k])
        levels[k] = min(max(following, lowest), highest)
        shapes[k] = levels[k] * per_level[k]


@njit(cache=True, nogil=True)
def _start(lanes: Floats, mean: float) -> None:
    for k in range(lanes.shape[1]):
        lanes[LEVEL, k] = mean
        lanes[PRODUCT, k] = 1.0
        lanes[TOTAL, k] = 0.0
        lanes[SHAPES, k] = 0.0
        lanes[PER_LEVEL, k] = 1.0 / (lanes[DISPERSION, k] - 1.0)
        lanes[SHAPE, k] = mean * lanes[PER_LEVEL, k]


@njit(cache=True, nogil=True)
def fill_count_likelihoods(y: Floats, mean: float, lanes: Floats) -> None:
    """Fill the log-likelihood of counts under each lane's parameters.

    Parameters
    ----------
    y : (n,) float64, units per period, whole, zero or more
    mean : units per period, positive, before the first
    lanes : (ROWS, LANES) float64; rows ALPHA and DISPERSION (variance / mean, above 1) are read;
        LEVEL is overwritten with the mean of the next period, TOTAL with the log-likelihood
    """
    _start(lanes, mean)
    constant, units, factors = 0.0, 0.0, 0
    for t in range(y.shape[0]):
        if y[t] > 0.0:
            if factors > MOST_FACTORS:
                _take_logs(lanes)
                factors = 0
            _multiply_shapes(lanes, y[t])
            factors += min(int(y[t]), LONGEST_PRODUCT)
            constant += math.lgamma(y[t] + 1.0)
            units += y[t]
        _advance(lanes, y[t], LOWEST_SHARE * mean, math.inf)
    _take_logs(lanes)
    for k in range(lanes.shape[1]):
        dispersion = lanes[DISPERSION, k]
        lanes[TOTAL, k] += units * math.log1p(-1.0 / dispersion) - constant
        lanes[TOTAL, k] -= lanes[SHAPES, k] * math.log(dispersion)


@njit(cache=True, nogil=True)
def _multiply_chances(lanes: Floats, seen: float) -> None:
    levels, products = lanes[LEVEL], lanes[PRODUCT]
    sign, otherwise = 2.0 * seen - 1.0, 1.0 - seen
    for k in range(lanes.shape[1]):
        products[k] *= otherwise + sign * levels[k]


@njit(cache=True, nogil=True)
def fill_chance_likelihoods(y: Floats, mean: float, lanes: Floats) -> None:
    """Fill the log-likelihood of whether there is demand under each lane's parameters.

    Parameters
    ----------
    y : (n,) float64, units per period; demand is what exceeds zero
    mean : chance of demand in (0, 1), before the first period
    lanes : (ROWS, LANES) float64, as in `fill_count_likelihoods`
    """
    _start(lanes, mean)
    for t in range(y.shape[0]):
        seen = 1.0 if y[t] > 0.0 else 0.0
        _multiply_chances(lanes, seen)
        if t % MOST_FACTORS == MOST_FACTORS - 1:
            _take_logs(lanes)
        _advance(lanes, seen, LOWEST_SHARE * mean, highest_chance(mean))
    _take_logs(lanes)
