"""One lane's search for the parameters that make a GARCH series likeliest.

Fisher scoring: each step is the best of the quadratic that the score and the expected
information make, within the bounds of the parameters, shortened until the likelihood grows.

References
----------
Fiorentini, Calzolari & Panattoni (1996), "Analytic derivatives and the computation of GARCH
estimates", Journal of Applied Econometrics 11(4).
"""

import math
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.garch import DEGREES, N_PARAMETERS
from kernels.garch_free import FreeParameters
from kernels.garch_likelihood import LANES
from kernels.garch_step import StepScratch, best_step, step_scratch

# From where a step promises less, what steps teach of the curvature is kept.
_NEAR = 1.0
_MOST_TRIED = 300
# A search that is to be given up has had so many points, and would need so many times its promise.
_FEWEST_TRIED = 1
_OPTIMISM = 5.0
# From here on, a promise is kept to its first digit.
_SETTLED = 0.1
# Where rounding hides what a step promises, less than this passes for nothing.
_ROUNDING = 1e-7
# Squared standard errors from where another search ended, at which a search is taken to end there.
_SAME = 1.0
# How far off no parameter may be then: where surprises have no weight, nothing tells that of the
# variance, and a search may cross what lies between two tops.
_CLOSE = 0.1
_SHORTER = 0.4
# Keeps the information of parameters that do not matter (at no weight of surprises) regular.
_RIDGE = 1e-9


class Precision(NamedTuple):
    """How far a search goes.

    Parameters
    ----------
    promise : twice the log-likelihood; a step that promises less is not taken, the search is done
    noise : of a log-likelihood, a day of the series
    share : of a step, the least that is tried
    """

    promise: float
    noise: float
    share: float


# Of likelihoods in 32 bits, and in 64.
ROUGH, FINE = Precision(1e-5, 1e-5, 0.05), Precision(1e-8, 1e-13, 1e-8)


class Outcome(IntEnum):
    """What became of one series."""

    FITTED = 0
    TOO_SHORT = 1
    NOT_FINITE = 2
    CONSTANT = 3
    OUT_OF_RANGE = 4
    NOT_CONVERGED = 5


_FITTED, _NOT_CONVERGED = int(Outcome.FITTED), int(Outcome.NOT_CONVERGED)
GOES_ON, GIVEN_UP = -1, -2


@njit(cache=True, nogil=True, forceinline=True)
def expand(point: Floats, free: FreeParameters, student: bool, parameters: Floats) -> None:
    """Fill the six parameters that free ones stand for."""
    for i in range(N_PARAMETERS):
        parameters[i] = free.shift[i]
        for j in range(point.shape[0]):
            parameters[i] += free.design[i, j] * point[j]
    parameters[DEGREES] = 1.0 / parameters[DEGREES] if student else math.inf


@njit(cache=True, nogil=True, forceinline=True)
def reduce_to_free(
    free: FreeParameters,
    degrees: float,
    student: bool,
    score: Floats,
    fisher: Floats,
    slope: Floats,
    curvature: Floats,
) -> None:
    """Fill slope and curvature by the free parameters from those by all six.

    Parameters
    ----------
    free : the map
    degrees : of freedom, where ``student``; the free parameter is one over them
    score, fisher : (6,) and (6, 6) float64; scaled in place
    slope, curvature : (n_free,) and (n_free, n_free) float64, filled
    """
    size = slope.shape[0]
    if student:
        _turn_degrees(-degrees * degrees, score, fisher)
    for a in range(size):
        slope[a] = 0.0
        for i in range(N_PARAMETERS):
            slope[a] += free.design[i, a] * score[i]
        for b in range(a + 1):
            curvature[a, b] = curvature[b, a] = _curvature_of(free.design, a, b, fisher)
        curvature[a, a] *= 1.0 + _RIDGE


@njit(cache=True, nogil=True, forceinline=True)
def _turn_degrees(chain: float, score: Floats, fisher: Floats) -> None:
    """Turn derivatives by the degrees of freedom into those by one over them."""
    score[DEGREES] *= chain
    for i in range(N_PARAMETERS):
        fisher[i, DEGREES] *= chain
    for i in range(N_PARAMETERS):
        fisher[DEGREES, i] *= chain


@njit(cache=True, nogil=True, forceinline=True)
def _curvature_of(design: Floats, a: int, b: int, fisher: Floats) -> float:
    """Return the information of two free parameters, each of which stands for few of the six."""
    total = 0.0
    for i in range(N_PARAMETERS):
        if design[i, a] != 0.0:
            for j in range(N_PARAMETERS):
                if design[j, b] != 0.0:
                    total += design[i, a] * fisher[i, j] * design[j, b]
    return total


