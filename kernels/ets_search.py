"""Maximum likelihood for exponential smoothing models: many series sixteen at a time, or one.

Levenberg's method on the Gauss-Newton curvature, within the bounds of the smoothing parameters.
On a processor all lanes try a point together; each keeps or leaves its own, and one that has
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
from kernels.ets_lanes import (
    BROKEN,
    LENGTHS,
    LOGS,
    SQUARES,
    Layout,
    Shape,
    lay_out,
    pass_lanes,
)
from kernels.lanes import (
    LANES,
    choose_below,
    lanes_of,
    load_lanes,
    number_at,
    places_of,
    put_number,
    square_roots,
    store_lanes,
)

_MOST_POINTS = 60
# A step that gains less of twice the log-likelihood ends the search.
_TOLERANCE = 1e-3
_FIRST_DAMPING, _SMALLEST_DAMPING, _LARGEST_DAMPING = 1e-3, 1e-9, 1e6
_TRUST, _DISTRUST = 0.2, 6.0
_RIDGE = 1e-12
_LARGEST_SQUARES, _NOTHING = 1e200, 1e-300
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


class Bench(NamedTuple):
    """Memory of one series' search, tables of one column.

    Parameters
    ----------
    room : (layout.total / LANES, 1) float64
    theta, trial, slope, free, step : (size, 1) float64
    products, factor : (size * (size + 1) / 2, 1) float64
    damping, singular, taken : (1, 1) float64
    """

    room: Floats
    theta: Floats
    trial: Floats
    slope: Floats
    free: Floats
    step: Floats
    products: Floats
    factor: Floats
    damping: Floats
    singular: Floats
    taken: Floats


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
def _likelihood(room: Floats, k: int, relative: bool) -> float:
    """Return twice the negative log-likelihood of lane ``k`` up to a constant."""
    squares = number_at(room, SQUARES, k)
    if number_at(room, BROKEN, k) > 0.0 or not squares < _LARGEST_SQUARES:
        return math.inf
    value: float = number_at(room, LENGTHS, k) * math.log(squares + _NOTHING)
    if relative:
        value += 2.0 * number_at(room, LOGS, k)
    return value if math.isfinite(value) else math.inf


@njit(cache=True, nogil=True, error_model="numpy")
def turn_relative(layout: Layout, room: Floats) -> None:
    """Fold the mean's part of the likelihood into slope and curvature.

    With relative errors the likelihood is that of errors times the geometric mean of the means.
    """
    slope, drift, place = layout.slope, layout.drift, layout.products
    step = layout.size * LANES
    lengths, squares = load_lanes(room, LENGTHS), load_lanes(room, SQUARES)
    lengths = choose_below(lengths, 1.0, 1.0, lengths)
    for p in range(0, step, LANES):
        store_lanes(room, drift + p, load_lanes(room, drift + p) / lengths)
    for i in range(0, step, LANES):
        own_slope, own_drift = load_lanes(room, slope + i), load_lanes(room, drift + i)
        mixed = own_slope + squares * own_drift
        for j in range(0, i + LANES, LANES):
            total = load_lanes(room, place) + mixed * load_lanes(room, drift + j)
            store_lanes(room, place, total + own_drift * load_lanes(room, slope + j))
            place += LANES
    for p in range(0, step, LANES):
        total = load_lanes(room, slope + p) + squares * load_lanes(room, drift + p)
        store_lanes(room, slope + p, total)


@njit(cache=True, nogil=True)
def _hold_bounds(theta: Floats, slope: Floats, lower: Floats, upper: Floats, free: Floats) -> None:
    """Set ``free`` to zero where a smoothing parameter is at a bound and would leave it."""
    free[:] = 1.0
    for p in range(lower.shape[0]):
        for k in range(lanes_of(theta)):
            value, rise = number_at(theta, p * LANES, k), number_at(slope, p * LANES, k)
            low = value <= lower[p] * (1.0 + _AT_BOUND) and rise > 0.0
            high = value >= upper[p] * (1.0 - _AT_BOUND) and rise < 0.0
            if low or high:
                put_number(free, p * LANES, k, 0.0)


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
    for i in range(0, size * LANES, LANES):
        own = load_lanes(free, i)
        row_j = 0
        for j in range(0, i, LANES):
            total = load_lanes(products, place + j) * (own * load_lanes(free, j))
            for inner in range(0, j, LANES):
                total = total - load_lanes(factor, place + inner) * load_lanes(
                    factor, row_j + inner
                )
            store_lanes(factor, place + j, total * load_lanes(factor, row_j + j))
            row_j += j + LANES
        total = load_lanes(products, place + i) * own * damped + (1.0 - own) + _RIDGE
        for inner in range(0, i, LANES):
            part = load_lanes(factor, place + inner)
            total = total - part * part
        bad = choose_below(_NOTHING, total, bad, 1.0)
        # The diagonal is kept as one over itself: to multiply is quicker than to divide.
        root = square_roots(choose_below(_NOTHING, total, total, 1.0))
        store_lanes(factor, place + i, 1.0 / root)
        place += i + LANES
    store_lanes(singular, 0, bad)
    row_i = 0
    for i in range(0, size * LANES, LANES):
        total = 0.0 - load_lanes(slope, i) * load_lanes(free, i)
        for inner in range(0, i, LANES):
            total = total - load_lanes(factor, row_i + inner) * load_lanes(step, inner)
        store_lanes(step, i, total * load_lanes(factor, row_i + i))
        row_i += i + LANES
    for i in range(size * LANES - LANES, -LANES, -LANES):
        row_i -= i + LANES
        total = load_lanes(step, i) * load_lanes(factor, row_i + i)
        store_lanes(step, i, total)
        for inner in range(0, i, LANES):
            less = load_lanes(factor, row_i + inner) * total
            store_lanes(step, inner, load_lanes(step, inner) - less)


@njit(cache=True, nogil=True)
def _take(taken: Floats, source: Floats, place: int, target: Floats) -> None:
    """Copy the lanes that are marked ``taken``, from ``place`` of the source on."""
    mark = load_lanes(taken, 0)
    for row in range(0, places_of(target), LANES):
        here, there = load_lanes(target, row), load_lanes(source, place + row)
        store_lanes(target, row, choose_below(0.5, mark, there, here))


@njit(cache=True, nogil=True)
def _judge(found: float, best: float, damping: float) -> tuple[bool, bool, float]:
    """Return whether a point is kept, whether its search is over, and the next step's damping."""
    if found < best:
        return True, best - found < _TOLERANCE, max(damping * _TRUST, _SMALLEST_DAMPING)
    damping *= _DISTRUST
    close = found < math.inf and found - best < 0.1 * _TOLERANCE
    return False, bool(close or damping > _LARGEST_DAMPING or best == math.inf), damping


