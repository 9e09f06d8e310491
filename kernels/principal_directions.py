"""Leading principal directions, to the same bits on any number of threads.

A library's eigenvectors move in their last bits with the threads of its BLAS, and every scenario
laid along them would move too. Here products are summed in one order: orthogonal iteration with
a few vectors to spare, then the eigenvectors of what is left, by Jacobi rotations.

References
----------
Golub & Van Loan (2013), "Matrix computations", algorithms 8.2.8 (orthogonal iteration with
Rayleigh-Ritz acceleration) and 8.5.3 (cyclic Jacobi).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats
from kernels.cross_products import row_product
from kernels.philox import Stream, uniform_pair

_STREAM = int(Stream.STARTING_DIRECTIONS)
_SPARE = 8
# A direction that loses all but this share of its length lies in the span of those before it.
_DEPENDENT = 1e-10
_SWEEPS = 30


@njit(cache=True, nogil=True)
def orthonormalise(vectors: Floats) -> None:
    """Make the rows orthonormal in place, each against those before it, twice for rounding.

    Parameters
    ----------
    vectors : (n, n_columns) float64; a row that depends on those before it becomes zero
    """
    for j in range(vectors.shape[0]):
        before = math.sqrt(row_product(vectors[j], vectors[j]))
        for _ in range(2):
            for i in range(j):
                vectors[j] -= row_product(vectors[j], vectors[i]) * vectors[i]
        length = math.sqrt(row_product(vectors[j], vectors[j]))
        if length > _DEPENDENT * before:
            vectors[j] /= length
        else:
            vectors[j] = 0.0


@njit(cache=True, nogil=True)
def diagonalise(matrix: Floats, vectors: Floats) -> None:
    """Turn a symmetric matrix to a diagonal by Jacobi rotations, in place.

    Parameters
    ----------
    matrix : (n, n) float64, symmetric; its eigenvalues end on the diagonal, in no order
    vectors : (n, n) float64, overwritten: an eigenvector in each row
    """
    n = matrix.shape[0]
    vectors[:] = 0.0
    for i in range(n):
        vectors[i, i] = 1.0
    for _ in range(_SWEEPS):
        turned = False
        for p in range(n):
            for q in range(p + 1, n):
                apart = matrix[p, q]
                if abs(apart) <= 1e-17 * math.sqrt(abs(matrix[p, p] * matrix[q, q])):
                    continue
                turned = True
                ratio = 0.5 * (matrix[q, q] - matrix[p, p]) / apart
                tangent = math.copysign(1.0, ratio) / (abs(ratio) + math.hypot(1.0, ratio))
                cosine = 1.0 / math.sqrt(1.0 + tangent * tangent)
                sine = cosine * tangent
                for i in range(n):
                    a, b = matrix[i, p], matrix[i, q]
                    matrix[i, p], matrix[i, q] = cosine * a - sine * b, sine * a + cosine * b
                for i in range(n):
                    a, b = matrix[p, i], matrix[q, i]
                    matrix[p, i], matrix[q, i] = cosine * a - sine * b, sine * a + cosine * b
                    a, b = vectors[p, i], vectors[q, i]
                    vectors[p, i], vectors[q, i] = cosine * a - sine * b, sine * a + cosine * b
        if not turned:
            return


@njit(cache=True, nogil=True)
def _apply(rows: Floats, vectors: Floats, scores: Floats, out: Floats) -> None:
    """Fill ``scores`` with ``vectors @ rows.T`` and ``out`` with ``scores @ rows``."""
    for j in range(vectors.shape[0]):
        out[j] = 0.0
        for i in range(rows.shape[0]):
            score = row_product(rows[i], vectors[j])
            scores[j, i] = score
            out[j] += score * rows[i]


@njit(cache=True, nogil=True)
def _settle(rows: Floats, vectors: Floats, tolerance: float, most_rounds: int) -> Floats:
    """Iterate the orthonormal ``vectors`` towards the leading directions; return their sizes."""
    n = vectors.shape[0]
    scores, applied = np.empty((n, rows.shape[0])), np.empty_like(vectors)
    small, turns = np.empty((n, n)), np.empty((n, n))
    sizes, before = np.zeros(n), np.zeros(n)
    for _ in range(most_rounds):
        _apply(rows, vectors, scores, applied)
        for i in range(n):
            for j in range(i + 1):
                small[i, j] = row_product(scores[i], scores[j])
                small[j, i] = small[i, j]
        diagonalise(small, turns)
        order = np.argsort(-np.diag(small), kind="mergesort")
        for i in range(n):
            before[i] = sizes[i]
            sizes[i] = small[order[i], order[i]]
            vectors[i] = 0.0
            for j in range(n):
                vectors[i] += turns[order[i], j] * applied[j]
        orthonormalise(vectors)
        if np.max(np.abs(sizes - before)) <= tolerance * sizes[0]:
            break
    return sizes


def principal_directions(
    rows: Floats, count: int, tolerance: float = 1e-14, most_rounds: int = 300
) -> Floats:
    """Return orthonormal directions along which the rows are longest, the longest first.

    Parameters
    ----------
    rows : (n_rows, n_columns) float64
    count : directions wanted, 1 to the smaller of n_rows and n_columns
    tolerance : change of squared lengths, relative to the longest, at which a round is the last
    most_rounds : the last one in any case; the directions are orthonormal all the same

    Returns
    -------
    (count, n_columns) float64; zero rows where the rows span fewer directions. The rows' products
    with a direction add up to no negative number.

    Raises
    ------
    ValueError
        Where there are not so many directions.
    """
    n_rows, n_columns = rows.shape
    if not 1 <= count <= min(n_rows, n_columns):
        raise ValueError(f"count must be 1 to {min(n_rows, n_columns)}; got {count}")
    rows = np.ascontiguousarray(rows, np.float64)
    vectors = _started(rows, min(count + _SPARE, n_rows, n_columns))
    _settle(rows, vectors, tolerance, most_rounds)
    found = vectors[:count]
    _turn_positive(rows, found)
    return np.ascontiguousarray(found)


@njit(cache=True, nogil=True)
def _started(rows: Floats, count: int) -> Floats:
    """Return orthonormal random sums of the rows, which span them where they are as many."""
    vectors = np.zeros((count, rows.shape[1]))
    for j in range(count):
        for i in range(rows.shape[0]):
            weight, _ = uniform_pair(0, _STREAM, j, i, 0)
            vectors[j] += (weight - 0.5) * rows[i]
    orthonormalise(vectors)
    return vectors


@njit(cache=True, nogil=True)
def _turn_positive(rows: Floats, directions: Floats) -> None:
    for j in range(directions.shape[0]):
        total = 0.0
        for i in range(rows.shape[0]):
            total += row_product(rows[i], directions[j])
        if total < 0.0:
            directions[j] *= -1.0
