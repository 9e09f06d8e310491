"""Mean sizes of the differences of many series, summed in pairs as NumPy sums them."""

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers

# NumPy adds so many numbers in eight sums, and halves what is longer.
_BLOCK, _SUMS = 128, 8


@njit(cache=True, nogil=True)
def pairwise_sum(values: Floats) -> float:
    """Return the sum of numbers, (n,) float64, to the last digit as ``values.sum()``.

    References
    ----------
    Higham (1993), "The accuracy of floating point summation", SIAM Journal on Scientific Computing
    14(4), section 2 (pairwise summation); the blocks are those of NumPy.
    """
    n = len(values)
    if n > _BLOCK:
        half = n // 2 - n // 2 % _SUMS
        return float(pairwise_sum(values[:half]) + pairwise_sum(values[half:]))
    total, even = 0.0, n - n % _SUMS
    if even:
        a, b, c, d = values[0], values[1], values[2], values[3]
        e, f, g, h = values[4], values[5], values[6], values[7]
        for start in range(_SUMS, even, _SUMS):
            a += values[start]
            b += values[start + 1]
            c += values[start + 2]
            d += values[start + 3]
            e += values[start + 4]
            f += values[start + 5]
            g += values[start + 6]
            h += values[start + 7]
        total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for place in range(even, n):
        total += values[place]
    return total


@njit(cache=True, nogil=True)
def fill_scales(
    values: Floats,
    offsets: Integers,
    drop_last: Integers,
    lag: int,
    squared: bool,
    out: Floats,
) -> None:
    """Fill the mean absolute or squared difference of each series.

    Parameters
    ----------
    values : (n_observations,) float64, the series end to end
    offsets : (n_series + 1,) int64, where each starts
    drop_last : (n_series,) int64, observations at the end that are left out
    lag : periods between the two; one where a series is no longer than that
    squared : whether sizes are squares
    out : (n_series,) float64, filled; NaN where it is zero or there is no difference
    """
    sizes = np.empty(np.max(np.diff(offsets)) if len(out) else 0)
    for series in range(len(out)):
        first, stop = offsets[series], offsets[series + 1] - drop_last[series]
        own = lag if stop - first > lag else 1
        count = max(stop - first - own, 0)
        for place in range(count):
            step = values[first + place + own] - values[first + place]
            sizes[place] = step * step if squared else abs(step)
        mean = pairwise_sum(sizes[:count]) / count if count else 0.0
        out[series] = mean if mean > 0.0 else np.nan
