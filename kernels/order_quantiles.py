"""Some quantiles of a sample without sorting all of it.

Elements are counted in buckets of equal width; those of the few buckets that hold a rank asked for
are gathered and sorted. Unlike a search by pivots, whose comparisons no processor foresees, each
pass runs straight through the sample.

References
----------
Hyndman & Fan (1996), "Sample quantiles in statistical packages", The American Statistician 50(4),
definition 7.
"""

import math

import numpy as np
from numba import int64, njit

from kernels.arrays import Floats, Integers

_BUCKETS = 1024
_UNUSED = -1


@njit(cache=True, nogil=True)
def _count_buckets(values: Floats, low: float, high: float, own: Integers) -> Integers:
    """Fill each element's bucket; return how many elements lie in the buckets before each."""
    before = np.zeros(_BUCKETS + 1, np.int64)
    scale = _BUCKETS / (high - low)
    for i in range(values.shape[0]):
        own[i] = min(int64((values[i] - low) * scale), _BUCKETS - 1)
        before[own[i] + 1] += 1
    for bucket in range(_BUCKETS):
        before[bucket + 1] += before[bucket]
    return before


@njit(cache=True, nogil=True)
def _mark(rank: int, before: Integers, start: Integers, used: int) -> int:
    """Give the bucket of a rank its place among the gathered; return where the next one begins."""
    bucket = np.searchsorted(before, rank, side="right") - 1
    if start[bucket] == _UNUSED:
        start[bucket] = used
        used += before[bucket + 1] - before[bucket]
    return used


@njit(cache=True, nogil=True)
def _at(rank: int, before: Integers, start: Integers, gathered: Floats) -> float:
    bucket = np.searchsorted(before, rank, side="right") - 1
    return float(gathered[start[bucket] + rank - before[bucket]])


@njit(cache=True, nogil=True)
def rank_of(level: float, n: int) -> tuple[int, float]:
    """Return the element below a quantile, and how far the quantile lies on the way to the next.

    Parameters
    ----------
    level : in [0, 1]
    n : elements in ascending order, two at least
    """
    rank = level * (n - 1)
    below = min(int(rank), n - 2)
    return below, rank - below


@njit(cache=True, nogil=True)
def fill_order_quantiles(values: Floats, levels: Floats, out: Floats) -> None:
    """Fill the quantiles of a sample, each between its two nearest elements.

    Parameters
    ----------
    values : (n,) float64, n >= 2, finite
    levels : (n_levels,) float64 in [0, 1]
    out : (n_levels,) float64, filled
    """
    n = values.shape[0]
    low, high = values[0], values[0]
    for i in range(n):
        low, high = min(low, values[i]), max(high, values[i])
    if not (high > low and math.isfinite(_BUCKETS / (high - low))):
        out[:] = low
        return
    own = np.empty(n, np.int64)
    before = _count_buckets(values, low, high, own)
    start, used = np.full(_BUCKETS, _UNUSED), 0
    for level in levels:
        below, _ = rank_of(level, n)
        used = _mark(below, before, start, used)
        used = _mark(below + 1, before, start, used)
    gathered, place = np.empty(used), start.copy()
    for i in range(n):
        if place[own[i]] != _UNUSED:
            gathered[place[own[i]]] = values[i]
            place[own[i]] += 1
    for bucket in range(_BUCKETS):
        if start[bucket] != _UNUSED:
            gathered[start[bucket] : place[bucket]].sort()
    for number in range(levels.shape[0]):
        below, share = rank_of(levels[number], n)
        first = _at(below, before, start, gathered)
        out[number] = first + share * (_at(below + 1, before, start, gathered) - first)