@njit(cache=True, nogil=True)
def _next_points(
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
            moved = number_at(step, p * LANES, k) if number_at(singular, 0, k) == 0.0 else 0.0
            value = number_at(theta, p * LANES, k) + moved
            if p < lower.shape[0]:
                value = min(max(value, lower[p]), upper[p])
            put_number(trial, p * LANES, k, value)


@njit(cache=True, nogil=True)
def _refill(
    queue: Queue,
    waiting: int,
    starts: Floats,
    searches: Searches,
    values: Floats,
    trial: Floats,
    room: Floats,
) -> int:
    """Give idle lanes the next series; return how many of the queue have been taken."""
    for k in range(LANES):
        if searches.series[k] >= 0 or waiting == queue.order.shape[0]:
            continue
        series = queue.order[waiting]
        waiting += 1
        searches.series[k], searches.rounds[k] = series, 0
        searches.best[k], searches.damping[k] = math.inf, _FIRST_DAMPING
        room[LENGTHS + k] = _load(queue, series, k, values)
        for p in range(trial.shape[0] // LANES):
            trial[p * LANES + k] = starts[series, p]
    return waiting


@njit(cache=True, nogil=True)
def _settle_lanes(
    relative: bool,
    searches: Searches,
    trial: Floats,
    room: Floats,
    starts: Floats,
    likelihood: Floats,
    points: Integers,
) -> int:
    """Keep or leave the points tried; return how many searches ended with them."""
    ended = 0
    for k in range(LANES):
        searches.taken[k] = 0.0
        series = searches.series[k]
        if series < 0:
            continue
        found = _likelihood(room, k, relative)
        kept, over, damping = _judge(found, searches.best[k], searches.damping[k])
        searches.damping[k] = damping
        searches.rounds[k] += 1
        if kept:
            searches.best[k], searches.taken[k] = found, 1.0
            for p in range(trial.shape[0] // LANES):
                starts[series, p] = trial[p * LANES + k]
        if over or searches.rounds[k] >= _MOST_POINTS:
            likelihood[series] = searches.best[k]
            points[series] += searches.rounds[k]
            searches.series[k] = -1
            room[LENGTHS + k] = 0.0
            ended += 1
    return ended


@njit(cache=True, nogil=True)
def search_model(
    queue: Queue,
    shape: Shape,
    lower: Floats,
    upper: Floats,
    starts: Floats,
    likelihood: Floats,
    points: Integers,
) -> None:
    """Fit one model to every series of a queue.

    Parameters
    ----------
    queue : series, each of at least the number of parameters + 2 periods
    shape : of the model
    lower, upper : (n_smoothing,) float64, bounds of alpha, beta, gamma and phi as far as there
    starts : (n_series, >= n_parameters) float64, where each search starts; where it ended, on
        return
    likelihood : (n_series,) float64, twice the negative log-likelihood without its constant, of
        the series in its units; infinite where the start is out of the model's range
    points : (n_series,) int64, to which the points tried are added
    """
    layout = lay_out(shape)
    size, triangle = layout.size * LANES, layout.total - layout.products
    longest = 1
    for series in queue.order:
        longest = max(longest, queue.offsets[series + 1] - queue.offsets[series])
    values, room = np.zeros(longest * LANES), np.zeros(layout.total)
    theta, trial, slope = np.zeros(size), np.zeros(size), np.zeros(size)
    products = np.zeros(triangle)
    scratch = Scratch(np.empty(size), np.empty(size), np.empty(triangle), np.empty(LANES))
    searches = Searches(
        np.full(LANES, -1),
        np.zeros(LANES, np.int64),
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros(LANES),
    )
    waiting, ended = 0, 0
    while ended < queue.order.shape[0]:
        waiting = _refill(queue, waiting, starts, searches, values, trial, room)
        pass_lanes(values, int(room[LENGTHS:LANES].max()), trial, shape, layout, room)
        if shape.relative:
            turn_relative(layout, room)
        ended += _settle_lanes(shape.relative, searches, trial, room, starts, likelihood, points)
        _take(searches.taken, trial, 0, theta)
        _take(searches.taken, room, layout.slope, slope)
        _take(searches.taken, room, layout.products, products)
        _next_points(
            layout.size,
            lower,
            upper,
            theta,
            slope,
            products,
            searches.damping,
            trial,
            scratch,
        )


@njit(cache=True, nogil=True)
def search_series(
    values: Floats,
    n_periods: int,
    shape: Shape,
    layout: Layout,
    lower: Floats,
    upper: Floats,
    start: Floats,
    bench: Bench,
) -> tuple[float, int]:
    """Fit one model to one series: what `search_model` does in each of its lanes.

    Parameters
    ----------
    values : (>= n_periods, 1) float64, in units of the series' mean
    n_periods : of the series, at least the number of parameters + 2
    shape, lower, upper : as for `search_model`
    layout : of ``shape``
    start : (>= n_parameters,) float64, where the search starts; where it ended, on return
    bench : memory

    Returns
    -------
    likelihood, as `search_model` fills it, and the number of points tried.
    """
    best, damping, tried = math.inf, _FIRST_DAMPING, 0
    put_number(bench.room, LENGTHS, 0, float(n_periods))
    for p in range(layout.size):
        put_number(bench.trial, p * LANES, 0, start[p])
    scratch = Scratch(bench.free, bench.step, bench.factor, bench.singular)
    while True:
        pass_lanes(values, n_periods, bench.trial, shape, layout, bench.room)
        if shape.relative:
            turn_relative(layout, bench.room)
        found = _likelihood(bench.room, 0, shape.relative)
        kept, over, damping = _judge(found, best, damping)
        tried += 1
        if kept:
            best = found
            for p in range(layout.size):
                start[p] = number_at(bench.trial, p * LANES, 0)
        if over or tried >= _MOST_POINTS:
            return best, tried
        put_number(bench.taken, 0, 0, 1.0 if kept else 0.0)
        put_number(bench.damping, 0, 0, damping)
        _take(bench.taken, bench.trial, 0, bench.theta)
        _take(bench.taken, bench.room, layout.slope, bench.slope)
        _take(bench.taken, bench.room, layout.products, bench.products)
        _next_points(
            layout.size,
            lower,
            upper,
            bench.theta,
            bench.slope,
            bench.products,
            bench.damping,
            bench.trial,
            scratch,
        )
