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

from kernels.arrays import Floats
from kernels.garch import DEGREES, N_PARAMETERS
from kernels.garch_free import FreeParameters, reduce_to_free
from kernels.garch_lanes import Lanes, Points, copy_vector
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
        copy_vector(learnt[a] if bends else expected[a], lanes.curvatures[k, a])
    lanes.highest[k], lanes.share[k] = found, 1.0
    copy_vector(lanes.trial[k], lanes.best[k])
    copy_vector(slope, lanes.slopes[k])
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
