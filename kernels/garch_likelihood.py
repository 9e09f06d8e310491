"""Log-likelihood, score and Fisher information of sixteen GARCH series side by side.

One pass carries sixteen series, each with its own parameters, through the recursion and its
derivatives. Lanes never meet, and nothing is reassociated, so a series' numbers are the same to
the bit whatever its neighbours are. What a day leaves to the next stays in registers for four
days; the sums that only steer a search may come from every fourth day. Series may be of any
length: past its end a lane weighs zero.

References
----------
Fiorentini, Calzolari & Panattoni (1996), "Analytic derivatives and the computation of GARCH
estimates", Journal of Applied Econometrics 11(4), eqs. 6-11.
"""

import numpy as np
from numba import float32, njit
from numba.extending import overload

from kernels.arrays import Floats, Reals
from kernels.bits import multiply_add
from kernels.elementary import natural_log
from kernels.elementary_32 import natural_log_32
from kernels.garch import CONSTANT, DEGREES, FALL, MEAN, PERSISTED, RISE
from kernels.garch_degrees import constant_slope, density_constant, information

LANES = 16
_ROOT_LOG = 1.8378770664093453
# Parameters of mean and variance, all but the degrees of freedom.
_N_MOMENTS = 5
# Days carried at a time, and how many times before the logarithm of their variances' product is
# taken.
DAYS = 4
_TIMES = 2
# What a product of eight days may be: on average variances of 3e-38 of the series' own, below which
# any surprise is rounding.
_LEAST_PRODUCT, _MOST_PRODUCT = 1e-300, 1e300
_LEAST_32, _MOST_32 = float32(1e-37), float32(1e37)

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
    state: Reals, k: int, parameters: Floats, student: bool, moments: Floats, length: int
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
    for row in range(STATE // LANES):
        state[row * LANES + k] = 0.0
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
def pass_lanes(values: Reals, n_days: int, student: bool, state: Reals) -> None:
    """Carry all lanes through their days, four at a time.

    The expected information comes from every fourth day.

    Parameters
    ----------
    values : (at least n_days rounded up to `DAYS`, LANES), from each series' first day on, and any
        finite number after its last; of the precision of ``state``
    n_days : of the longest series
    student : whether any lane's innovations are Student-t
    state : (STATE,) float64 or float32
    """
    for t in range(0, n_days, DAYS):
        one, two, three, four = values[t], values[t + 1], values[t + 2], values[t + 3]
        day = state.dtype.type(t)
        next_day = state.dtype.type(1.0)
        if student:
            for k in range(LANES):
                _student_day(state, k, one[k], day)
                _student_day(state, k, two[k], day + next_day)
                _student_day(state, k, three[k], day + next_day + next_day)
                last = _student_day(state, k, four[k], day + next_day + next_day + next_day)
                _add_products(state, k, last)
        else:
            for k in range(LANES):
                _normal_day(state, k, one[k], day)
                _normal_day(state, k, two[k], day + next_day)
                _normal_day(state, k, three[k], day + next_day + next_day)
                last = _normal_day(state, k, four[k], day + next_day + next_day + next_day)
                _add_products(state, k, last)
        if t // DAYS % _TIMES == _TIMES - 1 or t + DAYS >= n_days:
            _take_logs(state, student)


@njit(cache=True, nogil=True, error_model="numpy")
def pass_lanes_daily(values: Reals, n_days: int, student: bool, state: Reals) -> None:
    """Carry all lanes through their days; the expected information comes from all of them.

    Parameters
    ----------
    values, n_days, student, state : as of `pass_lanes`
    """
    for t in range(n_days):
        row, day = values[t], state.dtype.type(t)
        if student:
            for k in range(LANES):
                _add_products(state, k, _student_day(state, k, row[k], day))
        else:
            for k in range(LANES):
                _add_products(state, k, _normal_day(state, k, row[k], day))
        if t % (DAYS * _TIMES) == DAYS * _TIMES - 1 or t + 1 == n_days:
            _take_logs(state, student)


@njit(cache=True, nogil=True, error_model="numpy")
def _take_logs(state: Reals, student: bool) -> None:
    """Add the logarithms of the products so far to their sums."""
    for k in range(LANES):
        state[_LOG_VARIANCE + k] += log_of_product(state[_VARIANCE_PRODUCT + k])
        state[_VARIANCE_PRODUCT + k] = 1.0
    for k in range(LANES if student else 0):
        state[_LOG_TAIL + k] += log_of_product(state[_TAIL_PRODUCT + k])
        state[_TAIL_PRODUCT + k] = 1.0


def log_of_product(product: float) -> float:
    """Return the logarithm of a product that may have run out of numbers; NaN where it is none."""
    raise NotImplementedError(f"for compiled code; called with {type(product)}")


@overload(log_of_product)
def _log_of_product(product):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    if product == float32:
        return lambda product: natural_log_32(_between(product, _LEAST_32, _MOST_32))
    return lambda product: natural_log(_between(product, _LEAST_PRODUCT, _MOST_PRODUCT))


@njit(inline="always")
def _between(x, least, most):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return a number within bounds; NaN stays."""
    # A minimum and a maximum mind signed zeros and would not go into lanes.
    raised = least if x < least else x  # noqa: FURB136 - see above
    return most if raised > most else raised  # noqa: FURB136 - see above


@njit(cache=True, nogil=True, error_model="numpy")
def pass_alone(values: Floats, student: bool, every: int, state: Reals) -> None:
    """Carry the series of the first lane through its days: the pass of a thread of a GPU.

    Parameters
    ----------
    values : (n_days,) float64
    student : whether innovations are Student-t
    every : how many days make one of the expected information, one or `DAYS`
    state : (STATE,), of which one lane is used; the pass is of its precision
    """
    for first in range(0, values.shape[0], DAYS):
        for t in range(first, min(first + DAYS, values.shape[0])):
            value, day = state.dtype.type(values[t]), state.dtype.type(t)
            if student:
                inverse = _student_day(state, 0, value, day)
            else:
                inverse = _normal_day(state, 0, value, day)
            if t % every == every - 1:
                _add_products(state, 0, inverse)
        state[_LOG_VARIANCE] += log_of_product(state[_VARIANCE_PRODUCT])
        state[_LOG_TAIL] += log_of_product(state[_TAIL_PRODUCT])
        state[_VARIANCE_PRODUCT] = state[_TAIL_PRODUCT] = 1.0


# Branches would keep the compiler from laying lanes side by side: hence a function a law.
@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _normal_day(state, k, value, day):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """One day of lane ``k`` under the normal law; return one over its variance, 0 past its end."""
    inverse = _move_variance(state, k, day)
    surprise = value - state[_PARAMETERS + MEAN * LANES + k]
    weighted = surprise * inverse
    standard = surprise * weighted
    state[_PULL + k] += weighted
    _add_score(state, k, multiply_add(standard, inverse, -inverse))
    state[_SQUARES + k] += standard
    _keep_surprise(state, k, surprise)
    return inverse


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _student_day(state, k, value, day):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """One day of lane ``k`` under Student's law; return one over its variance, 0 past its end."""
    inverse = _move_variance(state, k, day)
    surprise = value - state[_PARAMETERS + MEAN * LANES + k]
    standard = surprise * surprise * inverse
    tail = multiply_add(state[_TAIL + k], standard, state.dtype.type(1.0))
    weight = state[_MOST + k] / tail
    weighted = weight * standard
    state[_TAIL_PRODUCT + k] *= tail
    state[_PULL + k] = multiply_add(weight * surprise, inverse, state[_PULL + k])
    _add_score(state, k, multiply_add(weighted, inverse, -inverse))
    state[_WEIGHTED_SQUARES + k] += weighted
    _keep_surprise(state, k, surprise)
    return inverse


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _move_variance(state, k, day):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Move variance and derivatives on by a day; return one over the variance, 0 past the end."""
    one = state.dtype.type(1.0)
    rise, fall = state[_PARAMETERS + RISE * LANES + k], state[_PARAMETERS + FALL * LANES + k]
    persisted = state[_PARAMETERS + PERSISTED * LANES + k]
    square_rise, square_fall = state[_SQUARE_RISE + k], state[_SQUARE_FALL + k]
    before = state[_VARIANCE + k]
    variance = multiply_add(persisted, before, state[_PARAMETERS + CONSTANT * LANES + k])
    variance = multiply_add(rise, square_rise, multiply_add(fall, square_fall, variance))
    by_mean = multiply_add(fall, state[_SLOPE_FALL + k], persisted * state[_BY_MEAN + k])
    nothing = one - one
    within = one if day < state[_LENGTH + k] else nothing
    state[_VARIANCE + k] = variance
    state[_BY_MEAN + k] = multiply_add(rise, state[_SLOPE_RISE + k], by_mean)
    state[_BY_CONSTANT + k] = multiply_add(persisted, state[_BY_CONSTANT + k], 1.0)
    state[_BY_RISE + k] = multiply_add(persisted, state[_BY_RISE + k], square_rise)
    state[_BY_FALL + k] = multiply_add(persisted, state[_BY_FALL + k], square_fall)
    state[_BY_PERSISTED + k] = multiply_add(persisted, state[_BY_PERSISTED + k], before)
    state[_VARIANCE_PRODUCT + k] *= multiply_add(within, variance, one - within)
    inverse = within / variance
    state[_PRECISION + k] += inverse
    return inverse


@njit(cache=True, nogil=True, forceinline=True)
def _keep_surprise(state, k, surprise):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Leave a day's surprise to the next one: its square and its slope, of a rise or a fall."""
    # A minimum minds signed zeros and would not go into lanes.
    nothing = state.dtype.type(0.0)
    falls = surprise if surprise < nothing else nothing  # noqa: FURB136 - see above
    rises = surprise - falls
    state[_SQUARE_RISE + k], state[_SQUARE_FALL + k] = rises * rises, falls * falls
    state[_SLOPE_RISE + k], state[_SLOPE_FALL + k] = -(rises + rises), -(falls + falls)


@njit(cache=True, nogil=True, forceinline=True)
def _add_score(state, k, half):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Add to the score what a day says, half its pull on the log of the variance at a time."""
    state[_SCORE + k] = multiply_add(half, state[_BY_MEAN + k], state[_SCORE + k])
    for_constant, for_rise = _SCORE + LANES + k, _SCORE + 2 * LANES + k
    for_fall, for_persisted = _SCORE + 3 * LANES + k, _SCORE + 4 * LANES + k
    state[for_constant] = multiply_add(half, state[_BY_CONSTANT + k], state[for_constant])
    state[for_rise] = multiply_add(half, state[_BY_RISE + k], state[for_rise])
    state[for_fall] = multiply_add(half, state[_BY_FALL + k], state[for_fall])
    state[for_persisted] = multiply_add(half, state[_BY_PERSISTED + k], state[for_persisted])


@njit(cache=True, nogil=True, forceinline=True)
def _add_products(state, k, inverse):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Add the relative derivatives of a day's variance, and their products, to the sums."""
    relative_0, relative_1 = state[_BY_MEAN + k] * inverse, state[_BY_CONSTANT + k] * inverse
    relative_2, relative_3 = state[_BY_RISE + k] * inverse, state[_BY_FALL + k] * inverse
    relative_4 = state[_BY_PERSISTED + k] * inverse
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


@njit(cache=True, nogil=True)
def read_lane(
    state: Reals,
    k: int,
    degrees: float,
    student: bool,
    every: int,
    score: Floats,
    fisher: Floats,
) -> float:
    """Return the log-likelihood of lane ``k`` after its pass.

    Parameters
    ----------
    state : (STATE,) float64
    degrees : of freedom, where ``student``
    every : how many days make one of its expected information
    score : (6,) float64, filled: derivatives by the parameters
    fisher : (6, 6) float64, filled: expected information, given the path of variances
    """
    n = state[_LENGTH + k]
    for place in range(_N_MOMENTS):
        score[place] = 0.5 * state[_SCORE + place * LANES + k]
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
    scale_information, mixed = every * scale_information, every * mixed
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
    beside = np.zeros((n_days + DAYS, LANES))
    for t in range(n_days):
        beside[t, :] = values[t]
    moments, state = np.empty(2), np.empty(STATE)
    lane_moments(values, 0, moments)
    for k in range(LANES):
        start_lane(state, k, points[min(k, n_points - 1)], student, moments, n_days)
    pass_lanes_daily(beside, n_days, student, state)
    found = np.empty(n_points)
    for k in range(n_points):
        degrees = points[k, DEGREES]
        found[k] = read_lane(state, k, degrees, student, 1, scores[k], fishers[k])
    return found
