"""Many series in one array, end to end, and where each of them starts."""

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers


def as_flat(values: Floats, offsets: Integers) -> tuple[Floats, Integers]:
    """Return series end to end, and where each starts, as kernels take them.

    Parameters
    ----------
    values : (n_observations,) of numbers
    offsets : (n_series + 1,) of whole numbers

    Returns
    -------
    float64 and int64, contiguous; copies only where they are not so
    """
    return np.ascontiguousarray(values, np.float64), np.ascontiguousarray(offsets, np.int64)


@njit(cache=True, nogil=True)
def longest_series(offsets: Integers) -> int:
    """Return the length of the longest series, one at least.

    Parameters
    ----------
    offsets : (n_series + 1,) int64, where each starts
    """
    longest = 1
    for s in range(offsets.shape[0] - 1):
        longest = max(longest, offsets[s + 1] - offsets[s])
    return longest
