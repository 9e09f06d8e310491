"""Maximum likelihood for many GARCH series, sixteen at a time.

Fisher scoring: each step is the best of the quadratic that the score and the expected
information make, within the bounds of the parameters, shortened until the likelihood grows. A
lane that has finished its series takes the next one.

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
from kernels.garch import CONSTANT, DEGREES, MEAN, N_PARAMETERS
from kernels.garch_free import FreeParameters
from kernels.garch_likelihood import (
    DAYS,
    LANES,
    STATE,
    lane_moments,
    pass_alone,
    pass_lanes,
    read_lane,
    start_lane,
)
from kernels.garch_step import StepScratch, best_step, step_scratch

# A step that promises less log-likelihood than this is not taken: the fit is done.
_TOLERANCE = 1e-11
# Where rounding hides what a step promises, less than this passes for nothing.
_ROUNDING = 1e-7
# From where a step promises less, what steps teach of the curvature is kept.
_NEAR = 1.0
_MOST_TRIED = 300
# A search that is to be given up has had so many points, and would need so many times its promise.
_FEWEST_TRIED = 1
_OPTIMISM = 5.0
# From here on, a promise is kept to its first digit.
_SETTLED = 0.1
_NOISE = 1e-10
# Squared standard errors from where another search ended, at which a search is taken to end there.
_SAME = 1.0
_SHORTER = 0.4
_SHORTEST = 1e-8
# Smaller relative to the largest value, a deviation is rounding.
_SMALLEST_DEVIATION = 1e-10
# Below, squares of squares vanish.
_SMALLEST_SQUARE = 1e-280
# Keeps the information of parameters that do not matter (at no weight of surprises) regular.
_RIDGE = 1e-9


class Outcome(IntEnum):
    """What became of one series."""

    FITTED = 0
    TOO_SHORT = 1
    NOT_FINITE = 2
    CONSTANT = 3
    OUT_OF_RANGE = 4
    NOT_CONVERGED = 5


_FITTED = int(Outcome.FITTED)
_TOO_SHORT, _NOT_FINITE = int(Outcome.TOO_SHORT), int(Outcome.NOT_FINITE)
_CONSTANT, _OUT_OF_RANGE = int(Outcome.CONSTANT), int(Outcome.OUT_OF_RANGE)
_NOT_CONVERGED = int(Outcome.NOT_CONVERGED)
_GOES_ON, _GIVEN_UP = -1, -2


class GarchFits(NamedTuple):
    """Fits of many series.

    Parameters
    ----------
    parameters : (n_series, 6) float64: mean, constant, weight of a rise, weight of a fall,
        weight of the variance, degrees of freedom (infinite for normal innovations); NaN where
        nothing was fitted
    log_likelihood : (n_series,) float64, NaN where nothing was fitted
    starts : (n_series,) int64, first day of each series; its length where nothing was fitted
    outcomes : (n_series,) int64, values of `Outcome`
    passes : (n_series,) int64, evaluations of likelihood and score
    """

    parameters: Floats
    log_likelihood: Floats
    starts: Integers
    outcomes: Integers
    passes: Integers


@njit(cache=True, nogil=True)
def screen_history(values: Floats, fewest: int, moments: Floats) -> tuple[int, int]:
    """Return the first day that is there, and an `Outcome` that forbids a fit or FITTED.

    Parameters
    ----------
    values : (n,) float64, NaN before the first day
    fewest : days that a fit needs
    moments : (2,) float64 scratch
    """
    n, start = values.shape[0], 0
    while start < n and math.isnan(values[start]):
        start += 1
    for t in range(start, n):
        if not math.isfinite(values[t]):
            return start, _NOT_FINITE
    if n - start < fewest:
        return start, _TOO_SHORT
    low = high = values[start]
    for t in range(start, n):
        low, high = min(low, values[t]), max(high, values[t])
    if high - low <= _SMALLEST_DEVIATION * max(abs(low), abs(high)):
        return start, _CONSTANT
    lane_moments(values, start, moments)
    if not (math.isfinite(moments[1]) and moments[1] > _SMALLEST_SQUARE):
        return start, _OUT_OF_RANGE
    return start, _FITTED


@njit(cache=True, nogil=True)
def load_lane(
    values: Floats, start: int, centred: bool, beside: Floats, k: int, own: Floats
) -> None:
    """Lay a series in lane ``k`` in units of its own deviation.

    Parameters
    ----------
    values : (n,) float64
    start : its first day
    centred : whether the mean is taken off
    beside : (>= n, > k) float64; column ``k`` is filled from its top
    own : (2,) float64, filled: centre and unit
    """
    n = values.shape[0]
    lane_moments(values, start, own)
    if not centred:
        own[1] += own[0] * own[0]
        own[0] = 0.0
    own[1] = math.sqrt(own[1])
    for t in range(n - start):
        beside[t, k] = (values[start + t] - own[0]) / own[1]
    for t in range(n - start, n):
        beside[t, k] = 0.0


@njit(cache=True, nogil=True)
def expand(point: Floats, free: FreeParameters, student: bool, parameters: Floats) -> None:
    """Fill the six parameters that free ones stand for."""
    for i in range(N_PARAMETERS):
        parameters[i] = free.shift[i]
        for j in range(point.shape[0]):
            parameters[i] += free.design[i, j] * point[j]
    parameters[DEGREES] = 1.0 / parameters[DEGREES] if student else math.inf


@njit(cache=True, nogil=True)
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
        chain = -degrees * degrees
        score[DEGREES] *= chain
        for i in range(N_PARAMETERS):
            fisher[i, DEGREES] *= chain
        for i in range(N_PARAMETERS):
            fisher[DEGREES, i] *= chain
    slope[:] = 0.0
    curvature[:, :] = 0.0
    for a in range(size):
        for i in range(N_PARAMETERS):
            if free.design[i, a] == 0.0:
                continue
            slope[a] += free.design[i, a] * score[i]
            for b in range(size):
                for j in range(N_PARAMETERS):
                    curvature[a, b] += free.design[i, a] * fisher[i, j] * free.design[j, b]
    for a in range(size):
        curvature[a, a] *= 1.0 + _RIDGE


class Desk(NamedTuple):
    """Memory of one point of a search over ``n`` free parameters within ``m`` bounds.

    Parameters
    ----------
    score, fisher : (6,) and (6, 6) float64
    slope, made, image : (n,) float64
    expected, learnt : (n, n) float64
    room, open_rows : (m,) float64
    unit, scaled_slope, scaled, scaled_rows, scaled_room, matrix, right, binding : as in
        `kernels.garch_step.StepScratch`
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
    unit: Floats
    scaled_slope: Floats
    scaled: Floats
    scaled_rows: Floats
    scaled_room: Floats
    matrix: Floats
    right: Floats
    binding: Integers


