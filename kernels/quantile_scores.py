"""Scores of quantile forecasts.

References
----------
Gneiting & Raftery (2007), "Strictly proper scoring rules, prediction, and estimation", JASA
102(477), section 6 (the pinball loss).
"""

import math

from numba import njit

from kernels.arrays import Floats


@njit(cache=True, nogil=True)
def pinball(actual: float, quantiles: Floats, levels: Floats) -> float:
    """Mean over levels of the loss ``(level - [actual < quantile]) * (actual - quantile)``."""
    total: float = 0.0
    for j in range(len(levels)):
        difference = actual - quantiles[j]
        total += levels[j] * difference if difference >= 0.0 else (levels[j] - 1.0) * difference
    return total / len(levels)


@njit(cache=True, nogil=True)
def fill_scores(
    actuals: Floats,
    quantiles: Floats,
    levels: Floats,
    low: int,
    high: int,
    losses: Floats,
    covered: Floats,
) -> None:
    """Fill the pinball loss of each period, and whether the actual lies within two quantiles.

    Parameters
    ----------
    actuals : (n,) float64, units
    quantiles : (n, n_levels) float64, ascending along levels
    levels : (n_levels,) ascending, in (0, 1)
    low, high : numbers of the levels that bound the interval, both ends included
    losses, covered : (n,) float64, overwritten; NaN where the actual or its quantiles are NaN
    """
    for i in range(actuals.shape[0]):
        actual = actuals[i]
        losses[i] = pinball(actual, quantiles[i], levels)
        within = quantiles[i, low] <= actual <= quantiles[i, high]
        covered[i] = math.nan if math.isnan(losses[i]) else 1.0 if within else 0.0
