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
    if (chosen[1:] == chosen[:-1]).any():
        order = np.lexsort((scenarios[:kept], -losses[:kept]))
    losses[:kept], scenarios[:kept] = losses[order], scenarios[order]
