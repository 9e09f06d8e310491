"""Log-likelihood, score and Fisher information of sixteen GARCH series side by side.

One pass carries sixteen series, each with its own parameters, through the recursion and its
derivatives. Lanes never meet, and nothing is reassociated, so a series' numbers are the same to
the bit whatever its neighbours are. Series may be of any length: past its end a lane weighs zero.

References
----------
Fiorentini, Calzolari & Panattoni (1996), "Analytic derivatives and the computation of GARCH
estimates", Journal of Applied Econometrics 11(4), eqs. 6-11.
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats
from kernels.garch import CONSTANT, DEGREES, FALL, MEAN, PERSISTED, RISE
from kernels.garch_degrees import constant_slope, density_constant, information

LANES = 16
_ROOT_LOG = 1.8378770664093453
# Parameters of mean and variance, all but the degrees of freedom.
_N_MOMENTS = 5
# Variances are multiplied up so many days before a logarithm is taken.
_DAYS_A_LOGARITHM = 8

# Rows of a block's state, each of `LANES` values: the recursion and its derivatives, ...
_VARIANCE = 0
_SQUARE_RISE, _SQUARE_FALL = 1 * LANES, 2 * LANES
_SLOPE_RISE, _SLOPE_FALL = 3 * LANES, 4 * LANES
_BY_MEAN, _BY_CONSTANT, _BY_RISE, _BY_FALL, _BY_PERSISTED = (
    5 * LANES,
    6 * LANES,
    7 * LANES,
    8 * LANES,
    9 * LANES,
)
# ... parameters, ...
_PARAMETERS = 10 * LANES
_LENGTH = 15 * LANES
# A squared residual weighs _MOST / (1 + _TAIL * square): one under a normal law.
_MOST, _TAIL = 16 * LANES, 17 * LANES
# ... and sums over days.
_SQUARES, _WEIGHTED_SQUARES, _PULL = 19 * LANES, 20 * LANES, 21 * LANES
_SCORE = 22 * LANES
_PRODUCTS = 27 * LANES
_PRECISION = 42 * LANES
_RELATIVE = 43 * LANES
_LOG_VARIANCE, _LOG_TAIL = 48 * LANES, 49 * LANES
_VARIANCE_PRODUCT, _TAIL_PRODUCT = 50 * LANES, 51 * LANES
STATE = 52 * LANES


@njit(cache=True, nogil=True)
def start_lane(
    state: Floats, k: int, parameters: Floats, student: bool, moments: Floats, length: int
) -> None:
    """Set lane ``k`` to the day before a series' first.

    Parameters
    ----------
    state : (STATE,) float64
    parameters : (6,) float64, of the series
    student : whether innovations are Student-t
    moments : (2,) mean of the values, and mean square about it
    length : days of the series
    """
    for row in range(0, STATE, LANES):
        state[row + k] = 0.0
    offset = moments[0] - parameters[MEAN]
    presample, slope = moments[1] + offset * offset, -2.0 * offset
    state[_VARIANCE + k] = presample
    state[_SQUARE_RISE + k] = state[_SQUARE_FALL + k] = 0.5 * presample
    state[_SLOPE_RISE + k] = state[_SLOPE_FALL + k] = 0.5 * slope
    state[_BY_MEAN + k] = slope
    for place in range(_N_MOMENTS):
        state[_PARAMETERS + place * LANES + k] = parameters[place]
    state[_LENGTH + k] = length
    state[_TAIL + k] = 1.0 / (parameters[DEGREES] - 2.0) if student else 0.0
    state[_MOST + k] = (parameters[DEGREES] + 1.0) * state[_TAIL + k] if student else 1.0
    state[_VARIANCE_PRODUCT + k] = state[_TAIL_PRODUCT + k] = 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def pass_lanes(values: Floats, n_days: int, state: Floats) -> None:
    """Carry all lanes through their days.

    Parameters
    ----------
    values : (n, LANES) float64, from each series' first day on, and any finite number after its
        last
    n_days : of the longest series
    state : (STATE,) float64
    """
    for t in range(n_days):
        row = values[t]
        for k in range(LANES):
            _advance(row, float(t), state, k)
        if t % _DAYS_A_LOGARITHM == _DAYS_A_LOGARITHM - 1 or t == n_days - 1:
            for k in range(LANES):
                state[_LOG_VARIANCE + k] += math.log(state[_VARIANCE_PRODUCT + k])
                state[_LOG_TAIL + k] += math.log(state[_TAIL_PRODUCT + k])
                state[_VARIANCE_PRODUCT + k] = 1.0
                state[_TAIL_PRODUCT + k] = 1.0


@njit(inline="always")
def _add_products(
    state: Floats,
    k: int,
    relative_0: float,
    relative_1: float,
    relative_2: float,
    relative_3: float,
    relative_4: float,
) -> None:
    """Add the relative derivatives of a day's variance, and their products, to the sums."""
    state[_PRODUCTS + k] += relative_0 * relative_0
    state[_PRODUCTS + 1 * LANES + k] += relative_0 * relative_1
    state[_PRODUCTS + 2 * LANES + k] += relative_0 * relative_2
    state[_PRODUCTS + 3 * LANES + k] += relative_0 * relative_3
    state[_PRODUCTS + 4 * LANES + k] += relative_0 * relative_4
    state[_PRODUCTS + 5 * LANES + k] += relative_1 * relative_1
    state[_PRODUCTS + 6 * LANES + k] += relative_1 * relative_2
    state[_PRODUCTS + 7 * LANES + k] += relative_1 * relative_3
    state[_PRODUCTS + 8 * LANES + k] += relative_1 * relative_4
    state[_PRODUCTS + 9 * LANES + k] += relative_2 * relative_2
    state[_PRODUCTS + 10 * LANES + k] += relative_2 * relative_3
    state[_PRODUCTS + 11 * LANES + k] += relative_2 * relative_4
    state[_PRODUCTS + 12 * LANES + k] += relative_3 * relative_3
    state[_PRODUCTS + 13 * LANES + k] += relative_3 * relative_4
    state[_PRODUCTS + 14 * LANES + k] += relative_4 * relative_4
    state[_RELATIVE + k] += relative_0
    state[_RELATIVE + 1 * LANES + k] += relative_1
    state[_RELATIVE + 2 * LANES + k] += relative_2
    state[_RELATIVE + 3 * LANES + k] += relative_3
    state[_RELATIVE + 4 * LANES + k] += relative_4


