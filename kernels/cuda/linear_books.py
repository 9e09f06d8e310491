"""Tails of many linear books on a GPU: the scenarios and the tails of `kernels.linear_books`.

A block of scenarios is drawn on the device, multiplied there with the folded exposures, and its
losses go straight into the books' tails: only tails come back. Every product has one shape, the
last ones padded, so that no number of books or scenarios changes how an element is summed, and two
runs on one kind of device agree to the bit.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import cuda

from kernels.arrays import Floats, Integers
from kernels.cuda.arrays import device_arrays, for_grids, to_host
from kernels.cuda.draws import draw_shocks, draw_shocks_32, draw_t_scales
from kernels.cuda.grids import blocks_for
from kernels.cuda.tails import THREADS as BOOK_THREADS
from kernels.cuda.tails import keep_losses, select_tails, weigh_scenarios
from kernels.linear_books import BookTails

# Of the memory that is free, what books may take.
_SHARE = 0.7
# Bytes of all that two sorts of a number and its loss have at once, with their own room to work.
_RANKING = 64


@dataclass(frozen=True)
class Tile:
    """The shape of every product.

    Parameters
    ----------
    books, scenarios : of one product; its losses should stay in the device's second-level cache
    threads : of a block
    """

    books: int = 1024
    scenarios: int = 8192
    threads: int = BOOK_THREADS


@dataclass(frozen=True)
class _Buffers:
    """The tails of a group of books, as `kernels.cuda.tails` takes them."""

    losses: Any
    numbers: Any
    filled: Any
    floors: Any

    def of(self, books: slice) -> tuple[Any, ...]:
        """Return those of some books, for grids."""
        every = (self.losses, self.numbers, self.filled, self.floors)
        return tuple(for_grids(array[books]) for array in every)


@dataclass(frozen=True)
class _Drawn:
    """A block of scenarios: shocks, and the scale of each in both precisions."""

    shocks: Any
    scales: Any
    short: Any

    @classmethod
    def empty(cls, xp: Any, n_factors: int, form: np.dtype[Any], tile: Tile) -> "_Drawn":  # noqa: ANN401 - a module
        """Return room for a block."""
        shocks = xp.empty((n_factors, tile.scenarios), form)
        return cls(shocks, xp.empty(tile.scenarios), xp.empty(tile.scenarios, form))

    def draw(self, seed: int, first: int, degrees: float, threads: int) -> None:
        """Draw the scenarios from ``first`` on."""
        wide = self.shocks.dtype == np.float64
        counters = self.shocks.size // (2 if wide else 4)
        draw = draw_shocks if wide else draw_shocks_32
        draw[blocks_for(counters, threads), threads](seed, first, for_grids(self.shocks))
        blocks = blocks_for(self.scales.size, threads)
        draw_t_scales[blocks, threads](seed, first, degrees, for_grids(self.scales))
        self.short[:] = self.scales


def keep_book_tails(
    folded: np.ndarray,
    scenarios: range,
    kept: int,
    degrees: float,
    seed: int,
    tile: Tile | None = None,
) -> BookTails:
    """Return the worst ``kept`` scenarios of each book among ``scenarios``.

    Arguments and result are those of `kernels.linear_books.keep_book_tails`; shocks agree within a
    few units in the last place and sums of products in the order of the device's library, so
    losses agree to about 1e-13 of a book's largest (1e-5 with float32).

    Parameters
    ----------
    tile : shape of the products; None is the usual one
    """
    own = tile or Tile()
    losses = np.empty((len(folded), kept), folded.dtype)
    numbers: Integers = np.empty((len(folded), kept), np.int64)
    a_book = (3 * kept + own.scenarios) * (folded.dtype.itemsize + 4)
    at_once = _books_that_fit(a_book, _RANKING * kept * own.books, own)
    for start in range(0, len(folded), at_once):
        group = slice(start, min(start + at_once, len(folded)))
        ranked = rank_tails(folded[group], scenarios, kept, degrees, seed, own)
        losses[group], numbers[group] = to_host(ranked[0]), to_host(ranked[1])
    return BookTails(losses, numbers)


def rank_tails(
    folded: np.ndarray, scenarios: range, kept: int, degrees: float, seed: int, tile: Tile
) -> tuple[Any, Any]:
    """Return losses and scenarios of the tails of books that fit the device, and leave them there.

    Of each book the worst first, of equal losses the earlier scenario first. Arguments are those
    of `keep_book_tails`.
    """
    xp = device_arrays()
    buffers = _keep(xp, folded, scenarios, kept, degrees, seed, tile)
    return _ranked(xp, buffers, len(folded), kept, tile)


def _books_that_fit(a_book: int, beside: int, tile: Tile) -> int:
    """Return how many books go on the device at once, whole tiles of them and one at least.

    Parameters
    ----------
    a_book : bytes of a book
    beside : bytes of what one tile takes while it is worked on
    """
    free = _SHARE * cuda.current_context().get_memory_info()[0] - beside
    tiles = min(free / (a_book * tile.books), 2**31 / tile.books)
    return max(int(tiles), 1) * tile.books


def _keep(
    xp: Any,  # noqa: ANN401 - a module
    folded: np.ndarray,
    scenarios: range,
    kept: int,
    degrees: float,
    seed: int,
    tile: Tile,
) -> _Buffers:
    n_tiles, n_factors, form = -(-len(folded) // tile.books), folded.shape[1], folded.dtype
    n_books, full = n_tiles * tile.books, 2 * kept
    weights = xp.zeros((n_books, n_factors), form)
    weights[: len(folded)] = xp.asarray(folded)
    buffers = _Buffers(
        xp.empty((n_books, full + tile.scenarios), form),
        xp.empty((n_books, full + tile.scenarios), np.int32),
        xp.zeros(n_books, np.int32),
        xp.full(n_books, -np.inf, np.float64),
    )
    tiles = [slice(n * tile.books, (n + 1) * tile.books) for n in range(n_tiles)]
    drawn, block = (
        _Drawn.empty(xp, n_factors, form, tile),
        xp.empty((tile.books, tile.scenarios), form),
    )
    seen, scales = for_grids(block), for_grids(drawn.short)
    each = [(weights[books], buffers.of(books)) for books in tiles]
    for first in range(scenarios.start, scenarios.stop, tile.scenarios):
        drawn.draw(seed, first, degrees, tile.threads)
        counted = min(tile.scenarios, scenarios.stop - first)
        for own, kept_so_far in each:
            xp.matmul(own, drawn.shocks, out=block)
            keep_losses[tile.books, tile.threads](first, counted, seen, scales, *kept_so_far)
            select_tails[tile.books, tile.threads](kept, full, *kept_so_far)
    # What is above the tail's length goes, full or not.
    select_tails[n_books, tile.threads](kept, kept + 1, *buffers.of(slice(None)))
    return buffers


def _ranked(
    xp: Any,  # noqa: ANN401 - a module
    buffers: _Buffers,
    n_books: int,
    kept: int,
    tile: Tile,
) -> tuple[Any, Any]:
    """Return the tails in their order, a tile's books at a time: a sort takes memory of its own."""
    losses = xp.empty((n_books, kept), buffers.losses.dtype)
    numbers = xp.empty((n_books, kept), np.int32)
    for start in range(0, n_books, tile.books):
        books = slice(start, min(start + tile.books, n_books))
        own = buffers.losses[books, :kept], buffers.numbers[books, :kept]
        losses[books], numbers[books] = _ranked_tile(xp, *own)
    return losses, numbers


