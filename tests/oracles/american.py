"""American and Bermudan options on a lattice, one array a step."""

import math

import numpy as np


def lattice_value(spot, strike, rate, carry, volatility, years, sign, steps, every=1):
    """Return the Cox-Ross-Rubinstein value; exercise is allowed at every ``every``-th step."""
    step = years / steps
    up = math.exp(volatility * math.sqrt(step))
    rise = (math.exp(carry * step) - 1.0 / up) / (up - 1.0 / up)
    assert 0.0 < rise < 1.0
    discount = math.exp(-rate * step)
    prices = spot * up ** (2.0 * np.arange(steps + 1) - steps)
    values = np.maximum(sign * (prices - strike), 0.0)
    for level in range(steps - 1, -1, -1):
        values = discount * ((1.0 - rise) * values[:-1] + rise * values[1:])
        if level % every == 0:
            prices = spot * up ** (2.0 * np.arange(level + 1) - level)
            values = np.maximum(values, sign * (prices - strike))
    return float(values[0])


def smooth_value(*terms, steps=1000, every=1):
    """Return the mean over an even and an odd lattice, in which most of the sawtooth cancels."""
    return 0.5 * (lattice_value(*terms, steps, every) + lattice_value(*terms, steps + every, every))
