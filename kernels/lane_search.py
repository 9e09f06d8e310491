"""Least squares of many series: steps, bounds and the lanes' coming and going.

Levenberg's method on the Gauss-Newton curvature, within the bounds of the first parameters. On a
processor sixteen lanes try a point together; each keeps or leaves its own, and one that has
finished its series takes the next. A thread of a GPU has one series, and tries the same points.

References
----------
Marquardt (1963), "An algorithm for least-squares estimation of nonlinear parameters", SIAM Journal
on Applied Mathematics 11(2).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.lanes import (
    LANES,
    choose_below,
    count_rows,
    lanes_of,
    load_lanes,
    number_at,
    put_number,
    square_roots,
    store_lanes,
)

# A step that gains less of twice the log-likelihood ends the search.
_TOLERANCE = 1e-3
FIRST_DAMPING, _SMALLEST_DAMPING, _LARGEST_DAMPING = 1e-3, 1e-9, 1e6
_TRUST, _DISTRUST = 0.2, 6.0
_RIDGE = 1e-12
_NOTHING = 1e-300
_AT_BOUND = 1e-12


class Queue(NamedTuple):
    """The series to fit.

    Parameters
    ----------
    values : (n_observations,) float64, end to end, each series in units of its mean
    offsets : (n_series + 1,) int64
    order : (n,) int64, which of them, one after the other; neighbours should be of like length
    """

    values: Floats
    offsets: Integers
    order: Integers


class Scratch(NamedTuple):
    """Scratch of a step, each array with `LANES` numbers side by side.

    Parameters
    ----------
    free, step : (size * LANES,) float64
    factor : (size * (size + 1) / 2 * LANES,) float64
    singular : (LANES,) float64
    """

    free: Floats
    step: Floats
    factor: Floats
    singular: Floats


class Searches(NamedTuple):
    """Where each lane's search stands.

    Parameters
    ----------
    series : (LANES,) int64, whose it is; -1 where the lane is idle
    rounds : (LANES,) int64, points tried
    best : (LANES,) float64, likelihood of the best point
    damping : (LANES,) float64, of the next step
    taken : (LANES,) float64, one where the point tried is kept
    """

    series: Integers
    rounds: Integers
    best: Floats
    damping: Floats
    taken: Floats


@njit(cache=True, nogil=True)
def _load(queue: Queue, series: int, k: int, lanes: Floats) -> int:
    """Lay a series in lane ``k``; return its length."""
    start, stop = queue.offsets[series], queue.offsets[series + 1]
    for t in range(start, stop):
        lanes[(t - start) * LANES + k] = queue.values[t]
    return int(stop - start)


@njit(cache=True, nogil=True)
def _hold_bounds(theta: Floats, slope: Floats, lower: Floats, upper: Floats, free: Floats) -> None:
    """Set ``free`` to zero where a smoothing parameter is at a bound and would leave it."""
    free[:] = 1.0
    for p in range(lower.shape[0]):
        for k in range(lanes_of(theta)):
            value, rise = number_at(theta, p, k), number_at(slope, p, k)
            low = value <= lower[p] + abs(lower[p]) * _AT_BOUND and rise > 0.0
            high = value >= upper[p] - abs(upper[p]) * _AT_BOUND and rise < 0.0
            if low or high:
                put_number(free, p, k, 0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _solve(
    size: int,
    products: Floats,
    slope: Floats,
    free: Floats,
    damping: Floats,
    factor: Floats,
    step: Floats,
    singular: Floats,
) -> None:
    """Fill ``step`` with what the damped quadratic's minimum asks for, parameters held at zero.

    Cholesky's factor of the curvature, its diagonal raised by the damping; a lane whose curvature
    is not positive is marked ``singular``.
    """
    damped = 1.0 + load_lanes(damping, 0)
    bad = load_lanes(singular, 0)
    place = 0
    for i in range(size):
        own = load_lanes(free, i)
        row_j = 0
        for j in range(i):
            total = load_lanes(products, place + j) * (own * load_lanes(free, j))
            for inner in range(j):
                total = total - load_lanes(factor, place + inner) * load_lanes(
                    factor, row_j + inner
                )
            store_lanes(factor, place + j, total * load_lanes(factor, row_j + j))
            row_j += j + 1
        total = load_lanes(products, place + i) * own * damped + (1.0 - own) + _RIDGE
        for inner in range(i):
            part = load_lanes(factor, place + inner)
            total = total - part * part
        bad = choose_below(_NOTHING, total, bad, 1.0)
        # The diagonal is kept as one over itself: to multiply is quicker than to divide.
        root = square_roots(choose_below(_NOTHING, total, total, 1.0))
        store_lanes(factor, place + i, 1.0 / root)
        place += i + 1
    store_lanes(singular, 0, bad)
    row_i = 0
    for i in range(size):
        total = 0.0 - load_lanes(slope, i) * load_lanes(free, i)
        for inner in range(i):
            total = total - load_lanes(factor, row_i + inner) * load_lanes(step, inner)
        store_lanes(step, i, total * load_lanes(factor, row_i + i))
        row_i += i + 1
    for i in range(size - 1, -1, -1):
        row_i -= i + 1
        total = load_lanes(step, i) * load_lanes(factor, row_i + i)
        store_lanes(step, i, total)
        for inner in range(i):
            less = load_lanes(factor, row_i + inner) * total
            store_lanes(step, inner, load_lanes(step, inner) - less)


@njit(cache=True, nogil=True)
def take_lanes(taken: Floats, source: Floats, first: int, target: Floats) -> None:
    """Copy the lanes that are marked ``taken``, from row ``first`` of the source on."""
    mark = load_lanes(taken, 0)
    for row in range(count_rows(target)):
        here, there = load_lanes(target, row), load_lanes(source, first + row)
        store_lanes(target, row, choose_below(0.5, mark, there, here))


@njit(cache=True, nogil=True)
def judge_point(found: float, best: float, damping: float) -> tuple[bool, bool, float]:
    """Return whether a point is kept, whether its search is over, and the next step's damping."""
    if found < best:
        return True, best - found < _TOLERANCE, max(damping * _TRUST, _SMALLEST_DAMPING)
    damping *= _DISTRUST
    close = found < math.inf and found - best < 0.1 * _TOLERANCE
    return False, bool(close or damping > _LARGEST_DAMPING or best == math.inf), damping


