"""The count law of demand: negative binomial by mean and dispersion, Poisson at dispersion one.

References
----------
Johnson, Kemp & Kotz (2005), "Univariate discrete distributions", eqs. 4.2 and 5.31 (recursions).
"""

import math

from numba import njit

from kernels.arrays import Floats

POISSON_DISPERSION = 1.0 + 1e-9
# Below this many deviations under the mean there is less than 1e-18 of probability.
DEVIATIONS_BELOW = 9.0
# Rounding may keep a sum below its level for ever; that far out the level is reached.
DEVIATIONS_ABOVE = 12.0


@njit(cache=True, nogil=True)
def count_log_probability(count: float, mean: float, dispersion: float) -> float:
    """Logarithm of the probability of ``count`` units, a whole number.

    Parameters
    ----------
    mean : units, positive
    dispersion : variance / mean; 1 or less is Poisson
    """
    if dispersion <= POISSON_DISPERSION:
        return count * math.log(mean) - mean - math.lgamma(count + 1.0)
    size = mean / (dispersion - 1.0)
    return (
        math.lgamma(count + size)
        - math.lgamma(size)
        - math.lgamma(count + 1.0)
        - size * math.log(dispersion)
        + count * math.log1p(-1.0 / dispersion)
    )


@njit(cache=True, nogil=True)
def count_quantiles(mean: float, dispersion: float, levels: Floats, out: Floats) -> None:
    """Fill ``out`` with the smallest counts whose probability reaches each level.

    The time taken is proportional to the deviation.

    Parameters
    ----------
    mean : units per period, positive
    dispersion : variance / mean; 1 or less is Poisson
    levels : (n_levels,) ascending, in (0, 1)
    """
    poisson = dispersion <= POISSON_DISPERSION
    size = 0.0 if poisson else mean / (dispersion - 1.0)
    share = 0.0 if poisson else 1.0 - 1.0 / dispersion
    deviation = math.sqrt(mean * max(dispersion, 1.0))
    count = max(math.floor(mean - DEVIATIONS_BELOW * deviation), 0.0)
    last = mean + DEVIATIONS_ABOVE * deviation + 50.0
    probability = math.exp(count_log_probability(count, mean, dispersion))
    total = probability
    for i in range(levels.shape[0]):
        while total < levels[i] and count < last:
            probability *= (
                mean / (count + 1.0) if poisson else (count + size) / (count + 1.0) * share
            )
            count += 1.0
            total += probability
        out[i] = count
