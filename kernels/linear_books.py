"""Tails of many linear books over Gaussian or t scenarios that are never held.

Exposures are folded with the factor loadings once, so that a block of scenarios is one matrix
product of books by factors by scenarios, and its losses go straight into the books' tails. Blocks
have one width, the last one padded, and books are padded to whole tiles: neither chunks of
scenarios nor of books change a bit, as far as the BLAS sums every element of one shape alike.
What single positions add is read from the shocks of the tail's scenarios, which are drawn again.

References
----------
Glasserman (2004), "Monte Carlo methods in financial engineering", section 9.1; Tasche (2000),
"Risk contributions and performance measurement", TU München.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.market_normals import mixed_moves
from kernels.shocks import (
    GROUP,
    fill_scenario,
    fill_scenario_32,
    fill_shocks,
    fill_shocks_32,
    fill_t_scales,
)
from kernels.tail_keeping import keep_tails, sort_tail

Precision = Literal["float64", "float32"]
# Scenarios in a block: its shocks and losses stay in the last-level cache.
WIDTH = 2048
# Books in a tile of the matrix product.
TILE = 8
_BOOKS_AT_ONCE = 256


@dataclass(frozen=True)
class BookTails:
    """The worst scenarios of each book, the worst first.

    Parameters
    ----------
    losses : (n_books, n_kept), money, a loss is positive
    scenarios : (n_books, n_kept) int64
    """

    losses: np.ndarray
    scenarios: Integers


def fold_exposures(exposures: Floats, loadings: Floats, precision: Precision) -> np.ndarray:
    """Return books by shocks, padded to whole tiles and groups, a loss positive.

    Parameters
    ----------
    exposures : (n_books, n_assets) float64, money gained for a move of one
    loadings : (n_assets, n_factors) float64; with its transpose it is the covariance of moves
    precision : of shocks and losses
    """
    n_books, n_factors = len(exposures), loadings.shape[1]
    folded = np.zeros((-(-n_books // TILE) * TILE, -(-n_factors // GROUP) * GROUP), precision)
    # Summed in one order: a library's product could depend on the number of books.
    folded[:n_books, :n_factors] = -mixed_moves(exposures, loadings)
    return folded


def keep_book_tails(
    folded: np.ndarray,
    scenarios: range,
    kept: int,
    degrees: float,
    seed: int,
) -> BookTails:
    """Return the worst ``kept`` scenarios of each book among ``scenarios``.

    Parameters
    ----------
    folded : (n_books, n_factors) of `fold_exposures`
    scenarios : numbers of scenarios, with step 1
    kept : at most as many as there are scenarios
    degrees : of the t, whose scale is that of the covariance; 0 is the normal law
    seed : in [0, 2**32)
    """
    n_books, n_factors = folded.shape
    fill = fill_shocks if folded.dtype == np.float64 else fill_shocks_32
    shocks = np.empty((n_factors, WIDTH), folded.dtype)
    block = np.empty((n_books, WIDTH), folded.dtype)
    scales = np.empty(WIDTH)
    losses = np.empty((n_books, 2 * kept + WIDTH), folded.dtype)
    numbers: Integers = np.empty(losses.shape, np.int64)
    filled: Integers = np.zeros(n_books, np.int64)
    floors = np.full(n_books, -np.inf, folded.dtype)
    for first in range(scenarios.start, scenarios.stop, WIDTH):
        fill(seed, first, shocks)
        fill_t_scales(seed, first, degrees, scales)
        np.matmul(folded, shocks, out=block)
        counted = min(WIDTH, scenarios.stop - first)
        keep_tails(
            block,
            scales.astype(folded.dtype),
            first,
            counted,
            kept,
            losses,
            numbers,
            filled,
            floors,
        )
    for book in range(n_books):
        sort_tail(losses[book], numbers[book], int(filled[book]), kept)
    return BookTails(losses[:, :kept].copy(), numbers[:, :kept].copy())


def merge_tails(parts: list[BookTails], kept: int) -> BookTails:
    """Return the worst ``kept`` scenarios of each book out of those of chunks of scenarios."""
    losses = np.concatenate([part.losses for part in parts], axis=1)
    scenarios = np.concatenate([part.scenarios for part in parts], axis=1)
    for book in range(len(losses)):
        sort_tail(losses[book], scenarios[book], losses.shape[1], kept)
    return BookTails(losses[:, :kept].copy(), scenarios[:, :kept].copy())


def mean_tail_shocks(
    scenarios: Integers, weights: Floats, degrees: float, seed: int, folded: np.ndarray
) -> Floats:
    """Return the weighted mean shock over each book's tail, (n_books, n_factors) float64.

    Parameters
    ----------
    scenarios : (n_books, n_tail) of `BookTails`
    weights : (n_tail,) float64, of the tail's scenarios, the worst first; they add up to 1
    degrees, seed : of the scenarios
    folded : (at least n_books, n_factors) whose precision the scenarios were drawn in
    """
    means = np.zeros((len(scenarios), folded.shape[1]))
    wide = folded.dtype == np.float64
    # Some books at a time: the order of all their scenarios is longer than the scenarios are.
    for start in range(0, len(scenarios), _BOOKS_AT_ONCE):
        chosen = scenarios[start : start + _BOOKS_AT_ONCE]
        n_tail = chosen.shape[1]
        order = np.argsort(chosen, axis=None, kind="stable")
        own = means[start : start + _BOOKS_AT_ONCE]
        ranked, ranks = chosen.ravel()[order], order % n_tail
        _add_shocks(ranked, order // n_tail, weights[ranks], degrees, seed, wide, own)
    return means


@njit(cache=True, nogil=True)
def _add_shocks(
    scenarios: Integers,
    books: Integers,
    weights: Floats,
    degrees: float,
    seed: int,
    wide: bool,
    means: Floats,
) -> None:
    """Add the shocks of scenarios, in ascending order, to the books whose tail they are in."""
    shocks = np.empty(means.shape[1])
    short = np.empty(means.shape[1], np.float32)
    scale = np.empty(1)
    last = -1
    for k in range(scenarios.shape[0]):
        if scenarios[k] != last:
            last = scenarios[k]
            fill_t_scales(seed, last, degrees, scale)
            if wide:
                fill_scenario(seed, last, shocks)
            else:
                fill_scenario_32(seed, last, short)
                for f in range(shocks.shape[0]):
                    shocks[f] = short[f]
        row = means[books[k]]
        weight = weights[k] * scale[0]
        for f in range(shocks.shape[0]):
            row[f] += weight * shocks[f]
