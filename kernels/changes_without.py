"""How the tail of a book changes without each of its positions: what errors of differences need.

Sums are in NumPy's order, and each is of one position, so no other position, book or thread can
change a bit.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.difference_scales import pairwise_sum
from kernels.largest_without import fill_rest


class Figures(NamedTuple):
    """Values at risk of a book with and without each of its positions.

    Parameters
    ----------
    shares : (n_levels,) float64, of scenarios beyond value at risk, fractions
    whole : (n_levels,) float64, the book's value at risk, money, a loss is positive
    without : (n_levels, n_positions) float64, value at risk without each position, money
    """

    shares: Floats
    whole: Floats
    without: Floats


class Changes(NamedTuple):
    """How a book's tail changes without each of its positions.

    Parameters
    ----------
    deviations : (n_levels, n_positions) float64, money, of scenarios' `excess changes`: what they
        lose beyond value at risk with the position, less that without it, over the share beyond
    beyond : (n_levels, n_positions) int64, scenarios beyond value at risk without the position
    both : (n_levels, n_positions) int64, those of them that are beyond the whole book's too
    """

    deviations: Floats
    beyond: Integers
    both: Integers


def changes_without(
    losses: Floats, instruments: Integers, quantities: Floats, total: Floats, figures: Figures
) -> Changes:
    """Return how the tail of a book changes without each of its positions.

    Parameters
    ----------
    losses, instruments, quantities, total : as of `kernels.largest_without.largest_without`; a loss
        is positive, no NaN
    figures : of the same book
    """
    counts = np.empty((2, *figures.without.shape), np.int64)
    found = Changes(np.empty(figures.without.shape), counts[0], counts[1])
    held = np.asarray(losses), instruments, quantities, total
    _fill_changes(*held, figures, _excesses(total, figures), found)
    return found


def randomised_changes(
    losses: Floats,
    instruments: Integers,
    quantities: Floats,
    total: Floats,
    figures: Figures,
    steps: tuple[Floats, Floats],
    randomisations: int,
) -> tuple[Floats, Floats]:
    """Return the sums over each randomisation of what changes in a tail without a position.

    Parameters
    ----------
    losses, instruments, quantities, total, figures : as of `changes_without`; a loss is positive
    steps : (n_levels,) and (n_levels, n_positions) float64, money: what a share that is off by one
        costs value at risk, of the book and without each position
    randomisations : scenario s is of randomisation ``s % randomisations``

    Returns
    -------
    Two (n_levels, n_positions, randomisations) float64, money: of scenarios' influence on value at
    risk with the position less that without it, and of their excess changes, as of `Changes`.
    """
    sums = np.zeros((2, *figures.without.shape, randomisations))
    held = np.asarray(losses), instruments, quantities, total
    _fill_sums(*held, figures, _excesses(total, figures), *steps, sums[0], sums[1])
    return sums[0], sums[1]


def _excesses(total: Floats, figures: Figures) -> Floats:
    """Return what a book loses beyond value at risk, over the share beyond, by level."""
    excesses = np.maximum(total - figures.whole[:, None], 0.0) / figures.shares[:, None]
    return np.asarray(excesses)


@njit(cache=True, nogil=True)
def _fill_changes(
    losses: Floats,
    instruments: Integers,
    quantities: Floats,
    total: Floats,
    figures: Figures,
    excesses: Floats,
    found: Changes,
) -> None:
    n = total.shape[0]
    rest, change = np.empty(n), np.empty(n)
    for p in range(instruments.shape[0]):
        fill_rest(total, losses[instruments[p]], quantities[p], rest)
        for level in range(excesses.shape[0]):
            at, whole = figures.without[level, p], figures.whole[level]
            found.beyond[level, p], found.both[level, p] = _count(rest, at, total, whole)
            _fill_excess_change(excesses[level], rest, at, figures.shares[level], change)
            mean = pairwise_sum(change) / n
            for s in range(n):
                change[s] = (change[s] - mean) * (change[s] - mean)
            found.deviations[level, p] = math.sqrt(pairwise_sum(change) / n)


@njit(cache=True, nogil=True)
def _fill_sums(
    losses: Floats,
    instruments: Integers,
    quantities: Floats,
    total: Floats,
    figures: Figures,
    excesses: Floats,
    own_steps: Floats,
    steps: Floats,
    quantile_sums: Floats,
    excess_sums: Floats,
) -> None:
    n, randomisations = total.shape[0], excess_sums.shape[2]
    rest, change = np.empty(n), np.empty(n)
    for p in range(instruments.shape[0]):
        fill_rest(total, losses[instruments[p]], quantities[p], rest)
        for level in range(excesses.shape[0]):
            at, whole = figures.without[level, p], figures.whole[level]
            _fill_excess_change(excesses[level], rest, at, figures.shares[level], change)
            for s in range(n):
                excess_sums[level, p, s % randomisations] += change[s]
                own = own_steps[level] if total[s] > whole else 0.0
                other = steps[level, p] if rest[s] > at else 0.0
                quantile_sums[level, p, s % randomisations] += own - other


@njit(cache=True, nogil=True)
def _count(rest: Floats, at: float, total: Floats, whole: float) -> tuple[int, int]:
    """Return how many losses are beyond one figure, and how many of them are beyond another."""
    beyond, both = 0, 0
    for s in range(rest.shape[0]):
        beyond += rest[s] > at
        both += (rest[s] > at) & (total[s] > whole)
    return beyond, both


@njit(cache=True, nogil=True)
def _fill_excess_change(excess: Floats, rest: Floats, at: float, share: float, out: Floats) -> None:
    for s in range(rest.shape[0]):
        out[s] = excess[s] - max(rest[s] - at, 0.0) / share
