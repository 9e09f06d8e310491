"""The few directions that the losses of some books span, where books are fewer than factors.

B books over F independent factors lose ``W z``. With orthonormal rows Q that span those of W,
``W = R Q``, and ``Q z`` is as standard a normal (or t) as z is, of as many dimensions as Q has
rows: B at most. So the books' joint law needs no more numbers a scenario than that. What z has
beside, ``z - Q'Q z``, has mean zero whatever the books lose, so that no mean given their losses
needs it either, and is surer without it (Rao and Blackwell).

References
----------
Giraud, Langou & Rozložník (2005), "The loss of orthogonality in the Gram-Schmidt
orthogonalization process", Computers & Mathematics with Applications 50(7): twice is enough.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Floats

# Of a book's length, what is left of it after all directions is rounding if it is smaller.
_ROUNDING = 1e-12


class BookSpan(NamedTuple):
    """Books as sums over orthonormal directions of the factors.

    Parameters
    ----------
    weights : (n_books, rank) float64; a book has none of the directions that books after it add,
        and is NaN where its exposures are not finite
    directions : (rank, n_factors) float64, orthonormal; ``weights @ directions`` are the books
    """

    weights: Floats
    directions: Floats


def span_books(books: Floats) -> BookSpan:
    """Return the directions that books span, each book in those of the books before and its own.

    A book that others before it make up, to twelve digits, adds none. Every sum runs in one order,
    so that neither threads nor libraries change a bit.

    Parameters
    ----------
    books : (n_books, n_factors) float64, what each loses for one of each factor
    """
    most = min(books.shape)
    weights, directions = np.zeros((len(books), most)), np.zeros((most, books.shape[1]))
    rank = _orthogonalise(books, weights, directions, np.zeros((books.shape[1], most)))
    return BookSpan(weights[:, :rank].copy(), directions[:rank].copy())


@njit(cache=True, nogil=True)
def _orthogonalise(books: Floats, weights: Floats, directions: Floats, columns: Floats) -> int:
    """Fill weights and directions, (transposed: columns) of books, and return the rank."""
    most, n_factors = directions.shape
    rank, rest, shares = 0, np.empty(n_factors), np.empty(most)
    for book in range(books.shape[0]):
        largest = _largest(books[book])
        if not math.isfinite(largest):
            weights[book, :] = np.nan
        if largest == 0.0 or not math.isfinite(largest):
            continue
        # In units of the largest, whose square is a number.
        for f in range(n_factors):
            rest[f] = books[book, f] / largest
        whole = _length(rest)
        for _ in range(2):
            _take_off(rest, directions, columns, rank, shares)
            for d in range(rank):
                weights[book, d] += shares[d] * largest
        left = _length(rest)
        if rank < most and left > _ROUNDING * whole:
            weights[book, rank] = left * largest
            for f in range(n_factors):
                directions[rank, f] = columns[f, rank] = rest[f] / left
            rank += 1
    return rank


@njit(cache=True, nogil=True)
def _largest(row: Floats) -> float:
    """Return the largest size in a row; infinite where a number is not finite."""
    largest = 0.0
    for value in row:
        largest = max(largest, abs(value) if math.isfinite(value) else math.inf)
    return largest


@njit(cache=True, nogil=True)
def _length(row: Floats) -> float:
    total = 0.0
    for value in row:
        total += value * value
    return math.sqrt(total)


@njit(cache=True, nogil=True)
def _take_off(row: Floats, directions: Floats, columns: Floats, rank: int, shares: Floats) -> None:
    """Take what a row has of the first directions off it, and say how much that is."""
    shares[:rank] = 0.0
    for f in range(row.shape[0]):
        value, column = row[f], columns[f]
        for d in range(rank):
            shares[d] += value * column[d]
    for d in range(rank):
        share, direction = shares[d], directions[d]
        for f in range(row.shape[0]):
            row[f] -= share * direction[f]
