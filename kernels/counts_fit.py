"""Counts fitted by likelihood: how fast the mean moves, and how far demand spreads around it.

The dispersion is the likeliest of a grid that fills the lanes. The smoothing parameter is not
chosen but averaged over, each value by its likelihood: a short history of rare demand rarely says
which one it is, and the most likely one, or one chosen by Akaike's criterion, forecasts worse.

References
----------
Snyder, Ord & Beaumont (2012), "Forecasting the intermittent demand for slow-moving inventories: a
modelling approach", International Journal of Forecasting 28(2) (the laws); Hoeting, Madigan,
Raftery & Volinsky (1999), "Bayesian model averaging: a tutorial", Statistical Science 14(4).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.counts import (
    ALPHA,
    DISPERSION,
    LANES,
    LEVEL,
    ROWS,
    TOTAL,
    fill_chance_likelihoods,
    fill_count_likelihoods,
)
from kernels.flat import longest_series

# Of a fit: what the mean starts from, that of the next period, the averaged smoothing parameter,
# the dispersion, and the logarithm of the likelihood averaged over smoothing parameters.
START, NEXT, SMOOTHING, SPREAD, EVIDENCE = range(5)
FIT = 5
# Equally likely before a series is looked at. Of ranges tried on held-out carparts, BRAF, M5 and
# VN1 the one that was never far from the best.
ALPHAS = np.geomspace(0.02, 0.5, LANES)
TYPICAL_ALPHA = 0.1
# Of the dispersion beyond a Poisson's. The largest is met where one large demand is all there is.
LOWEST_EXCESS = 1e-3
HIGHEST_EXCESS = 1e4


@njit(cache=True, nogil=True)
def _likeliest(lanes: Floats) -> int:
    """Return the first lane of the greatest likelihood."""
    best = 0
    for k in range(1, LANES):
        if lanes[TOTAL, k] > lanes[TOTAL, best]:
            best = k
    return best


@njit(cache=True, nogil=True)
def _try_alphas(lanes: Floats, dispersion: float) -> None:
    """Give each lane a smoothing parameter of its own, and all one dispersion."""
    for k in range(LANES):
        lanes[ALPHA, k] = ALPHAS[k]
        lanes[DISPERSION, k] = dispersion


@njit(cache=True, nogil=True)
def likeliest_dispersion(
    y: Floats, mean: float, alpha: float, low: float, high: float, lanes: Floats
) -> float:
    """Return the dispersion of the greatest likelihood, its excess over one from low to high."""
    ratio = (high / low) ** (1.0 / (LANES - 1.0))
    for k in range(LANES):
        lanes[ALPHA, k] = alpha
        lanes[DISPERSION, k] = 1.0 + low * ratio**k
    fill_count_likelihoods(y, mean, lanes)
    dispersion: float = lanes[DISPERSION, _likeliest(lanes)]
    return dispersion


@njit(cache=True, nogil=True)
def average_smoothing(lanes: Floats, fit: Floats) -> float:
    """Average lanes by likelihood into ``fit``; return the likeliest smoothing parameter."""
    best = _likeliest(lanes)
    most, total = lanes[TOTAL, best], 0.0
    fit[NEXT], fit[SMOOTHING] = 0.0, 0.0
    for k in range(LANES):
        weight = math.exp(lanes[TOTAL, k] - most)
        total += weight
        fit[NEXT] += weight * lanes[LEVEL, k]
        fit[SMOOTHING] += weight * lanes[ALPHA, k]
    fit[NEXT] /= total
    fit[SMOOTHING] /= total
    fit[EVIDENCE] = most + math.log(total / LANES)
    alpha: float = lanes[ALPHA, best]
    return alpha


@njit(cache=True, nogil=True)
def fit_counts(y: Floats, lanes: Floats, fit: Floats) -> None:
    """Fit a negative binomial whose mean is smoothed.

    Parameters
    ----------
    y : (n,) float64, units per period, whole, zero or more, n >= 1
    lanes : (ROWS, LANES) float64 scratch
    fit : (FIT,) float64, overwritten. The mean starts from the sample's; without any demand it
        stays zero
    """
    mean = 0.0
    for t in range(y.shape[0]):
        mean += y[t]
    mean /= y.shape[0]
    fit[:] = 0.0
    fit[SPREAD] = 1.0
    if mean <= 0.0:
        return
    low, high, alpha = LOWEST_EXCESS, HIGHEST_EXCESS, TYPICAL_ALPHA
    step = (high / low) ** (1.0 / (LANES - 1.0))
    for _ in range(2):
        fit[SPREAD] = likeliest_dispersion(y, mean, alpha, low, high, lanes)
        _try_alphas(lanes, fit[SPREAD])
        fill_count_likelihoods(y, mean, lanes)
        alpha = average_smoothing(lanes, fit)
        low, high = (fit[SPREAD] - 1.0) / step, (fit[SPREAD] - 1.0) * step
    fit[START] = mean


@njit(cache=True, nogil=True)
def fit_chances(y: Floats, lanes: Floats, fit: Floats) -> None:
    """Fit the chance of demand in a period, which is smoothed.

    Parameters
    ----------
    y, lanes, fit : as in `fit_counts`; without demand, or with demand in every period, the chance
        stays what it is
    """
    share = 0.0
    for t in range(y.shape[0]):
        share += 1.0 if y[t] > 0.0 else 0.0
    share /= y.shape[0]
    fit[:] = 0.0
    fit[START], fit[NEXT] = share, share
    if share <= 0.0 or share >= 1.0:
        return
    _try_alphas(lanes, 2.0)
    fill_chance_likelihoods(y, share, lanes)
    average_smoothing(lanes, fit)


@njit(cache=True, nogil=True)
def split_hurdle(y: Floats, beyond: Floats) -> int:
    """Fill the units beyond the first of each demand; return how many demands there are.

    Parameters
    ----------
    y : (n,) float64, units per period
    beyond : (n,) float64, filled from its start
    """
    count = 0
    for t in range(y.shape[0]):
        if y[t] > 0.0:
            beyond[count] = y[t] - 1.0
            count += 1
    return count


@njit(cache=True, nogil=True)
def fit_sizes(beyond: Floats, lanes: Floats, size: Floats) -> None:
    """Fit the units beyond the first of the demands there are, if any: `fit_counts`."""
    if beyond.shape[0] > 0:
        fit_counts(beyond, lanes, size)
    else:
        size[:] = 0.0
        size[SPREAD] = 1.0


@njit(cache=True, nogil=True)
def fit_count_batch(values: Floats, offsets: Integers, fits: Floats) -> None:
    """Fit a negative binomial to each series.

    Parameters
    ----------
    values : (n_observations,) float64, the series end to end, units per period, whole
    offsets : (n_series + 1,) int64, where each starts; each has one observation at least
    fits : (n_series, FIT) float64, overwritten
    """
    lanes = np.empty((ROWS, LANES))
    for s in range(offsets.shape[0] - 1):
        fit_counts(values[offsets[s] : offsets[s + 1]], lanes, fits[s])


@njit(cache=True, nogil=True)
def fit_hurdle_batch(values: Floats, offsets: Integers, chances: Floats, sizes: Floats) -> None:
    """Fit the chance of demand, and the units beyond the first, to each series.

    Parameters
    ----------
    values, offsets : as in `fit_count_batch`
    chances, sizes : (n_series, FIT) float64, overwritten; sizes are smoothed over demands
    """
    lanes, beyond = np.empty((ROWS, LANES)), np.empty(longest_series(offsets))
    for s in range(offsets.shape[0] - 1):
        y = values[offsets[s] : offsets[s + 1]]
        fit_chances(y, lanes, chances[s])
        count = split_hurdle(y, beyond)
        fit_sizes(beyond[:count], lanes, sizes[s])
