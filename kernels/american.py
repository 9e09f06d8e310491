"""American options: the exercise boundary by spectral collocation, and values from it.

A put's exercise boundary solves a fixed-point equation in integrals of itself. It is collocated at
a few Chebyshev points of the square root of time, where it is smooth, and iterated; the value is
the European one plus the early-exercise premium, an integral along the boundary. A call is a put
with spot and strike, rate and yield exchanged. This takes microseconds where a lattice of the
same accuracy takes milliseconds.

References
----------
Andersen, Lake & Offengenden (2016), "High-performance American option pricing", Journal of
Computational Finance 20(1): transform of the boundary and equation B.
McDonald & Schroder (1998), "A parity result for American options": calls from puts.
Barone-Adesi & Whaley (1987), in Haug (2007), sec. 3.1: the first guess.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.american_lattice import LATTICE_STEPS, lattice_put_value
from kernels.arrays import Floats
from kernels.black_scholes import option_value
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


class Workspace(NamedTuple):
    """Room for one option's boundary and for a lattice.

    Parameters
    ----------
    points : (COLLOCATION + 1,) float64, as `fit_put_boundary` fills them
    today : (COLLOCATION + 1,) float64, the same, at today's terms
    ladder : (LATTICE_STEPS + 1,) values on the lattice
    """

    points: Floats
    today: Floats
    ladder: Floats


def make_workspace() -> Workspace:
    """Return room for one thread."""
    return Workspace(
        np.zeros(COLLOCATION + 1), np.zeros(COLLOCATION + 1), np.zeros(LATTICE_STEPS + 1)
    )


@njit(cache=True, nogil=True)
def _boundary_start(rate: float, dividend: float) -> float:
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
    start = _boundary_start(rate, dividend)
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
    start = _boundary_start(rate, dividend)
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
def _premium(
    moneyness: float,
    rate: float,
    dividend: float,
    volatility: float,
    years: float,
    points: Floats,
) -> float:
    """Return the early-exercise premium of a put, fraction of the strike."""
    carry = rate - dividend
    log_start = math.log(moneyness / _boundary_start(rate, dividend))
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
def _put_terms(rate: float, carry: float, sign: float) -> tuple[float, float]:
    """Return rate and dividend yield of the put that is worth the same."""
    return (rate, rate - carry) if sign < 0.0 else (rate - carry, rate)


@njit(cache=True, nogil=True)
def _as_put(
    spot: float, strike: float, rate: float, carry: float, sign: float
) -> tuple[float, float, float, float]:
    """Return spot, strike, rate and dividend yield of the put that is worth the same."""
    put_rate, dividend = _put_terms(rate, carry, sign)
    put_spot, put_strike = (spot, strike) if sign < 0.0 else (strike, spot)
    return put_spot, put_strike, put_rate, dividend


@njit(cache=True, nogil=True)
def _has_one_boundary(rate: float, dividend: float) -> bool:
    return rate > 0.0 or (rate == 0.0 and dividend < 0.0)


@njit(cache=True, nogil=True)
def american_value(
    spot: float,
    strike: float,
    rate: float,
    carry: float,
    volatility: float,
    years: float,
    sign: float,
    space: Workspace,
) -> float:
    """Return the value of an American option, money per unit of the underlying.

    Where waiting always pays (a put without a positive rate, a call without a dividend), it is
    the European value. Where the yield lies below a negative rate, exercise has two boundaries,
    and the value comes from a lattice.

    Parameters
    ----------
    spot, strike : money, positive
    rate : continuously compounded, annual fraction
    carry : cost of carry, annual fraction: rate less dividend yield; 0 for a future
    volatility : annual fraction, positive
    years : to expiry; at or past expiry the intrinsic value
    sign : 1 for a call, -1 for a put
    space : room, overwritten

    Notes
    -----
    Absolute error below 1e-4 of the strike, and mostly below 1e-5, for volatilities of 5% to
    100%, rates and yields of up to 15% and terms up to five years; up to 4e-4 where the put that
    is worth the same has a negative yield, as that of a call on a share without dividends has at
    negative rates: its boundary falls too steeply before expiry for eight points.
    """
    value: float = value_near(
        spot, strike, rate, carry, volatility, years, sign, False, space.today, space.points
    )
    if math.isnan(value):
        value = _lattice_value(spot, strike, rate, carry, volatility, years, sign, space.ladder)
    return value


@njit(cache=True, nogil=True)
def value_near(
    spot: float,
    strike: float,
    rate: float,
    carry: float,
    volatility: float,
    years: float,
    sign: float,
    near: bool,
    today: Floats,
    points: Floats,
) -> float:
    """Return the value of an American option, NaN where exercise has two boundaries.

    Parameters
    ----------
    spot, strike, rate, carry, volatility, years, sign : as in `american_value`
    near : whether the boundary is searched for from today's
    today : (COLLOCATION + 1,) float64, the boundary at today's terms, if that is so
    points : (COLLOCATION + 1,) float64, room, overwritten
    """
    if years <= 0.0:
        return max(sign * (spot - strike), 0.0)
    put_spot, put_strike, put_rate, dividend = _as_put(spot, strike, rate, carry, sign)
    value: float
    if put_rate <= 0.0 and dividend >= put_rate:
        put_carry = put_rate - dividend
        value = option_value(put_spot, put_strike, put_rate, put_carry, volatility, years, -1.0)
    elif not _has_one_boundary(put_rate, dividend):
        value = math.nan
    else:
        if near:
            for k in range(COLLOCATION + 1):
                points[k] = today[k]
            improve_put_boundary(put_rate, dividend, volatility, years, points)
        else:
            fit_put_boundary(put_rate, dividend, volatility, years, points)
        value = _fitted_put_value(
            put_spot, put_strike, put_rate, dividend, volatility, years, points
        )
    return value


@njit(cache=True, nogil=True)
def _lattice_value(
    spot: float,
    strike: float,
    rate: float,
    carry: float,
    volatility: float,
    years: float,
    sign: float,
    ladder: Floats,
) -> float:
    put_spot, put_strike, put_rate, dividend = _as_put(spot, strike, rate, carry, sign)
    value: float = lattice_put_value(
        put_spot, put_strike, put_rate, put_rate - dividend, volatility, years, ladder
    )
    return value


@njit(cache=True, nogil=True)
def _fitted_put_value(
    spot: float,
    strike: float,
    rate: float,
    dividend: float,
    volatility: float,
    years: float,
    points: Floats,
) -> float:
    """Return a put's value from its fitted boundary."""
    boundary = _boundary_start(rate, dividend) * math.exp(-math.sqrt(points[0]))
    if spot <= boundary * strike:
        return strike - spot
    european = option_value(spot, strike, rate, rate - dividend, volatility, years, -1.0)
    premium = strike * _premium(spot / strike, rate, dividend, volatility, years, points)
    # Both bounds hold exactly; the quadrature may miss them by its error.
    value: float = max(european + max(premium, 0.0), strike - spot)
    return value