@njit(cache=True, nogil=True)
def settle_lane(
    searches: Searches,
    k: int,
    found: float,
    most_points: int,
    trial: Floats,
    starts: Floats,
    likelihood: Floats,
    points: Integers,
) -> bool:
    """Keep or leave the point that lane ``k`` has tried; return whether its search is over."""
    series = searches.series[k]
    kept, over, damping = judge_point(found, searches.best[k], searches.damping[k])
    searches.damping[k] = damping
    searches.rounds[k] += 1
    if kept:
        searches.best[k], searches.taken[k] = found, 1.0
        for p in range(trial.shape[0] // LANES):
            starts[series, p] = trial[p * LANES + k]
    if not over and searches.rounds[k] < most_points:
        return False
    likelihood[series] = searches.best[k]
    points[series] += searches.rounds[k]
    searches.series[k] = -1
    return True


@njit(cache=True, nogil=True)
def next_points(
    size: int,
    lower: Floats,
    upper: Floats,
    theta: Floats,
    slope: Floats,
    products: Floats,
    damping: Floats,
    trial: Floats,
    scratch: Scratch,
) -> None:
    """Fill ``trial`` with each lane's next point."""
    free, factor, step, singular = scratch.free, scratch.factor, scratch.step, scratch.singular
    _hold_bounds(theta, slope, lower, upper, free)
    singular[:] = 0.0
    _solve(size, products, slope, free, damping, factor, step, singular)
    for p in range(size):
        for k in range(lanes_of(theta)):
            moved = number_at(step, p, k) if number_at(singular, 0, k) == 0.0 else 0.0
            value = number_at(theta, p, k) + moved
            if p < lower.shape[0]:
                value = min(max(value, lower[p]), upper[p])
            put_number(trial, p, k, value)


@njit(cache=True, nogil=True)
def refill_lanes(
    queue: Queue,
    waiting: int,
    starts: Floats,
    searches: Searches,
    values: Floats,
    trial: Floats,
    lengths: Floats,
) -> int:
    """Give idle lanes the next series; return how many of the queue have been taken."""
    for k in range(LANES):
        if searches.series[k] >= 0 or waiting == queue.order.shape[0]:
            continue
        series = queue.order[waiting]
        waiting += 1
        searches.series[k], searches.rounds[k] = series, 0
        searches.best[k], searches.damping[k] = math.inf, FIRST_DAMPING
        lengths[k] = _load(queue, series, k, values)
        for p in range(trial.shape[0] // LANES):
            trial[p * LANES + k] = starts[series, p]
    return waiting


@njit(cache=True, nogil=True)
def make_scratch(size: int) -> Scratch:
    """Return scratch for steps of so many parameters."""
    triangle = size * (size + 1) // 2
    return Scratch(
        np.empty(size * LANES), np.empty(size * LANES), np.empty(triangle * LANES), np.empty(LANES)
    )


@njit(cache=True, nogil=True)
def idle_searches() -> Searches:
    """Return lanes without a series."""
    return Searches(
        np.full(LANES, -1),
        np.zeros(LANES, np.int64),
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros(LANES),
    )


@njit(cache=True, nogil=True)
def longest_of(queue: Queue) -> int:
    """Return the length of the longest series in a queue, one at least."""
    longest = 1
    for series in queue.order:
        longest = max(longest, queue.offsets[series + 1] - queue.offsets[series])
    return longest
