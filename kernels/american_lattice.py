"""American puts on a lattice: slow, and right where the exercise region has two boundaries.

References
----------
Cox, Ross & Rubinstein (1979), with the drift-centred steps of Jarrow & Rudd, so that any rate and
yield leave probabilities in (0, 1).
Andersen & Offengenden (2021), "Fast American option pricing: the double-boundary case": with a
dividend yield below a negative rate, exercise pays within a band only.
"""

import math

from numba import njit

from kernels.arrays import Floats

LATTICE_STEPS = 600


@njit(cache=True, nogil=True)
def lattice_put_value(
    spot: float,
    strike: float,
    rate: float,
    carry: float,
    volatility: float,
    years: float,
    ladder: Floats,
) -> float:
    """Return the value of an American put on a lattice of ``len(ladder) - 1`` steps, money.

    Parameters
    ----------
    spot, strike, rate, carry, volatility, years : as in `american_value`
    ladder : (n_steps + 1,) float64, room for the values of one step
    """
    steps = ladder.shape[0] - 1
    step = years / steps
    drift = (carry - 0.5 * volatility * volatility) * step
    width = volatility * math.sqrt(step)
    up, down = math.exp(drift + width), math.exp(drift - width)
    rise = (math.exp(carry * step) - down) / (up - down)
    risen = math.exp(-rate * step) * rise
    fallen = math.exp(-rate * step) * (1.0 - rise)
    widen = math.exp(2.0 * width)
    price = spot * math.exp(steps * (drift - width))
    for i in range(steps + 1):
        ladder[i] = max(strike - price, 0.0)
        price *= widen
    for level in range(steps - 1, -1, -1):
        price = spot * math.exp(level * (drift - width))
        for i in range(level + 1):
            ladder[i] = max(fallen * ladder[i] + risen * ladder[i + 1], strike - price)
            price *= widen
    value: float = ladder[0]
    return value
