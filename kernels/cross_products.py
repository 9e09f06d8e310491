"""Sums of products of every two rows, each added in one order.

A BLAS may add in another order on another number of threads; a shrinkage intensity that moved in
its last bit would move every scenario.
"""

import numpy as np
from numba import njit

from kernels.arrays import Floats


@njit(cache=True, nogil=True)
def row_product(left: Floats, right: Floats) -> float:
    """Return the inner product of two rows of one length, eight sums side by side."""
    n = left.shape[0]
    a, b, c, d, e, f, g, h = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    whole = n - n % 8
    for i in range(0, whole, 8):
        a += left[i] * right[i]
        b += left[i + 1] * right[i + 1]
        c += left[i + 2] * right[i + 2]
        d += left[i + 3] * right[i + 3]
        e += left[i + 4] * right[i + 4]
        f += left[i + 5] * right[i + 5]
        g += left[i + 6] * right[i + 6]
        h += left[i + 7] * right[i + 7]
    total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for i in range(whole, n):
        total += left[i] * right[i]
    return total


@njit(cache=True, nogil=True)
def _fill_products(rows: Floats, out: Floats) -> None:
    for i in range(rows.shape[0]):
        for j in range(i + 1):
            product = row_product(rows[i], rows[j])
            out[i, j] = product
            out[j, i] = product


def cross_products(rows: Floats) -> Floats:
    """Return ``rows @ rows.T``.

    Parameters
    ----------
    rows : (n_rows, n_columns) float64

    Returns
    -------
    (n_rows, n_rows) float64, symmetric to the bit; element [i, j] depends on rows i and j alone.
    """
    out = np.empty((len(rows), len(rows)))
    _fill_products(np.ascontiguousarray(rows, dtype=np.float64), out)
    return out
