"""The empirical law of demand: ratios of what came to what was forecast, as quantiles."""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats

# So many errors weigh as much as the smooth law they are blended with; errors within an origin
# depend on each other, and a tail of 1% is not in a few dozen of them.
SMOOTHING_ERRORS = 60.0


@njit(cache=True, nogil=True)
def ratio_quantiles(past: Floats, actuals: Floats, levels: Floats, out: Floats) -> None:
    """Blend the quantiles of ``actuals / past`` into ``out``.

    Parameters
    ----------
    past, actuals : (n,) float64, units per period; pairs with a NaN or a forecast of zero are
        left out
    levels : (n_levels,) ascending, in (0, 1)
    out : (n_levels,) float64, quantiles of a smooth law of ratios; overwritten with the blend,
        which keeps their average, so that the forecast stays the mean
    """
    ratios = np.empty(past.shape[0])
    n = 0
    for i in range(past.shape[0]):
        if past[i] > 0.0 and not math.isnan(actuals[i]):
            ratios[n] = actuals[i] / past[i]
            n += 1
    if n < 2:
        return
    ordered = np.sort(ratios[:n])
    n_levels = levels.shape[0]
    found, total, smooth_total = np.empty(n_levels), 0.0, 0.0
    for i in range(n_levels):
        place = levels[i] * (n - 1)
        below = int(place)
        above = min(below + 1, n - 1)
        found[i] = ordered[below] + (place - below) * (ordered[above] - ordered[below])
        total += found[i]
        smooth_total += out[i]
    if total <= 0.0:
        return
    weight = n / (n + SMOOTHING_ERRORS)
    for i in range(n_levels):
        out[i] = weight * found[i] * smooth_total / total + (1.0 - weight) * out[i]
