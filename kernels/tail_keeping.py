"""The largest losses of many books out of scenarios that come block by block.

Of each book as many losses as its tail has are kept, with the numbers of their scenarios, in a
buffer half as long again. Only losses beyond a floor enter: at first what the first block says is
low enough, and when the buffer is full all but the tail is dropped and the floor rises to the
smallest kept: memory does not grow with the number of scenarios. Equal losses rank by their
scenario, so that no order of blocks can change what is kept.
"""

import math

import numpy as np
from numba import njit, uint64

from kernels.arrays import Integers
from kernels.bits import bits_at_least, lowest_bit

# Losses that are compared with the floor at once.
_GROUP = 64
# Standard deviations by which the first block's floor is below what is expected to be needed.
_CAUTION = 6.0
# Equal losses in a row that are put in order one by one: single precision has some.
_FEW_TIES = 16


@njit(cache=True, nogil=True)
def _before(loss: float, scenario: int, other: float, other_scenario: int) -> bool:
    """Whether a loss ranks before another: larger, or as large and of an earlier scenario."""
    return bool(loss > other or (loss == other and scenario < other_scenario))


@njit(cache=True, nogil=True)
def select_largest(losses: np.ndarray, scenarios: Integers, n: int, kept: int) -> None:
    """Bring the ``kept`` largest of the first ``n`` losses to the front, the least of them last.

    Parameters
    ----------
    losses, scenarios : (at least n,), reordered together
    n : how many there are
    kept : in [1, n]
    """
    low, high, place = 0, n - 1, kept - 1
    while high > low:
        middle = (low + high) // 2
        pivot, pivot_scenario = losses[middle], scenarios[middle]
        i, j = low, high
        while i <= j:
            while _before(losses[i], scenarios[i], pivot, pivot_scenario):
                i += 1
            while _before(pivot, pivot_scenario, losses[j], scenarios[j]):
                j -= 1
            if i <= j:
                losses[i], losses[j] = losses[j], losses[i]
                scenarios[i], scenarios[j] = scenarios[j], scenarios[i]
                i += 1
                j -= 1
        if place <= j:
            high = j
        elif place >= i:
            low = i
        else:
            break


def first_floors(block: np.ndarray, share: float) -> np.ndarray:
    """Return losses of each book above which, by a block of them, lies more than their tail.

    Parameters
    ----------
    block : (n_books, n) losses
    share : of all losses that is in the tail

    Returns
    -------
    (n_books,) of the type of the losses; minus infinity where the block is too short to tell.
    That less than a tail lies above one is as likely as a normal number beyond six.
    """
    n = block.shape[1]
    beyond = math.ceil(n * share + _CAUTION * math.sqrt(n * share * (1.0 - share))) + 1
    if beyond > n:
        return np.full(len(block), -np.inf, block.dtype)
    return np.ascontiguousarray(np.partition(block, n - beyond, axis=1)[:, n - beyond])


@njit(cache=True, nogil=True)
def keep_tails(
    block: np.ndarray,
    first: int,
    n_scenarios: int,
    kept: int,
    losses: np.ndarray,
    scenarios: Integers,
    filled: Integers,
    floors: np.ndarray,
) -> None:
    """Let the losses of a block of scenarios into the buffers of their books.

    Parameters
    ----------
    block : (n_books, width) losses; the width is a multiple of 64
    first : number of the first scenario
    n_scenarios : scenarios of the block that count, the rest is padding
    kept : losses that each book keeps in the end
    losses, scenarios : (n_books, at least kept + width) buffers
    filled : (n_books,) losses in each buffer
    floors : (n_books,) losses below it are not in the tail
    """
    full = losses.shape[1] - block.shape[1]
    for book in range(block.shape[0]):
        row, buffer, numbers = block[book], losses[book], scenarios[book]
        count, floor = filled[book], floors[book]
        for start in range(0, n_scenarios, _GROUP):
            entering = bits_at_least(row, start, floor)
            if n_scenarios - start < _GROUP:
                entering &= (uint64(1) << uint64(n_scenarios - start)) - uint64(1)
            while entering != uint64(0):
                s = start + lowest_bit(entering)
                buffer[count], numbers[count] = row[s], first + s
                count += 1
                entering &= entering - uint64(1)
        if count >= full:
            select_largest(buffer, numbers, count, kept)
            count = kept
            floors[book] = buffer[kept - 1]
        filled[book] = count


def sort_tail(losses: np.ndarray, scenarios: Integers, n: int, kept: int) -> None:
    """Bring the ``kept`` largest losses to the front in the order of their ranks, largest first."""
    select_largest(losses, scenarios, n, kept)
    order = np.argsort(-losses[:kept])
    chosen = losses[order]
    many = bool((chosen[_FEW_TIES:] == chosen[:-_FEW_TIES]).any())
    if many:
        order = np.lexsort((scenarios[:kept], -losses[:kept]))
    losses[:kept], scenarios[:kept] = losses[order], scenarios[order]
    if not many:
        _sort_ties(losses[:kept], scenarios[:kept])


@njit(cache=True, nogil=True)
def _sort_ties(losses: np.ndarray, scenarios: Integers) -> None:
    """Put the scenarios of equal losses, which are neighbours, in ascending order."""
    for n in range(1, losses.shape[0]):
        scenario, place = scenarios[n], n
        while place > 0 and losses[place - 1] == losses[n] and scenarios[place - 1] > scenario:
            scenarios[place] = scenarios[place - 1]
            place -= 1
        scenarios[place] = scenario


@njit(cache=True, nogil=True)
def merge_ranked(
    losses: np.ndarray,
    scenarios: Integers,
    other_losses: np.ndarray,
    other_scenarios: Integers,
    out_losses: np.ndarray,
    out_scenarios: Integers,
) -> None:
    """Fill the first of two tails together, each in the order of its ranks; NaN ranks last.

    Parameters
    ----------
    losses, scenarios, other_losses, other_scenarios : (n_books, n) and (n_books, n_other)
    out_losses, out_scenarios : (n_books, at most n + n_other)
    """
    for book in range(losses.shape[0]):
        i, j = 0, 0
        for rank in range(out_losses.shape[1]):
            if j < other_losses.shape[1]:
                other, number = other_losses[book, j], other_scenarios[book, j]
                takes = i == losses.shape[1] or math.isnan(losses[book, i])
                takes = takes or _before(other, number, losses[book, i], scenarios[book, i])
            else:
                takes = False
            if takes:
                out_losses[book, rank], out_scenarios[book, rank] = other, number
                j += 1
            else:
                out_losses[book, rank] = losses[book, i]
                out_scenarios[book, rank] = scenarios[book, i]
                i += 1
