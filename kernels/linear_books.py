"""Tails of many linear books over Gaussian or t scenarios that are never held.

Exposures are folded with the factor loadings once, so that a block of scenarios is one matrix
product of books by factors by scenarios, and its losses go straight into the books' tails. Blocks
have one width, the last one padded, and books are padded to whole tiles: neither chunks of
scenarios nor of books change a bit, as far as the BLAS sums every element of one shape alike.
What single positions add is read from the shocks of the tail's scenarios, which are drawn again.
Books given by their directions (`kernels.book_span`) have none that a later book adds, so that
nearly half of the product is left out.

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
from kernels.tail_keeping import first_floors, keep_tails, merge_ranked, sort_tail

Precision = Literal["float64", "float32"]
# Scenarios in a block: its shocks and losses stay in the last-level cache.
WIDTH = 1024
# Books in a tile of the matrix product.
TILE = 8
_BOOKS_AT_ONCE = 256
# Books of a staircase in one product: fewer leave more of it out, and are multiplied slower.
_STEP = 5 * TILE
# Scenarios whose shocks are added together: with one book's mean they fill the first-level cache.
_SHOCKS_AT_ONCE = 6


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
    # Summed in one order: a library's product could depend on the number of books.
    return pad_books(-mixed_moves(exposures, loadings), precision)


def pad_books(weights: Floats, precision: Precision) -> np.ndarray:
    """Return books by shocks, padded with zeros to whole tiles and groups.

    Parameters
    ----------
    weights : (n_books, n_factors) float64, what each book loses for a shock of one
    precision : of shocks and losses
    """
    n_books, n_factors = weights.shape
    folded = np.zeros((-(-n_books // TILE) * TILE, -(-n_factors // GROUP) * GROUP), precision)
    folded[:n_books, :n_factors] = weights
    return folded


def keep_book_tails(
    folded: np.ndarray,
    scenarios: range,
    kept: int,
    degrees: float,
    seed: int,
    *,
    staircase: bool = False,
) -> BookTails:
    """Return the worst ``kept`` scenarios of each book among ``scenarios``.

    Parameters
    ----------
    folded : (n_books, n_factors) of `fold_exposures`
    scenarios : numbers of scenarios, with step 1
    kept : at most as many as there are scenarios
    degrees : of the t, whose scale is that of the covariance; 0 is the normal law
    seed : in [0, 2**32)
    staircase : whether book i has weights in its first i + 1 columns only, as those of
        `kernels.book_span.span_books`

    Returns
    -------
    Tails; NaN losses for a book of which too few are numbers, as its exposures overflow.
    """
    parts = parts_of_books(folded, staircase=staircase)
    return _keep(folded, parts, scenarios, kept, degrees, seed, sampled=True)


def parts_of_books(folded: np.ndarray, *, staircase: bool) -> list[np.ndarray]:
    """Return what is multiplied at a time: a staircase without the most of its zeros.

    Parameters
    ----------
    folded, staircase : as of `keep_book_tails`
    """
    if not staircase:
        return [folded]
    starts = range(0, len(folded), _STEP)
    return [folded[start : start + _STEP, : start + _STEP].copy() for start in starts]


def multiply_books(parts: list[np.ndarray], shocks: np.ndarray, losses: np.ndarray) -> None:
    """Fill (n_books, n_scenarios) losses from (n_factors, n_scenarios) shocks."""
    start = 0
    for part in parts:
        n_books, n_factors = part.shape
        np.matmul(part, shocks[:n_factors], out=losses[start : start + n_books])
        start += n_books


def _keep(
    folded: np.ndarray,
    parts: list[np.ndarray],
    scenarios: range,
    kept: int,
    degrees: float,
    seed: int,
    *,
    sampled: bool,
) -> BookTails:
    """Return the tails; floors are sampled from the first block unless they were too high."""
    n_books, n_factors = folded.shape
    fill = fill_shocks if folded.dtype == np.float64 else fill_shocks_32
    shocks = np.empty((n_factors, WIDTH), folded.dtype)
    block = np.empty((n_books, WIDTH), folded.dtype)
    scales = np.empty(WIDTH)
    losses = np.empty((n_books, kept + kept // 2 + WIDTH), folded.dtype)
    # Counted from the chunk's first: half as long as the numbers of scenarios.
    numbers = np.empty(losses.shape, np.int32)
    filled: Integers = np.zeros(n_books, np.int64)
    floors = np.full(n_books, -np.inf, folded.dtype)
    for first in range(scenarios.start, scenarios.stop, WIDTH):
        fill(seed, first, shocks)
        multiply_books(parts, shocks, block)
        if degrees:
            fill_t_scales(seed, first, degrees, scales)
            block *= scales.astype(folded.dtype)
        counted = min(WIDTH, scenarios.stop - first)
        if sampled and first == scenarios.start:
            floors = first_floors(block[:, :counted], kept / len(scenarios))
        own = first - scenarios.start
        keep_tails(block, own, counted, kept, losses, numbers, filled, floors)
    if sampled and (filled < kept).any():
        return _keep(folded, parts, scenarios, kept, degrees, seed, sampled=False)
    # What is sorted and copied now takes the place of the blocks.
    del shocks, block
    for book in range(n_books):
        if filled[book] < kept:
            # Losses that overflowed against each other are no numbers, and rank nowhere.
            losses[book, :kept], numbers[book, :kept] = np.nan, np.arange(kept)
        else:
            sort_tail(losses[book], numbers[book], int(filled[book]), kept)
    return BookTails(losses[:, :kept].copy(), numbers[:, :kept] + np.int64(scenarios.start))


def merge_tails(parts: list[BookTails], kept: int) -> BookTails:
    """Return the worst ``kept`` scenarios of each book out of those of chunks of scenarios."""
    whole = parts[0]
    for part in parts[1:]:
        n = min(whole.losses.shape[1] + part.losses.shape[1], kept)
        losses = np.empty((len(whole.losses), n), whole.losses.dtype)
        scenarios = np.empty(losses.shape, np.int64)
        merge_ranked(whole.losses, whole.scenarios, part.losses, part.scenarios, losses, scenarios)
        whole = BookTails(losses, scenarios)
    return BookTails(whole.losses[:, :kept].copy(), whole.scenarios[:, :kept].copy())


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
        own = means[start : start + _BOOKS_AT_ONCE]
        order = order_by_scenario(
            np.ascontiguousarray(chosen), int(chosen.min()), int(chosen.max())
        )
        _add_shocks(chosen, order, weights, degrees, seed, wide, own)
    return means


@njit(cache=True, nogil=True)
def order_by_scenario(chosen: Integers, least: int, most: int) -> np.ndarray:
    """Return the places of numbers in ascending order, equal ones in the order of their places.

    Parameters
    ----------
    chosen : (n_books, n_tail) int64
    least, most : of the numbers

    Returns
    -------
    (n_books * n_tail,) int32, places in ``chosen`` row by row.
    """
    n_books, n_tail = chosen.shape
    places = np.zeros(most - least + 2, np.int32)
    for book in range(n_books):
        for rank in range(n_tail):
            places[chosen[book, rank] - least + 1] += 1
    for number in range(1, places.shape[0]):
        places[number] += places[number - 1]
    order = np.empty(n_books * n_tail, np.int32)
    for book in range(n_books):
        for rank in range(n_tail):
            number = chosen[book, rank] - least
            order[places[number]] = book * n_tail + rank
            places[number] += 1
    return order


@njit(cache=True, nogil=True)
def _ranks_by_scenario(chosen: Integers, order: np.ndarray) -> np.ndarray:
    """Return the ranks of each book's tail in ascending order of scenarios."""
    n_books, n_tail = chosen.shape
    ranks, counts = np.empty((n_books, n_tail), np.int32), np.zeros(n_books, np.int64)
    for place in order:
        book = place // n_tail
        ranks[book, counts[book]] = place % n_tail
        counts[book] += 1
    return ranks


