"""A book's loss under every scenario, and the mean loss of its positions over some of them.

Each scenario is summed over the positions in their own order, so no other book, block or thread
can change a bit.
"""

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers

# Scenarios in a block: the running sum stays in the first-level cache.
_WIDTH = 1024


@njit(cache=True, nogil=True)
def _add_positions(losses: Floats, instruments: Integers, quantities: Floats, out: Floats) -> None:
    n_scenarios = out.shape[0]
    for start in range(0, n_scenarios, _WIDTH):
        stop = min(start + _WIDTH, n_scenarios)
        for p in range(instruments.shape[0]):
            row = losses[instruments[p]]
            quantity = quantities[p]
            for s in range(start, stop):
                out[s] += quantity * row[s]


@njit(cache=True, nogil=True)
def _add_scenarios(
    losses: Floats,
    instruments: Integers,
    quantities: Floats,
    scenarios: Integers,
    weights: Floats,
    out: Floats,
) -> None:
    for p in range(instruments.shape[0]):
        row = losses[instruments[p]]
        total = 0.0
        for k in range(scenarios.shape[0]):
            total += weights[k] * row[scenarios[k]]
        out[p] = quantities[p] * total


def book_losses(losses: Floats, instruments: Integers, quantities: Floats) -> Floats:
    """Return the loss of one book under every scenario.

    Parameters
    ----------
    losses : (n_instruments, n_scenarios) float64, money per unit, a loss is positive
    instruments : (n_positions,) int64, rows of ``losses``
    quantities : (n_positions,) float64, units, negative is short

    Returns
    -------
    (n_scenarios,) float64, money.
    """
    out = np.zeros(losses.shape[1])
    _add_positions(np.asarray(losses), instruments, quantities, out)
    return out


def position_losses(
    losses: Floats,
    instruments: Integers,
    quantities: Floats,
    scenarios: Integers,
    weights: Floats,
) -> Floats:
    """Return the weighted mean loss of each position over chosen scenarios.

    Parameters
    ----------
    losses, instruments, quantities : as in `book_losses`
    scenarios : (n_chosen,) int64, columns of ``losses``
    weights : (n_chosen,) float64, adding up to 1

    Returns
    -------
    (n_positions,) float64, money.
    """
    out = np.empty(len(instruments))
    _add_scenarios(np.asarray(losses), instruments, quantities, scenarios, weights, out)
    return out
