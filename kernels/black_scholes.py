"""European options: the value of one.

References
----------
Black & Scholes (1973); Merton (1973); Haug (2007), "The complete guide to option pricing
formulas", 2nd ed., ch. 1 (generalised with cost of carry).
"""

import math

from numba import njit

from kernels.normal import normal_cdf


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
