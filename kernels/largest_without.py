"""The largest losses of a book without each of its positions in turn.

A position's losses are taken off the book's while they are in the cache, and only those beyond a
floor, below which the tail does not reach, are put in order.
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.tail_keeping import keep_tails, select_largest

# Scenarios that are let into a tail at once.
_WIDTH = 1024
# Scenarios that tell where a floor may lie, or up to twice as many: of the book's worst, which are
# two for each that is kept.
_TOLD = 192
# Standard deviations by which the floor told is below what is expected to be needed.
_CAUTION = 3.0


def largest_without(
    losses: Floats, instruments: Integers, quantities: Floats, total: Floats, kept: int
) -> Floats:
    """Return the largest losses of a book without each of its positions.

    Parameters
    ----------
    losses : (n_instruments, n_scenarios) float64, money per unit, a loss is positive; no NaN
    instruments : (n_positions,) int64, rows of ``losses``
    quantities : (n_positions,) float64, units, negative is short
    total : (n_scenarios,) float64, the book's losses, money; no NaN
    kept : losses of each position, in [1, n_scenarios]

    Returns
    -------
    (n_positions, kept) float64, money, ascending: of ``total - quantity * losses``, to the bit. A
    position without which fewer losses are numbers has NaN throughout.
    """
    first = max(len(total) - 2 * kept, 0)
    worst = np.sort(np.argpartition(total, first)[first:])
    told = worst[:: max(len(worst) // _TOLD, 1)]
    share = kept / len(worst)
    needed = len(told) * share
    if len(told) < len(worst):
        needed += _CAUTION * math.sqrt(needed * (1.0 - share))
    out = np.empty((len(instruments), kept + kept // 2))
    place = min(math.ceil(needed), len(told))
    _fill_largest(np.asarray(losses), instruments, quantities, total, told, place, kept, out)
    out.sort(axis=1)
    return out[:, -kept:]


@njit(cache=True, nogil=True)
def _fill_largest(
    losses: Floats,
    instruments: Integers,
    quantities: Floats,
    total: Floats,
    told: Integers,
    place: int,
    kept: int,
    out: Floats,
) -> None:
    """Fill each row with the largest losses in any order, and minus infinity for the rest."""
    block = np.empty((1, _WIDTH))
    buffer = np.empty((1, out.shape[1] + _WIDTH))
    numbers = np.empty(buffer.shape, np.int64)
    for p in range(out.shape[0]):
        row, quantity = losses[instruments[p]], quantities[p]
        for k in range(told.shape[0]):
            buffer[0, k] = total[told[k]] - quantity * row[told[k]]
        select_largest(buffer[0], numbers[0], told.shape[0], place)
        floor = buffer[0, place - 1]
        found = _keep_rest(total, row, quantity, kept, floor, block, buffer, numbers)
        if found < kept:
            found = _keep_rest(total, row, quantity, kept, -np.inf, block, buffer, numbers)
        out[p, :found] = buffer[0, :found]
        out[p, found:] = -np.inf
        if found < kept:
            out[p] = np.nan


@njit(cache=True, nogil=True)
def _keep_rest(
    total: Floats,
    row: Floats,
    quantity: float,
    kept: int,
    floor: float,
    block: Floats,
    buffer: Floats,
    numbers: Integers,
) -> int:
    """Fill the buffer with the losses from a floor on, or with the largest of them; how many."""
    n = total.shape[0]
    filled, floors = np.zeros(1, np.int64), np.full(1, floor)
    for start in range(0, n, _WIDTH):
        stop = min(start + _WIDTH, n)
        fill_rest(total[start:stop], row[start:stop], quantity, block[0])
        keep_tails(block, start, stop - start, kept, buffer, numbers, filled, floors)
    return int(filled[0])


@njit(cache=True, nogil=True)
def fill_rest(total: Floats, row: Floats, quantity: float, out: Floats) -> None:
    """Fill in what a book loses in each scenario without so many of an instrument."""
    for s in range(total.shape[0]):
        out[s] = total[s] - quantity * row[s]
