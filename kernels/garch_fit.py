"""Maximum likelihood for many GARCH series, sixteen at a time.

Every series is searched from several starts: first by likelihoods in 32 bits, which take half the
time, and then in 64, from where these searches have ended. A lane that has finished its series
takes the next one.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers, Reals
from kernels.calls import keep_as_call
from kernels.garch import CONSTANT, DEGREES, MEAN, N_PARAMETERS
from kernels.garch_free import FreeParameters, expand
from kernels.garch_lanes import Lanes, Points, begin_search, empty_lanes, end_search
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
from kernels.garch_search import (
    FINE,
    GIVEN_UP,
    GOES_ON,
    ROUGH,
    Desk,
    Outcome,
    Precision,
    empty_desk,
    take_point,
)

# Smaller relative to the largest value, a deviation is rounding.
_SMALLEST_DEVIATION = 1e-10
# Below, squares of squares vanish.
SMALLEST_SQUARE = 1e-280

_FITTED = int(Outcome.FITTED)
_TOO_SHORT, _NOT_FINITE = int(Outcome.TOO_SHORT), int(Outcome.NOT_FINITE)
_CONSTANT, _OUT_OF_RANGE = int(Outcome.CONSTANT), int(Outcome.OUT_OF_RANGE)


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


# Of a series: the centre and the unit in which it is laid, and its mean and mean square in them.
SCALES = 4


@njit(cache=True, nogil=True)
def screen_history(values: Floats, fewest: int, centred: bool, scales: Floats) -> tuple[int, int]:
    """Return the first day that is there, and an `Outcome` that forbids a fit or FITTED.

    Parameters
    ----------
    values : (n,) float64, NaN before the first day
    fewest : days that a fit needs
    centred : whether the mean is to be taken off
    scales : (4,) float64, filled where a fit is to be had: centre, unit, mean in units, and mean
        square about it
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
    lane_moments(values, start, scales)
    mean, square = scales[0], scales[1]
    if not (math.isfinite(square) and square > SMALLEST_SQUARE):
        return start, _OUT_OF_RANGE
    scales[0] = mean if centred else 0.0
    scales[1] = math.sqrt(square if centred else square + mean * mean)
    scales[2], scales[3] = (mean - scales[0]) / scales[1], square / (scales[1] * scales[1])
    return start, _FITTED


@njit(cache=True, nogil=True)
def load_lane(values: Floats, start: int, scales: Floats, beside: Reals, k: int) -> None:
    """Lay a series in lane ``k`` in units of its own deviation.

    Parameters
    ----------
    values : (n,) float64
    start : its first day
    scales : (4,) float64, as of `screen_history`
    beside : (>= n, > k); column ``k`` is filled from its top
    """
    n, centre, shrink = values.shape[0], scales[0], 1.0 / scales[1]
    for t in range(n - start):
        beside[t, k] = (values[start + t] - centre) * shrink
    for t in range(n - start, n):
        beside[t, k] = 0.0


@njit(cache=True, nogil=True)
def _after_pass(
    lanes: Lanes,
    k: int,
    free: FreeParameters,
    student: bool,
    found: float,
    precision: Precision,
    begun: Points,
    ended: Points,
    desk: Desk,
    n_days: int,
    fits: GarchFits,
) -> bool:
    """Learn from a point, and go on to the next search; whether there is none."""
    # Inlined, its bounds and strides would take registers from the days of a pass.
    keep_as_call()
    i = lanes.series[k]
    fits.passes[i] += 1
    outcome = take_point(
        lanes, k, free, student, found, n_days - fits.starts[i], precision, ended, desk
    )
    if outcome == GOES_ON:
        return False
    if outcome != GIVEN_UP and end_search(lanes, k, ended):
        fits.outcomes[i] = outcome
    if lanes.search[k] + 1 < begun.counts[i]:
        begin_search(lanes, k, lanes.search[k] + 1, begun)
        return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _search_all(
    values: Floats,
    scales: Floats,
    free: FreeParameters,
    student: bool,
    queue: Integers,
    beside: Reals,
    state: Reals,
    precision: Precision,
    begun: Points,
    ended: Points,
    fits: GarchFits,
) -> None:
    """Search from all points of the series in the queue, lane by lane as lanes come free."""
    n_days, size = values.shape[1], free.design.shape[1]
    lanes, desk = empty_lanes(size), empty_desk(size, free.rows.shape[0])
    next_in_queue, n_done = 0, 0
    while n_done < queue.shape[0]:
        longest = np.int64(0)  # Not a literal: the pass would be compiled for it too.
        for k in range(LANES):
            if lanes.series[k] < 0 and next_in_queue < queue.shape[0]:
                i = lanes.series[k] = queue[next_in_queue]
                next_in_queue += 1
                load_lane(values[i], fits.starts[i], scales[i], beside, k)
                begin_search(lanes, k, 0, begun)
            i = lanes.series[k]
            if i >= 0:
                length = n_days - fits.starts[i]
                longest = max(longest, length)
                expand(lanes.trial[k], free, student, lanes.full[k])
                start_lane(state, k, lanes.full[k], student, scales[i, 2:], length)
        pass_lanes(beside, longest, student, state)
        for k in range(LANES):
            if lanes.series[k] < 0:
                continue
            found = read_lane(
                state, k, lanes.full[k, DEGREES], student, DAYS, desk.score, desk.fisher
            )
            if _after_pass(
                lanes, k, free, student, found, precision, begun, ended, desk, n_days, fits
            ):
                lanes.series[k] = -1
                n_done += 1


