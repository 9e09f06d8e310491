"""Tables turned over in tiles, so that neither side is read or written a number a cache line."""

import numpy as np
from numba import njit

from kernels.arrays import Floats

_TILE = 16


@njit(cache=True, nogil=True)
def _fill(table: Floats, out: Floats) -> None:
    n, m = table.shape
    for first in range(0, n, _TILE):
        for second in range(0, m, _TILE):
            for i in range(first, min(first + _TILE, n)):
                for j in range(second, min(second + _TILE, m)):
                    out[j, i] = table[i, j]


def transpose(table: Floats) -> Floats:
    """Return the transpose of a table, (n, m) float64 to (m, n), contiguous."""
    out = np.empty(table.shape[::-1])
    _fill(np.ascontiguousarray(table, np.float64), out)
    return out
