"""Options, futures, forwards and bonds by their textbook formulas, one at a time."""

import math

from scipy.stats import norm


def option_value(spot, strike, rate, carry, volatility, years, sign):
    """Return the generalised Black-Scholes value (Haug 2007, eq. 1.1)."""
    d1, d2, growth, discount = _laws(spot, strike, rate, carry, volatility, years)
    forward, discounted = spot * growth, strike * discount
    return sign * (forward * norm.cdf(sign * d1) - discounted * norm.cdf(sign * d2))


def _laws(spot, strike, rate, carry, volatility, years):
    """Return d1, d2, and what spot and strike are discounted by."""
    deviation = volatility * math.sqrt(years)
    d1 = (math.log(spot / strike) + (carry + volatility**2 / 2) * years) / deviation
    return d1, d1 - deviation, math.exp((carry - rate) * years), math.exp(-rate * years)


def option_delta(spot, strike, rate, carry, volatility, years, sign):
    """Return the change of value per unit of spot (Haug 2.1)."""
    d1, _, growth, _ = _laws(spot, strike, rate, carry, volatility, years)
    return sign * growth * norm.cdf(sign * d1)


def option_gamma(spot, strike, rate, carry, volatility, years):
    """Return the change of delta per unit of spot (Haug 2.4)."""
    d1, _, growth, _ = _laws(spot, strike, rate, carry, volatility, years)
    return growth * norm.pdf(d1) / (spot * volatility * math.sqrt(years))


def option_vega(spot, strike, rate, carry, volatility, years):
    """Return the change of value per unit of volatility (Haug 2.5)."""
    d1, _, growth, _ = _laws(spot, strike, rate, carry, volatility, years)
    return spot * growth * norm.pdf(d1) * math.sqrt(years)


def option_theta(spot, strike, rate, carry, volatility, years, sign):
    """Return the change of value per year that passes (Haug 2.6)."""
    d1, d2, growth, discount = _laws(spot, strike, rate, carry, volatility, years)
    decay = spot * growth * norm.pdf(d1) * volatility / (2 * math.sqrt(years))
    yielded = (carry - rate) * spot * growth * norm.cdf(sign * d1)
    return -decay - sign * (yielded + rate * strike * discount * norm.cdf(sign * d2))


def option_rho(spot, strike, rate, carry, volatility, years, sign):
    """Return the change of value per unit of the rate, the dividend yield unchanged (Haug 2.7)."""
    _, d2, _, discount = _laws(spot, strike, rate, carry, volatility, years)
    return sign * years * strike * discount * norm.cdf(sign * d2)


def future_value(level, move):
    """Return what a future has gained since it was settled at ``level``."""
    return level * math.exp(move) - level


def forward_value(level, move, domestic, foreign, strike, years):
    """Return a currency forward's value (Hull 2018, eq. 5.5 and 5.9)."""
    spot = level * math.exp(move)
    return spot * math.exp(-foreign * years) - strike * math.exp(-domestic * years)


def bond_value(years, amounts, tenors, rates):
    """Return the sum of a bond's flows, each discounted at its own zero rate."""
    return sum(
        amount * math.exp(-zero_rate(tenors, rates, t) * t)
        for t, amount in zip(years, amounts, strict=True)
    )


def zero_rate(tenors, rates, years):
    """Return the rate interpolated linearly, flat beyond the ends."""
    if years <= tenors[0]:
        return rates[0]
    for left in range(len(tenors) - 1):
        if years <= tenors[left + 1]:
            share = (years - tenors[left]) / (tenors[left + 1] - tenors[left])
            return rates[left] + share * (rates[left + 1] - rates[left])
    return rates[-1]
