"""Columns of drivers, series by series: carried forward, shifted, and held against their median."""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.running_medians import fill_trailing_medians


@njit(cache=True, nogil=True)
def carry_forward(values: Floats, offsets: Integers) -> None:
    """Fill each NaN in place with the last value before it in its series, where there is one.

    Parameters
    ----------
    values : (n_rows,) float64, overwritten
    offsets : (n_series + 1,) int64
    """
    for s in range(offsets.shape[0] - 1):
        last = math.nan
        for row in range(offsets[s], offsets[s + 1]):
            if math.isnan(values[row]):
                values[row] = last
            last = values[row]


@njit(cache=True, nogil=True)
def shift_rows(values: Floats, offsets: Integers, periods: int) -> Floats:
    """Return what each series' values were so many periods before; NaN before its first.

    Parameters
    ----------
    values : (n_rows,) float64
    offsets : (n_series + 1,) int64
    periods : zero or more
    """
    out = np.full(values.shape[0], math.nan)
    for s in range(offsets.shape[0] - 1):
        for row in range(offsets[s] + periods, offsets[s + 1]):
            out[row] = values[row - periods]
    return out


@njit(cache=True, nogil=True)
def fill_log_ratios(values: Floats, offsets: Integers, length: int, out: Floats) -> None:
    """Fill the logarithm of each value over the median of it and the ``length - 1`` before it.

    Near the start of a series the median is of what there is.

    Parameters
    ----------
    values : (n_rows,) float64, positive; NaN only before the first value of a series
    offsets : (n_series + 1,) int64
    length : periods, one or more
    out : (n_rows,) float64, overwritten; NaN where the value is
    """
    for s in range(offsets.shape[0] - 1):
        start, stop = offsets[s], offsets[s + 1]
        while start < stop and math.isnan(values[start]):
            out[start] = math.nan
            start += 1
        some = values[start:stop]
        medians = np.empty(stop - start)
        fill_trailing_medians(some, length, medians)
        for t in range(stop - start):
            if t < length - 1:
                medians[t] = np.median(some[: t + 1])
            out[start + t] = math.log(some[t] / medians[t])