@njit(cache=True, nogil=True)
def _add_shocks(
    chosen: Integers,
    order: np.ndarray,
    weights: Floats,
    degrees: float,
    seed: int,
    wide: bool,
    means: Floats,
) -> None:
    """Add the shocks of scenarios, in ascending order, to the books whose tail they are in."""
    n_books, n_tail = chosen.shape
    ranks, at = _ranks_by_scenario(chosen, order), np.zeros(n_books, np.int64)
    shocks = np.empty((_SHOCKS_AT_ONCE, means.shape[1]))
    short = np.empty(means.shape[1], np.float32)
    numbers, scale = np.empty(_SHOCKS_AT_ONCE, np.int64), np.empty(1)
    next_place, last = 0, -1
    while next_place < order.shape[0]:
        count = 0
        while next_place < order.shape[0]:
            number = chosen[order[next_place] // n_tail, order[next_place] % n_tail]
            if number != last:
                if count == _SHOCKS_AT_ONCE:
                    break
                numbers[count] = last = number
                fill_t_scales(seed, number, degrees, scale)
                _fill_alone(seed, number, scale[0], wide, short, shocks[count])
                count += 1
            next_place += 1
        for book in range(n_books):
            row, slot = means[book], 0
            while at[book] < n_tail:
                rank = ranks[book, at[book]]
                while slot < count and numbers[slot] < chosen[book, rank]:
                    slot += 1
                if slot == count:
                    break
                own, weight = shocks[slot], weights[rank]
                for f in range(row.shape[0]):
                    row[f] += weight * own[f]
                at[book] += 1


@njit(cache=True, nogil=True)
def _fill_alone(
    seed: int, scenario: int, scale: float, wide: bool, short: np.ndarray, out: Floats
) -> None:
    """Fill the scaled shocks of one scenario."""
    if wide:
        fill_scenario(seed, scenario, out)
    else:
        fill_scenario_32(seed, scenario, short)
        for f in range(out.shape[0]):
            out[f] = short[f]
    for f in range(out.shape[0]):
        out[f] *= scale
