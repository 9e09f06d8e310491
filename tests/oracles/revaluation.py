"""Options and bonds by their textbook formulas, one at a time."""

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


def zero_rate(tenors, rates, years):
    """Return the rate interpolated linearly, flat beyond the ends."""
    if years <= tenors[0]:
        return rates[0]
    for left in range(len(tenors) - 1):
        if years <= tenors[left + 1]:
            share = (years - tenors[left]) / (tenors[left + 1] - tenors[left])
            return rates[left] + share * (rates[left + 1] - rates[left])
    return rates[-1]
