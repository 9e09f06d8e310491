"""Maximum likelihood for exponential smoothing models: many series sixteen at a time, or one.

What is searched is the likelihood of one shape; how, is `kernels.lane_search`. On a processor all
lanes try a point together; a thread of a GPU has one series, and tries the same points.
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
    lay_out,
    pass_lanes,
)
from kernels.ets_shape import Shape
from kernels.lane_search import (
    FIRST_DAMPING,
    Queue,
    Scratch,
    Searches,
    idle_searches,
    judge_point,
    longest_of,
    make_scratch,
    next_points,
    refill_lanes,
    settle_lane,
    take_lanes,
)
from kernels.lanes import LANES, choose_below, load_lanes, number_at, put_number, store_lanes

MOST_POINTS = 60
_LARGEST_SQUARES, _NOTHING = 1e200, 1e-300


class Bench(NamedTuple):
    """Memory of one series' search, tables of one column.

    Parameters
    ----------
    room : (layout.total, 1) float64
    rings : (layout.held, 1) float64
    theta, trial, slope, free, step : (size, 1) float64
    products, factor : (size * (size + 1) / 2, 1) float64
    damping, singular, taken : (1, 1) float64
    """

    room: Floats
    rings: Floats
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
    size = layout.size
    lengths, squares = load_lanes(room, LENGTHS), load_lanes(room, SQUARES)
    lengths = choose_below(lengths, 1.0, 1.0, lengths)
    for p in range(size):
        store_lanes(room, drift + p, load_lanes(room, drift + p) / lengths)
    for i in range(size):
        own_slope, own_drift = load_lanes(room, slope + i), load_lanes(room, drift + i)
        mixed = own_slope + squares * own_drift
        for j in range(i + 1):
            total = load_lanes(room, place) + mixed * load_lanes(room, drift + j)
            store_lanes(room, place, total + own_drift * load_lanes(room, slope + j))
            place += 1
    for p in range(size):
        total = load_lanes(room, slope + p) + squares * load_lanes(room, drift + p)
        store_lanes(room, slope + p, total)


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
        if searches.series[k] < 0:
            continue
        found = _likelihood(room, k, relative)
        if settle_lane(searches, k, found, MOST_POINTS, trial, starts, likelihood, points):
            put_number(room, LENGTHS, k, 0.0)
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
    size, triangle = layout.size * LANES, (layout.total - layout.products) * LANES
    values, room = np.zeros(longest_of(queue) * LANES), np.zeros(layout.total * LANES)
    rings = np.zeros(layout.held * LANES)
    theta, trial, slope = np.zeros(size), np.zeros(size), np.zeros(size)
    products = np.zeros(triangle)
    scratch, searches = make_scratch(layout.size), idle_searches()
    lengths = room[LENGTHS * LANES : (LENGTHS + 1) * LANES]
    waiting, ended = 0, 0
    while ended < queue.order.shape[0]:
        waiting = refill_lanes(queue, waiting, starts, searches, values, trial, lengths)
        pass_lanes(values, int(lengths.max()), trial, shape, layout, room, rings)
        if shape.relative:
            turn_relative(layout, room)
        ended += _settle_lanes(shape.relative, searches, trial, room, starts, likelihood, points)
        take_lanes(searches.taken, trial, 0, theta)
        take_lanes(searches.taken, room, layout.slope, slope)
        take_lanes(searches.taken, room, layout.products, products)
        next_points(
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
    most_points: int,
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
    most_points : `MOST_POINTS`, told as the program runs: a GPU's compiler that knew it would write
        the search out point by point
    bench : memory

    Returns
    -------
    likelihood, as `search_model` fills it, and the number of points tried.
    """
    best, damping, tried = math.inf, FIRST_DAMPING, 0
    put_number(bench.room, LENGTHS, 0, float(n_periods))
    for p in range(layout.size):
        put_number(bench.trial, p, 0, start[p])
    scratch = Scratch(bench.free, bench.step, bench.factor, bench.singular)
    while True:
        pass_lanes(values, n_periods, bench.trial, shape, layout, bench.room, bench.rings)
        if shape.relative:
            turn_relative(layout, bench.room)
        found = _likelihood(bench.room, 0, shape.relative)
        kept, over, damping = judge_point(found, best, damping)
        tried += 1
        if kept:
            best = found
            for p in range(layout.size):
                start[p] = number_at(bench.trial, p, 0)
        if over or tried >= most_points:
            return best, tried
        put_number(bench.taken, 0, 0, 1.0 if kept else 0.0)
        put_number(bench.damping, 0, 0, damping)
        take_lanes(bench.taken, bench.trial, 0, bench.theta)
        take_lanes(bench.taken, bench.room, layout.slope, bench.slope)
        take_lanes(bench.taken, bench.room, layout.products, bench.products)
        next_points(
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
