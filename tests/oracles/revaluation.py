"""Options, futures, forwards and bonds by their textbook formulas, one at a time."""

import math

from scipy.stats import norm


def option_value(spot, strike, rate, carry, volatility, years, sign):
    """Return the generalised Black-Scholes value (Haug 2007, eq. 1.1)."""
    deviation = volatility * math.sqrt(years)
    d1 = (math.log(spot / strike) + (carry + volatility**2 / 2) * years) / deviation
    d2 = d1 - deviation
    forward = spot * math.exp((carry - rate) * years)
    discounted = strike * math.exp(-rate * years)
    return sign * (forward * norm.cdf(sign * d1) - discounted * norm.cdf(sign * d2))


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