class Desk(NamedTuple):
    """Memory of one point of a search over ``n`` free parameters within ``m`` bounds.

    Parameters
    ----------
    score, fisher : (6,) and (6, 6) float64
    slope, made, image : (n,) float64
    expected, learnt : (n, n) float64
    room, open_rows : (m,) float64
    scratch : of the step
    """

    score: Floats
    fisher: Floats
    slope: Floats
    made: Floats
    image: Floats
    expected: Floats
    learnt: Floats
    room: Floats
    open_rows: Floats
    scratch: StepScratch


@njit(cache=True, nogil=True)
def empty_desk(n: int, m: int) -> Desk:
    """Return memory for searches over ``n`` free parameters within ``m`` bounds."""
    return Desk(
        np.zeros(N_PARAMETERS),
        np.zeros((N_PARAMETERS, N_PARAMETERS)),
        np.zeros(n),
        np.zeros(n),
        np.zeros(n),
        np.zeros((n, n)),
        np.zeros((n, n)),
        np.zeros(m),
        np.zeros(m),
        step_scratch(n, m),
    )


@njit(cache=True, nogil=True, forceinline=True)
def learn_curvature(
    curvature: Floats, step: Floats, before: Floats, slope: Floats, learnt: Floats, image: Floats
) -> bool:
    """Fill what a step has taught of the curvature (BFGS); False where it bends the wrong way.

    Parameters
    ----------
    curvature : (n, n) float64, believed before the step
    step : (n,) float64, made
    before, slope : (n,) float64, slopes before and after it
    learnt : (n, n) float64, filled
    image : (n,) float64, filled: the curvature times the step
    """
    n = step.shape[0]
    bent, believed = 0.0, 0.0
    for a in range(n):
        image[a] = 0.0
        for b in range(n):
            image[a] += curvature[a, b] * step[b]
        bent += (before[a] - slope[a]) * step[a]
        believed += image[a] * step[a]
    if not (bent > 1e-3 * believed and believed > 0.0):
        return False
    for a in range(n):
        for b in range(n):
            change = (before[a] - slope[a]) * (before[b] - slope[b]) / bent
            learnt[a, b] = curvature[a, b] + change - image[a] * image[b] / believed
    return True


@njit(inline="always")
def promised(
    point: Floats, free: FreeParameters, slope: Floats, curvature: Floats, step: Floats, desk: Desk
) -> float:
    """Fill the next step of the free parameters; return twice what it promises, -1 if none."""
    size, m = point.shape[0], free.rows.shape[0]
    room, open_rows = desk.room[:m], desk.open_rows[:m]
    for row in range(m):
        room[row] = free.limits[row]
        for a in range(size):
            room[row] -= free.rows[row, a] * point[a]
        room[row] = max(room[row], 0.0)
    if not best_step(slope, curvature, free.rows, room, step, open_rows, desk.scratch):
        return -1.0
    promise = 0.0
    for a in range(size):
        promise += slope[a] * step[a]
    return promise


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
def _copy(source: Floats, target: Floats) -> None:
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
    _copy(begun.free[i, search], lanes.trial[k])
    _copy(begun.free[i, search], lanes.best[k])
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
            _copy(ended.free[i, place - 1], ended.free[i, place])
        place -= 1
    if place < most:
        ended.heights[i, place] = lanes.highest[k]
        _copy(lanes.best[k], ended.free[i, place])
        ended.counts[i] = min(ended.counts[i] + 1, most)
    return bool(place == 0)


@njit(cache=True, nogil=True, forceinline=True)
def _is_near(point: Floats, other: Floats, curvature: Floats) -> bool:
    """Whether a search has come within a standard error of where another one ended."""
    distance = 0.0
    for a in range(point.shape[0]):
        if abs(point[a] - other[a]) > _CLOSE:
            return False
        for b in range(point.shape[0]):
            distance += (point[a] - other[a]) * curvature[a, b] * (point[b] - other[b])
    return distance < _SAME


