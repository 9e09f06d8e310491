"""American options, valued from their exercise boundary.

The value of a put is the European one plus the early-exercise premium along its boundary
(`kernels.american_boundary`). A call is a put with spot and strike, rate and yield exchanged. This
takes microseconds where a lattice of the same accuracy takes milliseconds.

References
----------
Andersen, Lake & Offengenden (2016), "High-performance American option pricing", Journal of
Computational Finance 20(1).
McDonald & Schroder (1998), "A parity result for American options": calls from puts.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.american_boundary import (
    COLLOCATION,
    boundary_start,
    exercise_premium,
    fit_put_boundary,
    has_one_boundary,
    improve_put_boundary,
)
from kernels.american_lattice import LATTICE_STEPS, lattice_put_value
from kernels.arrays import Floats
from kernels.black_scholes import option_value


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
    elif not has_one_boundary(put_rate, dividend):
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
    boundary = boundary_start(rate, dividend) * math.exp(-math.sqrt(points[0]))
    if spot <= boundary * strike:
        return strike - spot
    european = option_value(spot, strike, rate, rate - dividend, volatility, years, -1.0)
    premium = strike * exercise_premium(spot / strike, rate, dividend, volatility, years, points)
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
    known = years > 0.0 and has_one_boundary(rate, dividend)
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