def _ranked_tile(xp: Any, losses: Any, numbers: Any) -> tuple[Any, Any]:  # noqa: ANN401 - a module and its arrays
    order = xp.argsort(numbers, axis=1)
    losses = xp.take_along_axis(losses, order, axis=1)
    numbers = xp.take_along_axis(numbers, order, axis=1)
    # CuPy's sort is stable, and takes no word of it.
    order = (-losses).argsort(axis=1, **({"kind": "stable"} if xp is np else {}))
    return xp.take_along_axis(losses, order, axis=1), xp.take_along_axis(numbers, order, axis=1)


def mean_tail_shocks(
    scenarios: Integers,
    weights: Floats,
    degrees: float,
    seed: int,
    folded: np.ndarray,
    tile: Tile | None = None,
) -> Floats:
    """Return the weighted mean shock over each book's tail, (n_books, n_factors) float64.

    Arguments and result are those of `kernels.linear_books.mean_tail_shocks`. The scenarios are
    drawn again block by block, and a block's share of all tails is one product of the books'
    weights with its shocks; blocks are added in their order.

    Parameters
    ----------
    tile : shape of the products; None is the usual one
    """
    own, (n_books, n_tail), n_factors = tile or Tile(), scenarios.shape, folded.shape[1]
    means = np.empty((n_books, n_factors))
    shared = own.books * (own.scenarios * folded.dtype.itemsize + 16 * n_factors)
    at_once = _books_that_fit(4 * n_tail + 8 * n_factors, shared, own)
    # Of all books: a group's blocks of scenarios begin where every other's do.
    span = int(scenarios.min()), int(scenarios.max())
    for start in range(0, n_books, at_once):
        group = slice(start, min(start + at_once, n_books))
        told = (scenarios[group], weights, degrees, seed, n_factors, folded.dtype)
        means[group] = _mean_shocks(*told, own, span)
    return means


def _mean_shocks(
    scenarios: Integers,
    weights: Floats,
    degrees: float,
    seed: int,
    n_factors: int,
    form: np.dtype[Any],
    own: Tile,
    span: tuple[int, int],
) -> Floats:
    """Return the mean shocks of books that fit the device; ``span`` is of all books' scenarios."""
    xp, (n_books, n_tail) = device_arrays(), scenarios.shape
    padded = -(-n_books // own.books) * own.books
    numbers = xp.full((padded, n_tail), -1, np.int32)
    numbers[:n_books] = xp.asarray(scenarios.astype(np.int32))
    ranks, means = xp.asarray(weights), xp.zeros((padded, n_factors))
    drawn, shares = (
        _Drawn.empty(xp, n_factors, form, own),
        xp.empty((own.books, own.scenarios), form),
    )
    put, by_rank = for_grids(shares), for_grids(ranks)
    blocks = blocks_for(own.books * n_tail, own.threads)
    for first in range(span[0], span[1] + 1, own.scenarios):
        drawn.draw(seed, first, degrees, own.threads)
        drawn.shocks[:] *= drawn.short
        for start in range(0, padded, own.books):
            books = slice(start, start + own.books)
            shares[:] = 0.0
            chosen = for_grids(numbers[books])
            weigh_scenarios[blocks, own.threads](first, chosen, by_rank, put)
            means[books] += xp.matmul(shares, drawn.shocks.T)
    return to_host(means[:n_books])


def book_tail_figures(losses: Any, weights: Floats) -> tuple[Any, Any]:  # noqa: ANN401 - of either module
    """Return value at risk and expected shortfall of each book, on the device that holds losses.

    Parameters
    ----------
    losses : (n_books, n_kept), money, the worst first
    weights : (n_tail,) float64, of the tail's scenarios, the worst first; they add up to 1
    """
    tail = losses[:, : len(weights)]
    xp = np if isinstance(losses, np.ndarray) else device_arrays()
    return tail[:, -1], (xp.asarray(weights) * tail).sum(axis=1)