@njit(cache=True, nogil=True, forceinline=True)
def _keep_bounds(point: Floats, free: FreeParameters) -> None:
    """Bring a point from beyond the bounds back onto them, on the way to where searches begin.

    A point that rounding has put beyond moves by as little; one that a step along a curvature
    next to singular has carried off ends at a bound, where its likelihood is what it says.
    """
    share, centre = 1.0, free.starts[0]
    for row in range(free.rows.shape[0]):
        inside, further = free.limits[row], 0.0
        for a in range(point.shape[0]):
            inside -= free.rows[row, a] * centre[a]
            further += free.rows[row, a] * (point[a] - centre[a])
        if further > inside:
            share = min(share, inside / further)
    if share < 1.0:
        for a in range(point.shape[0]):
            point[a] = centre[a] + share * (point[a] - centre[a])


@njit(inline="always")
def _learn(
    lanes: Lanes, k: int, free: FreeParameters, student: bool, found: float, desk: Desk
) -> None:
    """Let lane ``k`` go on from the point that it has tried, and find the next step."""
    size = free.design.shape[1]
    slope, made = desk.slope[:size], desk.made[:size]
    expected, learnt = desk.expected[:size, :size], desk.learnt[:size, :size]
    degrees = lanes.full[k, DEGREES]
    reduce_to_free(free, degrees, student, desk.score, desk.fisher, slope, expected)
    for a in range(size):
        made[a] = lanes.trial[k, a] - lanes.best[k, a]
    bends = lanes.promise[k] < _NEAR and learn_curvature(
        lanes.curvatures[k], made, lanes.slopes[k], slope, learnt, desk.image
    )
    for a in range(size):
        _copy(learnt[a] if bends else expected[a], lanes.curvatures[k, a])
    lanes.highest[k], lanes.share[k] = found, 1.0
    _copy(lanes.trial[k], lanes.best[k])
    _copy(slope, lanes.slopes[k])
    lanes.promise[k] = promised(
        lanes.best[k], free, slope, lanes.curvatures[k], lanes.step[k], desk
    )


@njit(inline="always")
def take_point(
    lanes: Lanes,
    k: int,
    free: FreeParameters,
    student: bool,
    found: float,
    length: int,
    precision: Precision,
    ended: Points,
    desk: Desk,
) -> int:
    """Learn from the point that lane ``k`` has tried; return the outcome of its search so far.

    Parameters
    ----------
    lanes : searches
    free, student : what is fitted
    found : log-likelihood of the point
    length : days of the series
    precision : of the pass
    ended : where other searches of the series have ended
    desk : memory, with score and information of the point
    """
    i, noise = lanes.series[k], precision.noise * length
    lanes.tried[k] += 1
    if found >= lanes.highest[k] - noise:
        _learn(lanes, k, free, student, found, desk)
    else:
        lanes.share[k] *= _SHORTER
    top = ended.heights[i, 0] - noise if ended.counts[i] > 0 else -math.inf
    outcome: int = judge_search(
        lanes.promise[k], lanes.share[k], lanes.tried[k], lanes.highest[k], top, precision
    )
    if outcome == _FITTED:
        # A step that promises so little is made on trust: what it promises is half its slope.
        for a in range(lanes.trial.shape[1]):
            lanes.best[k, a] += lanes.step[k, a]
        _keep_bounds(lanes.best[k], free)
        lanes.highest[k] += 0.5 * lanes.promise[k]
    if outcome != GOES_ON:
        return outcome
    if math.isfinite(top) and _is_near(lanes.best[k], ended.free[i, 0], lanes.curvatures[k]):
        return GIVEN_UP
    for a in range(lanes.trial.shape[1]):
        lanes.trial[k, a] = lanes.best[k, a] + lanes.share[k] * lanes.step[k, a]
    _keep_bounds(lanes.trial[k], free)
    return outcome


@njit(cache=True, nogil=True, forceinline=True)
def judge_search(
    promise: float, share: float, tried: int, highest: float, top: float, precision: Precision
) -> int:
    """Return the outcome of a search, or whether it goes on or is given up.

    It is given up where what it may still reach has been found by another search.

    Parameters
    ----------
    promise : twice what the next step promises; below zero, there is no next step
    share : of that step which is to be made
    tried : points that it has tried
    highest : log-likelihood that it has reached
    top : that other searches have reached, or minus infinity
    precision : of the log-likelihoods
    """
    if not math.isfinite(highest) or promise < 0.0:
        return _NOT_CONVERGED
    if promise < precision.promise:
        return _FITTED
    if tried > _FEWEST_TRIED and highest + _OPTIMISM * promise < top:
        return GIVEN_UP
    if promise < _SETTLED and highest + 0.5 * promise < top + _SETTLED * promise:
        return GIVEN_UP
    if share < precision.share or tried >= _MOST_TRIED:
        return _FITTED if promise < _ROUNDING else _NOT_CONVERGED
    return GOES_ON
