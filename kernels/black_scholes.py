"""European options: value and sensitivities of one option, and values over scenarios.

References
----------
Black & Scholes (1973); Merton (1973); Haug (2007), "The complete guide to option pricing
formulas", 2nd ed., ch. 1-2 (generalised with cost of carry); West (2005), "Better approximations to
cumulative normal functions", Wilmott Magazine, May (Hart's rational tail).
"""

import math

from numba import njit

from kernels.arrays import Floats
from kernels.bits import multiply_add
from kernels.elementary import (
    NEAR_ZERO,
    exp_near_zero,
    exp_within,
    log_and_inverse,
    natural_exp,
)
from kernels.normal import normal_cdf, normal_density

# Without any deviation an option is worth what it is certain to be: beyond the furthest of tails,
# whose density is the least that is a normal number.
_LEAST_DEVIATION, _FURTHEST = 1e-150, 37.0


@njit(cache=True, nogil=True)
def option_moneyness(
    spot: float, strike: float, carry: float, volatility: float, years: float
) -> float:
    """Return d1 of the Black-Scholes formula."""
    deviation = volatility * math.sqrt(years)
    return math.log(spot / strike) / deviation + carry * years / deviation + 0.5 * deviation


@njit(cache=True, nogil=True)
def option_value(
    spot: float,
    strike: float,
    rate: float,
    carry: float,
    volatility: float,
    years: float,
    sign: float,
) -> float:
    """Return the value of a European option, money per unit of the underlying.

    Parameters
    ----------
    spot, strike : money, positive
    rate : continuously compounded, annual fraction
    carry : cost of carry, annual fraction: rate less dividend yield
    volatility : annual fraction
    years : to expiry; at or past expiry, or without volatility, the discounted intrinsic value
    sign : 1 for a call, -1 for a put
    """
    years = max(years, 0.0)
    discounted_strike = strike * math.exp(-rate * years)
    forward = spot * math.exp((carry - rate) * years)
    if years <= 0.0 or volatility <= 0.0:
        return max(sign * (forward - discounted_strike), 0.0)
    d1 = option_moneyness(spot, strike, carry, volatility, years)
    d2 = d1 - volatility * math.sqrt(years)
    value: float = sign * (
        forward * normal_cdf(sign * d1) - discounted_strike * normal_cdf(sign * d2)
    )
    return value


@njit(cache=True, nogil=True)
def option_delta(
    spot: float,
    strike: float,
    rate: float,
    carry: float,
    volatility: float,
    years: float,
    sign: float,
) -> float:
    """Return the change of value per unit of spot (Haug 2.1)."""
    d1 = option_moneyness(spot, strike, carry, volatility, years)
    delta: float = sign * math.exp((carry - rate) * years) * normal_cdf(sign * d1)
    return delta


@njit(cache=True, nogil=True)
def option_gamma(
    spot: float, strike: float, rate: float, carry: float, volatility: float, years: float
) -> float:
    """Return the change of delta per unit of spot (Haug 2.4)."""
    d1 = option_moneyness(spot, strike, carry, volatility, years)
    deviation = volatility * math.sqrt(years)
    gamma: float = normal_density(d1) * math.exp((carry - rate) * years) / (spot * deviation)
    return gamma


@njit(cache=True, nogil=True)
def option_vega(
    spot: float, strike: float, rate: float, carry: float, volatility: float, years: float
) -> float:
    """Return the change of value per unit of volatility (Haug 2.5)."""
    d1 = option_moneyness(spot, strike, carry, volatility, years)
    vega: float = spot * math.exp((carry - rate) * years) * normal_density(d1) * math.sqrt(years)
    return vega


@njit(cache=True, nogil=True)
def option_rho(
    spot: float,
    strike: float,
    rate: float,
    carry: float,
    volatility: float,
    years: float,
    sign: float,
) -> float:
    """Return the change of value per unit of the rate, the dividend yield unchanged (Haug 2.7)."""
    d1 = option_moneyness(spot, strike, carry, volatility, years)
    d2 = d1 - volatility * math.sqrt(years)
    rho: float = sign * years * strike * math.exp(-rate * years) * normal_cdf(sign * d2)
    return rho


@njit(cache=True, nogil=True)
def option_theta(
    spot: float,
    strike: float,
    rate: float,
    carry: float,
    volatility: float,
    years: float,
    sign: float,
) -> float:
    """Return the change of value per year that passes (Haug 2.6); mostly negative."""
    d1 = option_moneyness(spot, strike, carry, volatility, years)
    d2 = d1 - volatility * math.sqrt(years)
    growth = math.exp((carry - rate) * years)
    decay = spot * growth * normal_density(d1) * volatility / (2.0 * math.sqrt(years))
    yielded = (carry - rate) * spot * growth * normal_cdf(sign * d1)
    discount = rate * strike * math.exp(-rate * years) * normal_cdf(sign * d2)
    theta: float = -decay - sign * (yielded + discount)
    return theta