@njit(cache=True, nogil=True, error_model="numpy")
def search_series(
    i: int,
    values: Floats,
    scales: Floats,
    free: FreeParameters,
    student: bool,
    lanes: Lanes,
    state: Reals,
    precision: Precision,
    begun: Points,
    ended: Points,
    desk: Desk,
    n_days: int,
    fits: GarchFits,
) -> None:
    """Search from all points of one series: what the processor does in each of its lanes.

    Parameters
    ----------
    i : its number among the points and in ``fits``
    values : (n_days less its start,) float64, as `load_lane` lays it
    scales : (4,) float64, as of `screen_history`
    free, student, n_days : as for `fit_garch`
    lanes, desk : one lane, and memory
    state : (STATE,) scratch, of the precision of the passes
    precision : of the search
    begun, ended : points to begin from, and, filled, where searches end
    fits : of which passes and outcomes are filled
    """
    lanes.series[0] = i
    begin_search(lanes, 0, 0, begun)
    done = False
    while not done:
        expand(lanes.trial[0], free, student, lanes.full[0])
        start_lane(state, 0, lanes.full[0], student, scales[2:], values.shape[0])
        pass_alone(values, student, DAYS, state)
        degrees = lanes.full[0, DEGREES]
        found = read_lane(state, 0, degrees, student, DAYS, desk.score, desk.fisher)
        done = _after_pass(
            lanes, 0, free, student, found, precision, begun, ended, desk, n_days, fits
        )


@njit(cache=True, nogil=True)
def begin_at_starts(free: FreeParameters, i: int, begun: Points) -> None:
    """Let the searches of series ``i`` begin where any series' do."""
    begun.counts[i] = free.starts.shape[0]
    for search in range(free.starts.shape[0]):
        for a in range(free.starts.shape[1]):
            begun.free[i, search, a] = free.starts[search, a]


@njit(cache=True, nogil=True)
def write_fit(
    i: int,
    ended: Points,
    free: FreeParameters,
    student: bool,
    scales: Floats,
    length: int,
    fits: GarchFits,
) -> None:
    """Write down the best point of series ``i`` in the units of its values.

    Parameters
    ----------
    ended : where its searches have ended
    free, student : what is fitted
    scales : (4,) float64, of the series
    length : its days
    fits : filled
    """
    unit = scales[1]
    fits.log_likelihood[i] = ended.heights[i, 0] - length * math.log(unit)
    expand(ended.free[i, 0], free, student, fits.parameters[i])
    fits.parameters[i, MEAN] = scales[0] + unit * fits.parameters[i, MEAN]
    fits.parameters[i, CONSTANT] *= unit * unit


@njit(cache=True, nogil=True)
def _fit_all(
    values: Floats,
    scales: Floats,
    free: FreeParameters,
    student: bool,
    queue: Integers,
    starts: Points,
    tops: Points,
    best: Points,
    fits: GarchFits,
) -> None:
    """Fit the series in the queue; the points are memory of theirs."""
    n_days = values.shape[1]
    for i in queue:
        begin_at_starts(free, i, starts)
    # Allocated here, where the compiler's arrays begin at a multiple of 32 bytes.
    rough = np.zeros((n_days + DAYS, LANES), np.float32), np.zeros(STATE, np.float32)
    _search_all(values, scales, free, student, queue, *rough, ROUGH, starts, tops, fits)
    fine = np.zeros((n_days + DAYS, LANES)), np.zeros(STATE)
    _search_all(values, scales, free, student, queue, *fine, FINE, tops, best, fits)
    for i in queue:
        length = n_days - fits.starts[i]
        write_fit(i, best, free, student, scales[i], length, fits)


def _no_points(n_series: int, most: int, size: int) -> Points:
    return Points(
        np.zeros(n_series, np.int64),
        np.empty((n_series, most, size)),
        np.empty((n_series, most)),
    )


@njit(cache=True, nogil=True)
def _screen_all(
    values: Floats, fewest: int, centred: bool, scales: Floats, fits: GarchFits
) -> None:
    for i in range(values.shape[0]):
        start, outcome = screen_history(values[i], fewest, centred, scales[i])
        fits.starts[i] = start if outcome == _FITTED else values.shape[1]
        fits.outcomes[i] = outcome


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
    n_series = len(values)
    n_starts, size = free.starts.shape
    fits = GarchFits(
        np.full((n_series, N_PARAMETERS), np.nan),
        np.full(n_series, np.nan),
        *(np.zeros(n_series, np.int64) for _ in range(3)),
    )
    scales = np.empty((n_series, SCALES))
    _screen_all(values, fewest, centred, scales, fits)
    starts, tops = _no_points(n_series, n_starts, size), _no_points(n_series, n_starts, size)
    best = _no_points(n_series, 1, size)
    queue = np.flatnonzero(fits.outcomes == _FITTED)
    _fit_all(values, scales, free, student, queue, starts, tops, best, fits)
    return fits
