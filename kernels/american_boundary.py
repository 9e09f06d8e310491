"""The exercise boundary of an American put by spectral collocation, and the premium along it.

The boundary solves a fixed-point equation in integrals of itself. It is collocated at a few
Chebyshev points of the square root of time, where it is smooth, and iterated; the early-exercise
premium is an integral along it.

References
----------
Andersen, Lake & Offengenden (2016), "High-performance American option pricing", Journal of
Computational Finance 20(1): transform of the boundary and equation B.
Barone-Adesi & Whaley (1987), in Haug (2007), sec. 3.1: the first guess.
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats
from kernels.normal import normal_cdf, normal_density

COLLOCATION = 7
MOST_ITERATIONS = 16
# Of the log of the boundary; values hang on its square, for exercise is optimal there.
TOLERANCE = 3e-4
QUADRATURE = 10
PREMIUM_QUADRATURE = 20


def _series_at(shares: Floats) -> Floats:
    """Return weights that turn values at the Chebyshev points into the series at shares of time.

    Parameters
    ----------
    shares : (n_shares,) of the square root of time to expiry, in [0, 1]

    Returns
    -------
    (n_shares, COLLOCATION + 1) float64
    """
    orders = np.arange(COLLOCATION + 1)
    halved = np.where((orders == 0) | (orders == COLLOCATION), 0.5, 1.0)
    cosines = np.cos(np.outer(orders, orders) * np.pi / COLLOCATION)
    fit = 2.0 / COLLOCATION * halved[:, None] * cosines * halved
    return np.ascontiguousarray(np.cos(np.outer(np.arccos(2.0 * shares - 1.0), orders)) @ fit)


# Quadrature runs over the share of the square root of time that is left: integrands are smooth
# in it. Its places are shares of each collocation time, so where they look is known beforehand.
_ROOTS = 0.5 * (1.0 + np.cos(np.arange(COLLOCATION) * np.pi / COLLOCATION))
_PLACES, _WEIGHTS = np.polynomial.legendre.leggauss(QUADRATURE)
_HALVES = 0.5 * (1.0 + _PLACES)
_LOOKS = _series_at(np.outer(_ROOTS, np.sqrt(1.0 - _HALVES**2)).ravel()).reshape(
    COLLOCATION, QUADRATURE, COLLOCATION + 1
)
_PREMIUM_PLACES, _PREMIUM_WEIGHTS = np.polynomial.legendre.leggauss(PREMIUM_QUADRATURE)
_PREMIUM_HALVES = 0.5 * (1.0 + _PREMIUM_PLACES)
_PREMIUM_LOOKS = _series_at(np.sqrt(1.0 - _PREMIUM_HALVES**2))


@njit(cache=True, nogil=True)
def boundary_start(rate: float, dividend: float) -> float:
    """Return the boundary just before expiry, fraction of the strike."""
    return 1.0 if dividend <= rate else rate / dividend


@njit(cache=True, nogil=True)
def _first_guess(
    rate: float, dividend: float, volatility: float, years: float, start: float
) -> float:
    variance = volatility * volatility
    tilt = 2.0 * (rate - dividend) / variance - 1.0
    root = -0.5 * (tilt + math.sqrt(tilt * tilt + 8.0 * rate / variance))
    perpetual = root / (root - 1.0) if root < 0.0 else 0.0
    speed = ((rate - dividend) * years - 2.0 * volatility * math.sqrt(years)) / (1.0 - perpetual)
    guess = perpetual + (1.0 - perpetual) * math.exp(min(speed, 0.0))
    return min(max(guess, 1e-3 * start), start)


@njit(cache=True, nogil=True)
def _log_boundary(points: Floats, weights: Floats) -> float:
    """Return the log of the boundary over its start, from its values at the Chebyshev points."""
    square = 0.0
    for k in range(COLLOCATION + 1):
        square += weights[k] * points[k]
    return -math.sqrt(max(square, 0.0))


@njit(cache=True, nogil=True)
def _improved(
    rate: float,
    dividend: float,
    volatility: float,
    years: float,
    start: float,
    point: int,
    points: Floats,
) -> float:
    """Return a Newton step on equation B at a Chebyshev point: the boundary over the strike.

    The slope is that of the terms at expiry: under the integrals, the boundary moves along.
    """
    time = years * _ROOTS[point] * _ROOTS[point]
    carry = rate - dividend
    deviation = volatility * math.sqrt(time)
    log_level = -math.sqrt(points[point])
    d1 = (log_level + math.log(start) + carry * time) / deviation + 0.5 * deviation
    over, over_slope = normal_cdf(d1 - deviation), normal_density(d1 - deviation) / deviation
    under, under_slope = normal_cdf(d1), normal_density(d1) / deviation
    for i in range(QUADRATURE):
        left = time * _HALVES[i] * _HALVES[i]
        spread = deviation * _HALVES[i]
        ratio = log_level - _log_boundary(points, _LOOKS[point, i])
        e1 = (ratio + carry * left) / spread + 0.5 * spread
        step = _WEIGHTS[i] * time * _HALVES[i]
        growth = step * rate * math.exp(rate * (time - left))
        over += growth * normal_cdf(e1 - spread)
        if dividend != 0.0:
            growth = step * dividend * math.exp(dividend * (time - left))
            under += growth * normal_cdf(e1)
    level = start * math.exp(log_level)
    if over <= 1e-30 or under <= 1e-30:
        # So far below the boundary that both sides vanish: look halfway up.
        return math.sqrt(level * start)
    found = math.exp(-carry * time) * over / under
    slope = found * (over_slope / over - under_slope / under) / level
    improved: float = level + (found - level) / (1.0 - slope)
    return improved


@njit(cache=True, nogil=True)
def fit_put_boundary(
    rate: float, dividend: float, volatility: float, years: float, points: Floats
) -> None:
    """Fit the exercise boundary of a put that has one.

    Parameters
    ----------
    rate, dividend : continuously compounded, annual fractions; the rate positive, or 0 with a
        negative dividend yield
    volatility : annual fraction, positive
    years : to expiry, positive
    points : (COLLOCATION + 1,) float64, takes the squared log of the boundary over its start, at
        the Chebyshev points of the square root of time, the longest first
    """
    start = boundary_start(rate, dividend)
    for i in range(COLLOCATION):
        time = years * _ROOTS[i] * _ROOTS[i]
        guess = _first_guess(rate, dividend, volatility, time, start)
        points[i] = math.log(guess / start) ** 2
    points[COLLOCATION] = 0.0
    improve_put_boundary(rate, dividend, volatility, years, points)


@njit(cache=True, nogil=True)
def improve_put_boundary(
    rate: float, dividend: float, volatility: float, years: float, points: Floats
) -> None:
    """Iterate a boundary to its fixed point, from that of an option much like it.

    Parameters
    ----------
    rate, dividend, volatility, years, points : as in `fit_put_boundary`
    """
    start = boundary_start(rate, dividend)
    for _ in range(MOST_ITERATIONS):
        moved = 0.0
        for i in range(COLLOCATION):
            found = _improved(rate, dividend, volatility, years, start, i, points)
            distance = -math.log(min(max(found / start, 1e-3), 1.0))
            moved = max(moved, abs(distance - math.sqrt(points[i])))
            points[i] = distance * distance
        if moved < TOLERANCE:
            break


@njit(cache=True, nogil=True)
def exercise_premium(
    moneyness: float,
    rate: float,
    dividend: float,
    volatility: float,
    years: float,
    points: Floats,
) -> float:
    """Return the early-exercise premium of a put, fraction of the strike."""
    carry = rate - dividend
    log_start = math.log(moneyness / boundary_start(rate, dividend))
    deviation = volatility * math.sqrt(years)
    premium = 0.0
    for i in range(PREMIUM_QUADRATURE):
        half = _PREMIUM_HALVES[i]
        left = years * half * half
        spread = deviation * half
        ratio = log_start - _log_boundary(points, _PREMIUM_LOOKS[i])
        d1 = (ratio + carry * left) / spread + 0.5 * spread
        flow = rate * math.exp(-rate * left) * normal_cdf(spread - d1)
        if dividend != 0.0:
            flow -= dividend * moneyness * math.exp(-dividend * left) * normal_cdf(-d1)
        premium += _PREMIUM_WEIGHTS[i] * years * half * flow
    return premium


@njit(cache=True, nogil=True)
def has_one_boundary(rate: float, dividend: float) -> bool:
    """Whether a put is exercised below one price, and not between two, or never."""
    return rate > 0.0 or (rate == 0.0 and dividend < 0.0)
