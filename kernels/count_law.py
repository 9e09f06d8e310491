"""The count law of demand by mean and dispersion: negative binomial, Poisson or binomial.

References
----------
Johnson, Kemp & Kotz (2005), "Univariate discrete distributions", section 2.3.1 (the Katz family,
whose three laws are told apart by variance / mean).
"""

import math

from numba import njit

from kernels.arrays import Floats

# Between these a count is Poisson.
POISSON_LOWEST = 0.99
POISSON_HIGHEST = 1.0 + 1e-9
# Below this many deviations under the mean there is less than 1e-18 of probability.
DEVIATIONS_BELOW = 9.0
# Rounding may keep a sum below its level for ever; that far out the level is reached.
DEVIATIONS_ABOVE = 12.0


# A trial that succeeds this surely makes the count a constant.
SURE = 1.0 - 1e-9


@njit(cache=True, nogil=True)
def binomial_trials(mean: float, dispersion: float) -> float:
    """Whole number of trials of which ``mean`` succeed with about that dispersion.

    A binomial's dispersion is one less the chance of success, so it can be as low as the part of
    a unit that ``mean`` lacks to be whole.
    """
    wanted = math.floor(mean / (1.0 - max(dispersion, 0.0)) + 0.5)
    return max(wanted, math.ceil(mean - 1e-6)) + 0.0


@njit(cache=True, nogil=True)
def count_log_probability(count: float, mean: float, dispersion: float) -> float:
    """Logarithm of the probability of ``count`` units, a whole number.

    Parameters
    ----------
    mean : units, positive
    dispersion : variance / mean; negative binomial above 1, binomial below, else Poisson
    """
    if dispersion > POISSON_HIGHEST:
        size = mean / (dispersion - 1.0)
        return (
            math.lgamma(count + size)
            - math.lgamma(size)
            - math.lgamma(count + 1.0)
            - size * math.log(dispersion)
            + count * math.log1p(-1.0 / dispersion)
        )
    if dispersion >= POISSON_LOWEST:
        return count * math.log(mean) - mean - math.lgamma(count + 1.0)
    trials: float = binomial_trials(mean, dispersion)
    chance = mean / trials
    if count > trials:
        return -math.inf
    if chance >= SURE:
        return 0.0 if count == trials else -math.inf
    return (
        math.lgamma(trials + 1.0)
        - math.lgamma(count + 1.0)
        - math.lgamma(trials - count + 1.0)
        + count * math.log(chance)
        + (trials - count) * math.log1p(-chance)
    )


@njit(cache=True, nogil=True)
def next_ratio(count: float, mean: float, dispersion: float) -> float:
    """Probability of ``count + 1`` units over that of ``count``."""
    if dispersion > POISSON_HIGHEST:
        size = mean / (dispersion - 1.0)
        return (count + size) / (count + 1.0) * (1.0 - 1.0 / dispersion)
    if dispersion >= POISSON_LOWEST:
        return mean / (count + 1.0)
    trials: float = binomial_trials(mean, dispersion)
    return max(trials - count, 0.0) / (count + 1.0) * mean / max(trials - mean, 1e-300)


@njit(cache=True, nogil=True)
def count_quantiles(mean: float, dispersion: float, levels: Floats, out: Floats) -> None:
    """Fill ``out`` with the smallest counts whose probability reaches each level.

    The time taken is proportional to the deviation.

    Parameters
    ----------
    mean : units per period, positive
    dispersion : variance / mean; negative binomial above 1, binomial below, else Poisson
    levels : (n_levels,) ascending, in (0, 1)
    out : (n_levels,) float64, overwritten; ``levels`` itself may be
    """
    if dispersion < POISSON_LOWEST and mean >= SURE * binomial_trials(mean, dispersion):
        out[:] = math.floor(mean + 0.5) + 0.0
        return
    deviation = math.sqrt(mean * max(dispersion, 1.0))
    count = max(math.floor(mean - DEVIATIONS_BELOW * deviation), 0.0)
    last = mean + DEVIATIONS_ABOVE * deviation + 50.0
    probability = math.exp(count_log_probability(count, mean, dispersion))
    total = probability
    for i in range(levels.shape[0]):
        while total < levels[i] and count < last:
            probability *= next_ratio(count, mean, dispersion)
            count += 1.0
            total += probability
        out[i] = count