@njit(inline="always", error_model="numpy")
def _advance(row: Floats, day: float, state: Floats, k: int) -> None:
    """One day of lane ``k``: variance, its derivatives, and what both add to the sums."""
    rise, fall = state[_PARAMETERS + RISE * LANES + k], state[_PARAMETERS + FALL * LANES + k]
    persisted = state[_PARAMETERS + PERSISTED * LANES + k]
    square_rise, square_fall = state[_SQUARE_RISE + k], state[_SQUARE_FALL + k]
    before = state[_VARIANCE + k]
    variance = (
        state[_PARAMETERS + CONSTANT * LANES + k]
        + rise * square_rise
        + fall * square_fall
        + persisted * before
    )
    by_mean = (
        rise * state[_SLOPE_RISE + k]
        + fall * state[_SLOPE_FALL + k]
        + persisted * state[_BY_MEAN + k]
    )
    by_constant = 1.0 + persisted * state[_BY_CONSTANT + k]
    by_rise = square_rise + persisted * state[_BY_RISE + k]
    by_fall = square_fall + persisted * state[_BY_FALL + k]
    by_persisted = before + persisted * state[_BY_PERSISTED + k]

    surprise = row[k] - state[_PARAMETERS + MEAN * LANES + k]
    square = surprise * surprise
    within = 1.0 if day < state[_LENGTH + k] else 0.0
    inverse = within / variance
    standard = square * inverse
    tail = 1.0 + state[_TAIL + k] * standard
    weight = state[_MOST + k] / tail
    weighted = weight * standard
    half = 0.5 * (weighted - 1.0) * inverse
    state[_SQUARES + k] += standard
    state[_WEIGHTED_SQUARES + k] += weighted
    state[_PULL + k] += weight * surprise * inverse
    state[_SCORE + k] += half * by_mean
    state[_SCORE + LANES + k] += half * by_constant
    state[_SCORE + 2 * LANES + k] += half * by_rise
    state[_SCORE + 3 * LANES + k] += half * by_fall
    state[_SCORE + 4 * LANES + k] += half * by_persisted

    relative_0, relative_1 = by_mean * inverse, by_constant * inverse
    relative_2, relative_3 = by_rise * inverse, by_fall * inverse
    relative_4 = by_persisted * inverse
    state[_PRECISION + k] += inverse
    _add_products(state, k, relative_0, relative_1, relative_2, relative_3, relative_4)
    state[_VARIANCE_PRODUCT + k] *= within * variance + (1.0 - within)
    state[_TAIL_PRODUCT + k] *= tail

    falls = 1.0 if surprise < 0.0 else 0.0
    state[_VARIANCE + k] = variance
    state[_SQUARE_FALL + k] = falls * square
    state[_SQUARE_RISE + k] = (1.0 - falls) * square
    state[_SLOPE_FALL + k] = falls * (-2.0 * surprise)
    state[_SLOPE_RISE + k] = (1.0 - falls) * (-2.0 * surprise)
    state[_BY_MEAN + k] = by_mean
    state[_BY_CONSTANT + k] = by_constant
    state[_BY_RISE + k] = by_rise
    state[_BY_FALL + k] = by_fall
    state[_BY_PERSISTED + k] = by_persisted


