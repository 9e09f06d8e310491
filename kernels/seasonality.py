"""Seasonal tests and classical decomposition, one series at a time.

A series is a contiguous float64 slice; nothing is allocated inside, the caller lends scratch.

References
----------
Kendall & Stuart, "The Advanced Theory of Statistics" vol. 3 (moving-average decomposition);
Fiorucci, Pellegrini, Louzada & Petropoulos (2016), "Models for optimising the theta method",
International Journal of Forecasting 32(4), section 3.1 (the test).
"""

import math

from numba import njit

from kernels.arrays import Floats

# Two-sided 90% normal quantile, as the theta papers test for seasonality.
NORMAL_95 = 1.6448536269514722
# A multiplicative index below this would blow up the division; additive ones are taken then.
SMALLEST_INDEX = 0.01


@njit(cache=True, nogil=True)
def autocorrelation_is_seasonal(y: Floats, season_length: int) -> bool:
    """Whether the autocorrelation at the season's lag exceeds its Bartlett bound.

    Parameters
    ----------
    y : (n,) float64, no NaN
    season_length : periods, below n
    """
    n = y.shape[0]
    mean = 0.0
    for t in range(n):
        mean += y[t]
    mean /= n
    variance = 0.0
    for t in range(n):
        variance += (y[t] - mean) * (y[t] - mean)
    if variance <= 0.0:
        return False
    squares = 0.0
    last = 0.0
    for lag in range(1, season_length + 1):
        product = 0.0
        for t in range(n - lag):
            product += (y[t] - mean) * (y[t + lag] - mean)
        last = product / variance
        if lag < season_length:
            squares += last * last
    return abs(last) > NORMAL_95 * math.sqrt((1.0 + 2.0 * squares) / n)


@njit(cache=True, nogil=True)
def seasonal_indices(
    y: Floats, season_length: int, multiplicative: bool, indices: Floats, counts: Floats
) -> bool:
    """Fill ``indices`` by classical decomposition; return whether one is too small to divide by.

    Parameters
    ----------
    y : (n,) float64 with n >= 2 seasons
    season_length : periods
    multiplicative : ratios to the centred moving average (mean 1), or differences (mean 0)
    indices : (season_length,) float64, overwritten; element j is for t with t % season_length == j
    counts : (season_length,) float64 scratch
    """
    n, m = y.shape[0], season_length
    half = m // 2
    even = m % 2 == 0
    for j in range(m):
        indices[j] = 0.0
        counts[j] = 0.0
    window = 0.0
    for t in range(m):
        window += y[t]
    j = half
    for t in range(half, n - half):
        level = (window + 0.5 * (y[t + half] - y[t - half])) / m if even else window / m
        indices[j] += y[t] / level if multiplicative else y[t] - level
        counts[j] += 1.0
        # A remainder takes longer than all the rest of a period.
        j = j + 1 if j + 1 < m else 0
        if t - half + m < n:
            window += y[t - half + m] - y[t - half]
    mean = 0.0
    for j in range(m):
        indices[j] /= max(counts[j], 1.0)
        mean += indices[j] / m
    too_small = False
    for j in range(m):
        indices[j] = indices[j] / mean if multiplicative else indices[j] - mean
        too_small |= indices[j] < SMALLEST_INDEX
    return too_small
