"""The largest losses of many books out of scenarios that come block by block.

Of each book as many losses as its tail has are kept, with the numbers of their scenarios, in a
buffer twice as long. When it is full the smaller half is dropped, and from then on only losses
beyond the smallest kept enter: memory does not grow with the number of scenarios. Equal losses
rank by their scenario, so that no order of blocks can change what is kept.
"""

import numpy as np
from numba import njit

from kernels.arrays import Integers


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


@njit(cache=True, nogil=True)
def keep_tails(
    block: np.ndarray,
    scales: np.ndarray,
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
    block : (n_books, width) losses before scaling; scaled in place
    scales : (width,) factor of each scenario
    first : number of the first scenario
    n_scenarios : scenarios of the block that count, the rest is padding
    kept : losses that each book keeps in the end
    losses, scenarios : (n_books, at least 2 * kept + width) buffers
    filled : (n_books,) losses in each buffer
    floors : (n_books,) losses below it are not in the tail
    """
    full = losses.shape[1] - block.shape[1]
    for book in range(block.shape[0]):
        row, buffer, numbers = block[book], losses[book], scenarios[book]
        count, floor = filled[book], floors[book]
        for s in range(n_scenarios):
            row[s] *= scales[s]
        for s in range(n_scenarios):
            buffer[count] = row[s]
            numbers[count] = first + s
            count += 1 if row[s] >= floor else 0
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
