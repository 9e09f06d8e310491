"""Gamma and chi-square draws: exact, each from its own counter.

The methods reject now and then; a rejected draw goes on to the next attempt of its own counter,
so that a number depends on the seed, the stream, the entity, the path and the step alone.

References
----------
Marsaglia & Tsang (2000), "A simple method for generating gamma variables", ACM Transactions on
Mathematical Software 26(3); section 6 (shapes below one).
"""

import math

from numba import njit

from kernels.normal import normal_quantile
from kernels.philox import uniform_pair_of_attempt

# At most one attempt in twenty is rejected: this many in a row have a chance below 1e-80.
MOST_ATTEMPTS = 64
_BOOST = 64


@njit(cache=True, nogil=True)
def gamma_draw(shape: float, seed: int, stream: int, entity: int, path: int, step: int) -> float:
    """Return a draw of the gamma law of scale one, whose mean and variance are ``shape``.

    Parameters
    ----------
    shape : in [0.06, 1e12]; of a smaller one a draw could be less than the smallest number there is
    seed, stream, entity, path, step : as in `kernels.philox`

    Returns
    -------
    A positive float; NaN where all attempts are rejected, which has a chance below 1e-80.
    """
    whole = shape if shape >= 1.0 else shape + 1.0
    d = whole - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    for attempt in range(MOST_ATTEMPTS):
        place, chance = uniform_pair_of_attempt(seed, stream, entity, path, step, attempt)
        x: float = normal_quantile(place)
        root = 1.0 + c * x
        if root <= 0.0:
            continue
        v = root * root * root
        if math.log(chance) < 0.5 * x * x + d * (1.0 - v + math.log(v)):
            if shape >= 1.0:
                return float(d * v)
            power, _ = uniform_pair_of_attempt(seed, stream, entity, path, step, _BOOST)
            return d * v * float(power ** (1.0 / shape))
    return math.nan


@njit(cache=True, nogil=True)
def chi_square_draw(
    degrees: float, seed: int, stream: int, entity: int, path: int, step: int
) -> float:
    """Return a draw of the chi-square law: of mean ``degrees`` and twice that variance.

    Parameters
    ----------
    degrees : degrees of freedom, in [0.12, 2e12], whole or not
    seed, stream, entity, path, step : as in `kernels.philox`
    """
    drawn: float = gamma_draw(0.5 * degrees, seed, stream, entity, path, step)
    return 2.0 * drawn