@njit(cache=True, nogil=True)
def _empty_desk(n: int, m: int) -> Desk:
    scratch = step_scratch(n, m)
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
        scratch.unit,
        scratch.slope,
        scratch.curvature,
        scratch.rows,
        scratch.room,
        scratch.matrix,
        scratch.right,
        scratch.binding,
    )


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def promised(
    point: Floats, free: FreeParameters, slope: Floats, curvature: Floats, step: Floats, desk: Desk
) -> float:
    """Fill the next step of the free parameters; return twice what it promises, -1 if none."""
    size, m = point.shape[0], free.rows.shape[0]
    room, open_rows = desk.room[:m], desk.open_rows[:m]
    scratch = StepScratch(
        desk.unit,
        desk.scaled_slope,
        desk.scaled,
        desk.scaled_rows,
        desk.scaled_room,
        desk.matrix,
        desk.right,
        desk.binding,
    )
    for row in range(m):
        room[row] = free.limits[row]
        for a in range(size):
            room[row] -= free.rows[row, a] * point[a]
        room[row] = max(room[row], 0.0)
    if not best_step(slope, curvature, free.rows, room, step, open_rows, scratch):
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
    search, tried : which start its search began from; points tried since, -1 before the first
    units, moments : centre and unit of its series; mean and mean square in them
    trial, full : point to try, as free and as all six parameters
    best, highest : best point of its search, and its log-likelihood
    slopes, curvatures, step, promise, share : the next step from there
    top_point, top : best point of the searches that are over, and its log-likelihood
    """

    series: Integers
    search: Integers
    tried: Integers
    units: Floats
    moments: Floats
    trial: Floats
    full: Floats
    best: Floats
    highest: Floats
    slopes: Floats
    curvatures: Floats
    step: Floats
    promise: Floats
    share: Floats
    top_point: Floats
    top: Floats


@njit(cache=True, nogil=True)
def _empty_lanes(size: int) -> Lanes:
    return Lanes(
        np.full(LANES, -1),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros((LANES, 2)),
        np.zeros((LANES, 2)),
        np.zeros((LANES, size)),
        np.zeros((LANES, N_PARAMETERS)),
        np.zeros((LANES, size)),
        np.zeros(LANES),
        np.zeros((LANES, size)),
        np.zeros((LANES, size, size)),
        np.zeros((LANES, size)),
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros((LANES, size)),
        np.zeros(LANES),
    )


@njit(cache=True, nogil=True)
def _copy(source: Floats, target: Floats) -> None:
    """Copy a vector; to assign one to another asks for memory that a GPU's thread has not."""
    for a in range(target.shape[0]):
        target[a] = source[a]


