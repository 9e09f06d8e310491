"""Maximum likelihood for many series of one seasonal ARMA model, sixteen at a time.

What is searched is the likelihood of one shape; how, is `kernels.lane_search`.
"""

import math

import numpy as np
from numba import njit

from kernels.arima_determinant import add_determinant
from kernels.arima_lanes import expect_before, pass_lanes
from kernels.arima_shape import (
    LENGTHS,
    N_COEFFICIENTS,
    SLOPE,
    SQUARES,
    Shape,
    count_before,
    count_parameters,
    count_rings,
    count_room,
    expand,
)
from kernels.arrays import Floats, Integers
from kernels.lane_search import (
    Queue,
    Searches,
    idle_searches,
    longest_of,
    make_scratch,
    next_points,
    refill_lanes,
    settle_lane,
    take_lanes,
)
from kernels.lanes import LANES, number_at, put_number

# Of a partial correlation. A moving average at the bound is kept: it undoes a difference too many.
LARGEST_CORRELATION = 0.99
_MOST_POINTS = 40
_LARGEST_SQUARES, _NOTHING = 1e200, 1e-300


@njit(cache=True, nogil=True)
def _settle_lanes(
    shape: Shape,
    exact: bool,
    searches: Searches,
    trial: Floats,
    room: Floats,
    starts: Floats,
    likelihood: Floats,
    points: Integers,
    own: Floats,
) -> int:
    """Keep or leave the points tried; return how many searches ended with them."""
    ended = 0
    for k in range(LANES):
        searches.taken[k] = 0.0
        if searches.series[k] < 0:
            continue
        length, squares = number_at(room, LENGTHS, k), number_at(room, SQUARES, k)
        found = math.inf
        if squares < _LARGEST_SQUARES:
            found = length * math.log(squares + _NOTHING)
            if exact:
                found += add_determinant(trial, shape, k, length, room, own[0], own[1])
        if settle_lane(searches, k, found, _MOST_POINTS, trial, starts, likelihood, points):
            put_number(room, LENGTHS, k, 0.0)
            ended += 1
    return ended


@njit(cache=True, nogil=True)
def search_model(
    queue: Queue, shape: Shape, exact: bool, starts: Floats, likelihood: Floats, points: Integers
) -> None:
    """Fit one model to every series of a queue.

    Parameters
    ----------
    queue : series as differenced, each of more periods than the model has parameters
    shape : of the model
    exact : whether what was before the series is expected, and the determinant part of the
        likelihood; otherwise squares are those of a series that starts from rest
    starts : (n_series, >= n_parameters) float64, where each search starts, as
        `kernels.arima_lanes.expand` takes it; where it ended, on return
    likelihood : (n_series,) float64, twice the negative log-likelihood without its constant
    points : (n_series,) int64, to which the points tried are added
    """
    size = count_parameters(shape)
    before = count_before(shape) if exact else 0
    values, room = (
        np.zeros((before + longest_of(queue)) * LANES),
        np.zeros(count_room(shape) * LANES),
    )
    series_rows = values[before * LANES :]
    theta, trial = np.zeros(size * LANES), np.zeros(size * LANES)
    slope, products = np.zeros(size * LANES), np.zeros(room.shape[0] - (SLOPE + size) * LANES)
    rows, rings = np.zeros(size * LANES), np.zeros(count_rings(shape) * LANES)
    coefficients, own = np.zeros(N_COEFFICIENTS * LANES), np.zeros((2, size))
    bounds = np.full(size - int(shape.centred), LARGEST_CORRELATION)
    lower = -bounds
    scratch, searches = make_scratch(size), idle_searches()
    lengths = room[LENGTHS * LANES : (LENGTHS + 1) * LANES]
    waiting, ended = 0, 0
    while ended < queue.order.shape[0]:
        waiting = refill_lanes(queue, waiting, starts, searches, series_rows, trial, lengths)
        n_periods = int(lengths.max())
        expand(trial, shape, coefficients)
        if exact:
            expect_before(values, n_periods, before, coefficients, shape, rings, lengths)
        pass_lanes(values, n_periods, before, trial, coefficients, shape, rings, rows, room)
        ended += _settle_lanes(shape, exact, searches, trial, room, starts, likelihood, points, own)
        take_lanes(searches.taken, trial, 0, theta)
        take_lanes(searches.taken, room, SLOPE, slope)
        take_lanes(searches.taken, room, SLOPE + size, products)
        next_points(size, lower, bounds, theta, slope, products, searches.damping, trial, scratch)
