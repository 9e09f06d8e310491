"""The errors of theta models at sixteen smoothing parameters side by side.

With a static trend every drift is one linear function of the starting level's weight u, so its
products follow from those of u and of one. The weights fall as powers of 1 - alpha, and their own
products are geometric sums. Where they are too small to count, only what does not hold them is
carried on. The lanes stay in registers from the first observation to the last.
"""

import math

from numba import njit

from kernels.arrays import Floats
from kernels.lanes import LANES, load_lanes, number_at, put_number, spread, store_lanes
from kernels.theta_series import FIRST_SCORED, solve_products

# Below this the starting level's weight adds nothing to any sum.
_SMALLEST_POWER = 1e-12
# Rows of a room.
_ALPHAS, _RR, _RU, _UU, _RC, _UC, _CC = range(7)
ROOM = 7 * LANES


@njit(cache=True, nogil=True)
def _last_weighed(n: int, low: float) -> int:
    """Return the first observation that the starting level says nothing of at any alpha."""
    return max(FIRST_SCORED, min(n, math.ceil(math.log(_SMALLEST_POWER) / math.log(1.0 - low))))


@njit(cache=True, nogil=True)
def _put_alphas(low: float, width: float, room: Floats) -> None:
    for k in range(LANES):
        put_number(room, _ALPHAS, k, low + width * k)


@njit(cache=True, nogil=True)
def _put_errors(optimise: bool, room: Floats, errors: Floats) -> None:
    for k in range(LANES):
        errors[k] = solve_products(
            number_at(room, _RR, k),
            number_at(room, _RU, k),
            number_at(room, _UU, k),
            number_at(room, _RC, k),
            number_at(room, _UC, k),
            number_at(room, _CC, k),
            optimise,
        )[0]


@njit(cache=True, nogil=True)
def try_static_alphas(
    y: Floats,
    intercept: float,
    slope: float,
    optimise: bool,
    low: float,
    width: float,
    room: Floats,
    errors: Floats,
) -> None:
    """Fill the least squared errors about a static trend, `LANES` alphas from ``low`` on.

    Parameters
    ----------
    y : (n,) float64, n above `FIRST_SCORED`
    intercept, slope : of the trend line
    optimise : the weight too, not the starting level alone
    low, width : first alpha, and the step to the next
    room : (`ROOM`,) float64 scratch
    errors : (`LANES`,) float64, filled
    """
    n = y.shape[0]
    _put_alphas(low, width, room)
    alpha = load_lanes(room, _ALPHAS)
    rest = 1.0 - alpha
    level, power = alpha * y[0], rest
    for t in range(1, FIRST_SCORED):
        level = level + alpha * (y[t] - level)
        power = power * rest
    first = power
    rr, ru, total = spread(0.0), spread(0.0), spread(0.0)
    until = _last_weighed(n, low)
    for t in range(FIRST_SCORED, until):
        residual = y[t] - level
        rr = rr + residual * residual
        ru = ru + residual * power
        total = total + residual
        level = level + alpha * residual
        power = power * rest
    for t in range(until, n):
        residual = y[t] - level
        rr = rr + residual * residual
        total = total + residual
        level = level + alpha * residual
    sum_u = (first - power) / alpha
    uu = (first * first - power * power) / (alpha * (2.0 - alpha))
    constant = slope / alpha
    by_power = intercept - constant * rest
    scored = float(n - FIRST_SCORED)
    store_lanes(room, _RR, rr)
    store_lanes(room, _RU, ru)
    store_lanes(room, _UU, uu)
    store_lanes(room, _RC, by_power * ru + constant * total)
    store_lanes(room, _UC, by_power * uu + constant * sum_u)
    doubled = 2.0 * constant * sum_u + by_power * uu
    store_lanes(room, _CC, by_power * doubled + constant * constant * scored)
    _put_errors(optimise, room, errors)


@njit(cache=True, nogil=True)
def try_dynamic_alphas(
    y: Floats,
    intercepts: Floats,
    slopes: Floats,
    optimise: bool,
    low: float,
    width: float,
    room: Floats,
    errors: Floats,
) -> None:
    """Fill the least squared errors about running trends, `LANES` alphas from ``low`` on.

    Parameters
    ----------
    intercepts, slopes : (n,) float64, of the line known after each observation
    others : as for `try_static_alphas`
    """
    n = y.shape[0]
    _put_alphas(low, width, room)
    alpha = load_lanes(room, _ALPHAS)
    rest, inverse = 1.0 - alpha, 1.0 / alpha
    ratio = rest * inverse
    level, power = alpha * y[0], rest
    for t in range(1, FIRST_SCORED):
        level = level + alpha * (y[t] - level)
        power = power * rest
    first = power
    rr, ru, rc, uc, cc = spread(0.0), spread(0.0), spread(0.0), spread(0.0), spread(0.0)
    until = _last_weighed(n, low)
    for t in range(FIRST_SCORED, until):
        residual = y[t] - level
        drift = slopes[t - 1] * inverse + (intercepts[t - 1] - slopes[t - 1] * ratio) * power
        rr = rr + residual * residual
        ru = ru + residual * power
        rc = rc + residual * drift
        uc = uc + power * drift
        cc = cc + drift * drift
        level = level + alpha * residual
        power = power * rest
    by_slope, slope_squares = spread(0.0), 0.0
    for t in range(until, n):
        residual = y[t] - level
        rr = rr + residual * residual
        by_slope = by_slope + residual * slopes[t - 1]
        slope_squares += slopes[t - 1] * slopes[t - 1]
        level = level + alpha * residual
    store_lanes(room, _RR, rr)
    store_lanes(room, _RU, ru)
    store_lanes(room, _UU, (first * first - power * power) / (alpha * (2.0 - alpha)))
    store_lanes(room, _RC, rc + by_slope * inverse)
    store_lanes(room, _UC, uc)
    store_lanes(room, _CC, cc + inverse * inverse * slope_squares)
    _put_errors(optimise, room, errors)