@njit(inline="always")
def _tail_over_density(x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return over and under of the normal tail beyond ``x`` in [0, 40], over exp(-x**2 / 2)."""
    over = multiply_add(3.52624965998911e-02, x, 0.700383064443688)
    over = multiply_add(over, x, 6.37396220353165)
    over = multiply_add(over, x, 33.912866078383)
    over = multiply_add(over, x, 112.079291497871)
    over = multiply_add(over, x, 221.213596169931)
    over = multiply_add(over, x, 220.206867912376)
    under = multiply_add(8.83883476483184e-02, x, 1.75566716318264)
    under = multiply_add(under, x, 16.064177579207)
    under = multiply_add(under, x, 86.7807322029461)
    under = multiply_add(under, x, 296.564248779674)
    under = multiply_add(under, x, 637.333633378831)
    under = multiply_add(under, x, 793.826512519948)
    under = multiply_add(under, x, 440.413735824752)
    return over, under


@njit(inline="always")
def _value(spot, forward, discounted_strike, log_strike, grown, deviation, sign):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return an option's value; ``grown`` is the logarithm of undiscounted forward over spot."""
    wide = sign * max(deviation, _LEAST_DEVIATION)
    log_spot, over_wide = log_and_inverse(spot, wide)
    d1 = multiply_add(log_spot - log_strike + grown, over_wide, 0.5 * wide)
    d2 = d1 - wide
    far = min(abs(d1), _FURTHEST)
    over_1, under_1 = _tail_over_density(far)
    over_2, under_2 = _tail_over_density(min(abs(d2), _FURTHEST))
    share = forward * exp_within(-0.5 * far * far) / (under_1 * under_2)
    tail_1, tail_2 = share * over_1 * under_2, share * over_2 * under_1
    received = tail_1 if d1 < 0.0 else forward - tail_1
    paid = tail_2 if d2 < 0.0 else discounted_strike - tail_2
    return sign * (received - paid)


@njit(inline="always", error_model="numpy")
def value_with_carry(spot, rate, carry, volatility, strike, log_strike, left, root, sign):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return the value of an option with ``left`` years to go, their root and strike's log given.

    Within 1e-14 of spot and strike of `option_value`, without a call of a library.
    """
    discounted_strike = strike * natural_exp(-rate * left)
    forward = spot * natural_exp((carry - rate) * left)
    deviation = volatility * root
    return _value(spot, forward, discounted_strike, log_strike, carry * left, deviation, sign)


@njit(inline="always", error_model="numpy")
def value_without_dividends(spot, rate, volatility, strike, log_strike, left, root, sign):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return `value_with_carry` where the carry is the rate: the discounted forward is the spot."""
    discounted_strike = strike * natural_exp(-rate * left)
    return _value(spot, spot, discounted_strike, log_strike, rate * left, volatility * root, sign)


@njit(inline="always", error_model="numpy")
def value_at_small_rate(spot, rate, volatility, strike, log_strike, left, root, sign):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return `value_without_dividends`, to the bit, where ``rate * left`` is below `NEAR_ZERO`."""
    discounted_strike = strike * exp_near_zero(-rate * left)
    return _value(spot, spot, discounted_strike, log_strike, rate * left, volatility * root, sign)


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_with_carry(
    spots: Floats,
    rates: Floats,
    carries: Floats,
    volatilities: Floats,
    strike: float,
    left: float,
    sign: float,
    out: Floats,
) -> None:
    root, log_strike = math.sqrt(left), math.log(strike)
    for s in range(spots.shape[0]):
        out[s] = value_with_carry(
            spots[s], rates[s], carries[s], volatilities[s], strike, log_strike, left, root, sign
        )


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_without_dividends(
    spots: Floats,
    rates: Floats,
    volatilities: Floats,
    strike: float,
    left: float,
    sign: float,
    out: Floats,
) -> None:
    root, log_strike = math.sqrt(left), math.log(strike)
    large = 0
    for s in range(spots.shape[0]):
        large += 1 if not abs(rates[s]) * left < NEAR_ZERO else 0
    if large == 0:
        for s in range(spots.shape[0]):
            out[s] = value_at_small_rate(
                spots[s], rates[s], volatilities[s], strike, log_strike, left, root, sign
            )
    else:
        for s in range(spots.shape[0]):
            out[s] = value_without_dividends(
                spots[s], rates[s], volatilities[s], strike, log_strike, left, root, sign
            )


def fill_option_values(
    spots: Floats,
    rates: Floats,
    carries: Floats,
    volatilities: Floats,
    strike: float,
    years: float,
    sign: float,
    out: Floats,
) -> None:
    """Fill the value of one European option under each scenario, `option_value` in lanes.

    The two normal tails are rational times one exponential: the discounted strike times the
    density at d2 is the discounted forward times that at d1. Within 1e-14 of spot and strike.
    Where the carry is the rate itself, the same array, the discounted forward is the spot.

    Parameters
    ----------
    spots, rates, carries, volatilities, out : (n_scenarios,) float64
    strike, years, sign : as in `option_value`
    """
    left = max(years, 0.0)
    if carries is rates:
        _fill_without_dividends(spots, rates, volatilities, strike, left, sign, out)
    else:
        _fill_with_carry(spots, rates, carries, volatilities, strike, left, sign, out)