@njit(cache=True, nogil=True)
def read_lane(
    state: Floats, k: int, degrees: float, student: bool, score: Floats, fisher: Floats
) -> float:
    """Return the log-likelihood of lane ``k`` after its pass.

    Parameters
    ----------
    state : (STATE,) float64
    degrees : of freedom, where ``student``
    score : (6,) float64, filled: derivatives by the parameters
    fisher : (6, 6) float64, filled: expected information, given the path of variances
    """
    n = state[_LENGTH + k]
    for place in range(_N_MOMENTS):
        score[place] = state[_SCORE + place * LANES + k]
    score[MEAN] += state[_PULL + k]
    score[DEGREES] = 0.0
    mean_information, scale_information, mixed, own = 1.0, 0.5, 0.0, 0.0
    log_likelihood: float = -0.5 * (n * _ROOT_LOG + state[_SQUARES + k])
    if student:
        mean_information, scale_information, mixed, own = information(degrees)
        log_likelihood = (
            n * density_constant(degrees) - 0.5 * (degrees + 1.0) * state[_LOG_TAIL + k]
        )
        score[DEGREES] = (
            n * constant_slope(degrees)
            - 0.5 * state[_LOG_TAIL + k]
            + 0.5 * state[_WEIGHTED_SQUARES + k] / (degrees - 2.0)
        )
    place = 0
    for i in range(_N_MOMENTS):
        for j in range(i, _N_MOMENTS):
            product = scale_information * state[_PRODUCTS + place * LANES + k]
            fisher[i, j] = fisher[j, i] = product
            place += 1
        crossed = mixed * state[_RELATIVE + i * LANES + k]
        fisher[i, DEGREES] = fisher[DEGREES, i] = crossed
    fisher[MEAN, MEAN] += mean_information * state[_PRECISION + k]
    fisher[DEGREES, DEGREES] = n * own
    log_likelihood -= 0.5 * state[_LOG_VARIANCE + k]
    return log_likelihood


@njit(cache=True, nogil=True)
def lane_moments(values: Floats, start: int, moments: Floats) -> None:
    """Fill the mean of a series from ``start`` on, and its mean square about it."""
    total = 0.0
    for t in range(start, values.shape[0]):
        total += values[t]
    n = values.shape[0] - start
    mean = total / n
    squares = 0.0
    for t in range(start, values.shape[0]):
        squares += (values[t] - mean) * (values[t] - mean)
    moments[0], moments[1] = mean, squares / n


@njit(cache=True, nogil=True)
def scores_at(
    values: Floats, points: Floats, student: bool, scores: Floats, fishers: Floats
) -> Floats:
    """Return one series' log-likelihoods at up to sixteen points side by side.

    Parameters
    ----------
    values : (n,) float64
    points : (n_points, 6) float64, parameters
    student : whether innovations are Student-t
    scores : (n_points, 6) float64, filled
    fishers : (n_points, 6, 6) float64, filled
    """
    n_points, n_days = points.shape[0], values.shape[0]
    beside = np.empty((n_days, LANES))
    for t in range(n_days):
        beside[t, :] = values[t]
    moments, state = np.empty(2), np.empty(STATE)
    lane_moments(values, 0, moments)
    for k in range(LANES):
        start_lane(state, k, points[min(k, n_points - 1)], student, moments, n_days)
    pass_lanes(beside, n_days, state)
    found = np.empty(n_points)
    for k in range(n_points):
        degrees = points[k, DEGREES]
        found[k] = read_lane(state, k, degrees, student, scores[k], fishers[k])
    return found