@njit(cache=True, nogil=True)
def fit_today(today: Floats, years: float, sign: float, points: Floats) -> bool:
    """Fit the boundary of an option at today's terms, and return whether it has one.

    Parameters
    ----------
    today : (3,) float64, today's rate, carry and volatility
    years, sign : as in `american_value`
    points : (COLLOCATION + 1,) float64, as `fit_put_boundary` fills them
    """
    rate, dividend = _put_terms(today[0], today[1], sign)
    known = years > 0.0 and _has_one_boundary(rate, dividend)
    if known:
        fit_put_boundary(rate, dividend, today[2], years, points)
    return known


@njit(cache=True, nogil=True)
def fill_lattice_values(
    spots: Floats,
    rates: Floats,
    carries: Floats,
    volatilities: Floats,
    strike: float,
    years: float,
    sign: float,
    ladder: Floats,
    out: Floats,
) -> None:
    """Fill in values that `value_near` leaves open, from a lattice.

    Parameters
    ----------
    spots, rates, carries, volatilities, strike, years, sign : as in `fill_american_values`
    ladder : (LATTICE_STEPS + 1,) float64, room, overwritten
    out : (n_scenarios,) float64, NaN where a value is open
    """
    for s in range(out.shape[0]):
        if math.isnan(out[s]):
            out[s] = _lattice_value(
                spots[s], strike, rates[s], carries[s], volatilities[s], years, sign, ladder
            )


@njit(cache=True, nogil=True)
def fill_american_values(
    spots: Floats,
    rates: Floats,
    carries: Floats,
    volatilities: Floats,
    strike: float,
    years: float,
    sign: float,
    today: Floats,
    space: Workspace,
    out: Floats,
) -> None:
    """Fill the value of one American option under each scenario.

    Every scenario's boundary starts from the one at today's terms, which saves most of the work;
    a value depends on its own scenario and on today, and on no other scenario.

    Parameters
    ----------
    spots, rates, carries, volatilities, out : (n_scenarios,) float64
    strike, years, sign : as in `american_value`
    today : (3,) float64, today's rate, carry and volatility
    space : room, overwritten
    """
    near = fit_today(today, years, sign, space.today)
    for s in range(out.shape[0]):
        out[s] = value_near(
            spots[s],
            strike,
            rates[s],
            carries[s],
            volatilities[s],
            years,
            sign,
            near,
            space.today,
            space.points,
        )
    fill_lattice_values(spots, rates, carries, volatilities, strike, years, sign, space.ladder, out)
