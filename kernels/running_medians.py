"""Medians of a window that moves one period at a time.

References
----------
Huang, Yang & Tang (1979), "A fast two-dimensional median filtering algorithm", IEEE Transactions
on Acoustics, Speech, and Signal Processing 27(1) (a window is kept in order, not sorted again).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats


@njit(cache=True, nogil=True)
def _replace(ordered: Floats, old: float, new: float) -> None:
    """Take ``old`` out of ascending values and put ``new`` in."""
    n = ordered.shape[0]
    place = np.searchsorted(ordered, old)
    while place + 1 < n and ordered[place + 1] < new:
        ordered[place] = ordered[place + 1]
        place += 1
    while place > 0 and ordered[place - 1] > new:
        ordered[place] = ordered[place - 1]
        place -= 1
    ordered[place] = new


@njit(cache=True, nogil=True)
def _middle(ordered: Floats) -> float:
    n = ordered.shape[0]
    median: float = 0.5 * (ordered[(n - 1) // 2] + ordered[n // 2])
    return median


@njit(cache=True, nogil=True)
def fill_trailing_medians(values: Floats, length: int, out: Floats) -> None:
    """Fill the median of each period and the ``length - 1`` before it; NaN where there are fewer.

    Parameters
    ----------
    values : (n,) float64, no NaN
    length : periods, one or more
    out : (n,) float64, overwritten
    """
    n = values.shape[0]
    out[: min(length - 1, n)] = math.nan
    if n < length:
        return
    ordered = np.sort(values[:length])
    out[length - 1] = _middle(ordered)
    for t in range(length, n):
        _replace(ordered, values[t - length], values[t])
        out[t] = _middle(ordered)


@njit(cache=True, nogil=True)
def fill_centred_medians(values: Floats, reach: int, out: Floats) -> None:
    """Fill the median of each period and ``reach`` on both sides, fewer at the ends.

    Parameters
    ----------
    values : (n,) float64, no NaN
    reach : periods
    out : (n,) float64, overwritten
    """
    n, length = values.shape[0], 2 * reach + 1
    if n >= length:
        trailing = np.empty(n)
        fill_trailing_medians(values, length, trailing)
        for t in range(reach, n - reach):
            out[t] = trailing[t + reach]
    for t in range(n):
        if t < reach or t >= n - reach:
            out[t] = np.median(values[max(t - reach, 0) : t + reach + 1])
