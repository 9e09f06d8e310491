"""Searches of a GARCH fit side by side, and the points from where they begin and where they end."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.garch import N_PARAMETERS
from kernels.garch_likelihood import LANES


class Lanes(NamedTuple):
    """Searches side by side, sixteen on a processor and one in a thread of a GPU.

    The first axis is the lane.

    Parameters
    ----------
    series : number of its series, -1 where it has none
    search, tried : which start its search began from; points tried since
    trial, full : point to try, as free and as all six parameters
    best, highest : best point of its search, and its log-likelihood
    slopes, curvatures, step, promise, share : the next step from there
    """

    series: Integers
    search: Integers
    tried: Integers
    trial: Floats
    full: Floats
    best: Floats
    highest: Floats
    slopes: Floats
    curvatures: Floats
    step: Floats
    promise: Floats
    share: Floats


class Points(NamedTuple):
    """Points of every series, from where searches begin or where they have ended, best first.

    Parameters
    ----------
    counts : (n_series,) int64, points that are there
    free : (n_series, most, n_free) float64
    heights : (n_series, most) float64, log-likelihoods
    """

    counts: Integers
    free: Floats
    heights: Floats


@njit(cache=True, nogil=True)
def empty_lanes(size: int) -> Lanes:
    """Return idle lanes for searches over ``size`` free parameters."""
    return Lanes(
        np.full(LANES, -1),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros((LANES, size)),
        np.zeros((LANES, N_PARAMETERS)),
        np.zeros((LANES, size)),
        np.zeros(LANES),
        np.zeros((LANES, size)),
        np.zeros((LANES, size, size)),
        np.zeros((LANES, size)),
        np.zeros(LANES),
        np.zeros(LANES),
    )


@njit(cache=True, nogil=True, forceinline=True)
def copy_vector(source: Floats, target: Floats) -> None:
    """Copy a vector; to assign one to another asks for memory that a GPU's thread has not."""
    for a in range(target.shape[0]):
        target[a] = source[a]


@njit(cache=True, nogil=True, forceinline=True)
def begin_search(lanes: Lanes, k: int, search: int, begun: Points) -> None:
    """Let lane ``k`` begin from one of its series' points.

    Parameters
    ----------
    lanes : lane ``k`` has its series
    search : number of the point
    begun : points to begin from
    """
    i = lanes.series[k]
    lanes.search[k], lanes.tried[k] = search, 0
    copy_vector(begun.free[i, search], lanes.trial[k])
    copy_vector(begun.free[i, search], lanes.best[k])
    lanes.highest[k], lanes.share[k], lanes.promise[k] = -math.inf, 1.0, math.inf


@njit(cache=True, nogil=True, forceinline=True)
def end_search(lanes: Lanes, k: int, ended: Points) -> bool:
    """Put the best point of lane ``k`` in its place among its series'; whether it is the first.

    Parameters
    ----------
    lanes : of which the search of lane ``k`` is over
    ended : points where searches have ended
    """
    i, most = lanes.series[k], ended.heights.shape[1]
    place = ended.counts[i]
    while place > 0 and not lanes.highest[k] <= ended.heights[i, place - 1]:
        if place < most:
            ended.heights[i, place] = ended.heights[i, place - 1]
            copy_vector(ended.free[i, place - 1], ended.free[i, place])
        place -= 1
    if place < most:
        ended.heights[i, place] = lanes.highest[k]
        copy_vector(lanes.best[k], ended.free[i, place])
        ended.counts[i] = min(ended.counts[i] + 1, most)
    return bool(place == 0)