@njit(cache=True, nogil=True)
def _begin_search(lanes: Lanes, k: int, search: int, free: FreeParameters) -> None:
    """Let lane ``k`` begin from one of the starts."""
    lanes.search[k], lanes.tried[k] = search, 0
    _copy(free.starts[search], lanes.trial[k])
    lanes.highest[k], lanes.share[k], lanes.promise[k] = -math.inf, 1.0, math.inf


@njit(cache=True, nogil=True)
def _is_near(point: Floats, top_point: Floats, curvature: Floats, top: float) -> bool:
    """Whether a search has come within a standard error of where another one ended."""
    if not math.isfinite(top):
        return False
    distance = 0.0
    for a in range(point.shape[0]):
        for b in range(point.shape[0]):
            distance += (point[a] - top_point[a]) * curvature[a, b] * (point[b] - top_point[b])
    return distance < _SAME


@njit(cache=True, nogil=True)
def _take_point(
    lanes: Lanes, k: int, free: FreeParameters, student: bool, state: Floats, desk: Desk
) -> int:
    """Learn from the point that lane ``k`` has tried; return the outcome of its search so far."""
    size = free.design.shape[1]
    score, fisher = desk.score, desk.fisher
    slope, made = desk.slope[:size], desk.made[:size]
    expected, learnt = desk.expected[:size, :size], desk.learnt[:size, :size]
    degrees = lanes.full[k, DEGREES]
    found = read_lane(state, k, degrees, student, True, score, fisher)
    lanes.tried[k] += 1
    if found >= lanes.highest[k] - _NOISE:
        reduce_to_free(free, degrees, student, score, fisher, slope, expected)
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
    else:
        lanes.share[k] *= _SHORTER
    outcome: int = judge_search(
        lanes.promise[k], lanes.share[k], lanes.tried[k], lanes.highest[k], lanes.top[k]
    )
    if outcome == _GOES_ON and _is_near(
        lanes.best[k], lanes.top_point[k], lanes.curvatures[k], lanes.top[k]
    ):
        return _GIVEN_UP
    if outcome == _GOES_ON:
        for a in range(size):
            lanes.trial[k, a] = lanes.best[k, a] + lanes.share[k] * lanes.step[k, a]
    return outcome


@njit(cache=True, nogil=True)
def _after_pass(
    lanes: Lanes,
    k: int,
    free: FreeParameters,
    student: bool,
    state: Floats,
    desk: Desk,
    n_days: int,
    fits: GarchFits,
) -> bool:
    """Learn from a point, and go on to the next search or write the fit; whether that is done."""
    i = lanes.series[k]
    fits.passes[i] += 1
    outcome = _take_point(lanes, k, free, student, state, desk)
    if outcome == _GOES_ON:
        return False
    if outcome != _GIVEN_UP and not lanes.highest[k] <= lanes.top[k]:
        lanes.top[k] = lanes.highest[k]
        _copy(lanes.best[k], lanes.top_point[k])
        fits.outcomes[i] = outcome
    if lanes.search[k] + 1 < free.starts.shape[0]:
        _begin_search(lanes, k, lanes.search[k] + 1, free)
        return False
    _write(lanes, k, free, student, n_days, fits)
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _fit_all(
    values: Floats,
    free: FreeParameters,
    student: bool,
    centred: bool,
    queue: Integers,
    fits: GarchFits,
) -> None:
    """Fit the series in the queue, lane by lane as lanes come free."""
    n_days, size = values.shape[1], free.design.shape[1]
    beside, state = np.zeros((n_days + DAYS, LANES)), np.zeros(STATE)
    lanes, desk = _empty_lanes(size), _empty_desk(size, free.rows.shape[0])
    next_in_queue, n_done = 0, 0
    while n_done < queue.shape[0]:
        longest = 0
        for k in range(LANES):
            if lanes.series[k] < 0 and next_in_queue < queue.shape[0]:
                i = lanes.series[k] = queue[next_in_queue]
                next_in_queue += 1
                load_lane(values[i], fits.starts[i], centred, beside, k, lanes.units[k])
                lane_moments(beside[: n_days - fits.starts[i], k], 0, lanes.moments[k])
                lanes.top[k] = -math.inf
                _begin_search(lanes, k, 0, free)
            if lanes.series[k] >= 0:
                length = n_days - fits.starts[lanes.series[k]]
                longest = max(longest, length)
                expand(lanes.trial[k], free, student, lanes.full[k])
                start_lane(state, k, lanes.full[k], student, lanes.moments[k], length)
        pass_lanes(beside, longest, student, True, state)
        for k in range(LANES):
            if lanes.series[k] >= 0:
                n_done += _after_pass(lanes, k, free, student, state, desk, n_days, fits)


@njit(cache=True, nogil=True, error_model="numpy")
def fit_series(
    i: int,
    values: Floats,
    free: FreeParameters,
    student: bool,
    lanes: Lanes,
    state: Floats,
    desk: Desk,
    n_days: int,
    fits: GarchFits,
) -> None:
    """Fit one series: what the processor does in each of its lanes.

    Parameters
    ----------
    i : its number in ``fits``; start and outcome are there, and no passes yet
    values : (n_days less its start,) float64, as `load_lane` lays it
    free, student, n_days : as for `fit_garch`
    lanes : one lane; units are there
    state : (STATE,) float64 scratch
    desk : memory
    fits : filled
    """
    lanes.series[0], lanes.top[0] = i, -math.inf
    lane_moments(values, 0, lanes.moments[0])
    _begin_search(lanes, 0, 0, free)
    done = False
    while not done:
        expand(lanes.trial[0], free, student, lanes.full[0])
        start_lane(state, 0, lanes.full[0], student, lanes.moments[0], values.shape[0])
        pass_alone(values, student, True, state)
        done = _after_pass(lanes, 0, free, student, state, desk, n_days, fits)


@njit(cache=True, nogil=True)
def _write(
    lanes: Lanes, k: int, free: FreeParameters, student: bool, n_days: int, fits: GarchFits
) -> None:
    """Write down the fit of lane ``k`` in the units of its series, and free the lane."""
    i, unit = lanes.series[k], lanes.units[k, 1]
    fits.log_likelihood[i] = lanes.top[k] - (n_days - fits.starts[i]) * math.log(unit)
    expand(lanes.top_point[k], free, student, fits.parameters[i])
    fits.parameters[i, MEAN] = lanes.units[k, 0] + unit * fits.parameters[i, MEAN]
    fits.parameters[i, CONSTANT] *= unit * unit
    lanes.series[k] = -1


@njit(cache=True, nogil=True)
def judge_search(promise: float, share: float, tried: int, highest: float, top: float) -> int:
    """Return the outcome of a search, or whether it goes on or is given up.

    It is given up where what it may still reach has been found by another search.

    Parameters
    ----------
    promise : twice what the next step promises; below zero, there is no next step
    share : of that step which is to be made
    tried : points that it has tried
    highest : log-likelihood that it has reached
    top : that other searches have reached, or minus infinity
    """
    if not math.isfinite(highest) or promise < 0.0:
        return _NOT_CONVERGED
    if promise < _TOLERANCE:
        return _FITTED
    if tried > _FEWEST_TRIED and highest + _OPTIMISM * promise < top:
        return _GIVEN_UP
    if promise < _SETTLED and highest + 0.5 * promise < top + _SETTLED * promise:
        return _GIVEN_UP
    if share < _SHORTEST or tried >= _MOST_TRIED:
        return _FITTED if promise < _ROUNDING else _NOT_CONVERGED
    return _GOES_ON


def fit_garch(
    values: Floats, free: FreeParameters, *, student: bool, centred: bool, fewest: int
) -> GarchFits:
    """Fit every series by maximum likelihood.

    The variance and squared surprise before the first day are the mean squared surprise of the
    whole series, at the mean that is being tried.

    Parameters
    ----------
    values : (n_series, n_days) float64, NaN before a series' first day
    free : what is fitted, in units of each series' own deviation
    student : whether innovations are Student-t, of variance one
    centred : whether a mean is fitted; without, it is zero
    fewest : days that a fit needs

    Returns
    -------
    Fits; a series' numbers do not depend on the others, to the bit.
    """
    values = np.ascontiguousarray(values, dtype=np.float64)
    n_series, n_days = values.shape
    starts, outcomes = np.zeros(n_series, np.int64), np.zeros(n_series, np.int64)
    moments = np.empty(2)
    for i in range(n_series):
        starts[i], outcomes[i] = screen_history(values[i], fewest, moments)
    starts[outcomes != _FITTED] = n_days
    parameters = np.full((n_series, N_PARAMETERS), np.nan)
    log_likelihood, passes = np.full(n_series, np.nan), np.zeros(n_series, np.int64)
    queue = np.flatnonzero(outcomes == _FITTED)
    fits = GarchFits(parameters, log_likelihood, starts, outcomes, passes)
    _fit_all(values, free, student, centred, queue, fits)
    return fits
