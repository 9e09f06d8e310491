"""Laws of demand in a period: quantiles from a mean and a dispersion, never negative.

References
----------
Johnson, Kemp & Kotz (2005), "Univariate discrete distributions", ch. 4-5 (recursions);
Aitchison (1955), "On the distribution of a positive random variable having a discrete
probability mass at the origin", JASA 50 (the zero-inflated lognormal).
"""

import math
from enum import IntEnum

from numba import njit

from kernels.arrays import Floats, Integers
from kernels.normal import normal_quantile


class Law(IntEnum):
    """A law of demand.

    COUNT : negative binomial with variance ``dispersion * mean``; Poisson where that is the mean
    LOGNORMAL : variance ``dispersion * mean**2`` in all, and a mass ``zero_share`` at zero
    """

    COUNT = 0
    LOGNORMAL = 1


# The recursion starts from the probability of zero, which must not underflow.
SMALLEST_LOG_PROBABILITY = -600.0


@njit(cache=True, nogil=True)
def log_probability_of_zero(mean: float, dispersion: float) -> float:
    """Logarithm of the probability of no demand under the count law."""
    if dispersion <= 1.0 + 1e-9:
        return -mean
    return -mean / (dispersion - 1.0) * math.log(dispersion)


@njit(cache=True, nogil=True)
def count_quantiles(mean: float, dispersion: float, levels: Floats, out: Floats) -> None:
    """Fill ``out`` with the smallest counts whose probability reaches each level.

    Parameters
    ----------
    mean : units per period, positive
    dispersion : variance / mean; 1 or less is Poisson
    levels : (n_levels,) ascending, in (0, 1)
    """
    poisson = dispersion <= 1.0 + 1e-9
    probability = math.exp(log_probability_of_zero(mean, dispersion))
    size = 0.0 if poisson else mean / (dispersion - 1.0)
    share = 0.0 if poisson else 1.0 - 1.0 / dispersion
    # Rounding may keep the sum below a level for ever; twelve deviations out it is reached.
    last = int(mean + 12.0 * math.sqrt(mean * max(dispersion, 1.0))) + 50
    total = probability
    count = 0
    for i in range(levels.shape[0]):
        while total < levels[i] and count < last:
            probability *= mean / (count + 1) if poisson else (count + size) / (count + 1) * share
            count += 1
            total += probability
        out[i] = count


@njit(cache=True, nogil=True)
def lognormal_quantiles(
    mean: float, dispersion: float, zero_share: float, levels: Floats, out: Floats
) -> None:
    """Fill ``out`` with the quantiles of a lognormal with a mass at zero.

    Parameters
    ----------
    mean : units per period, positive, of all demand, zeros included
    dispersion : variance / mean**2 of all demand
    zero_share : probability of no demand, fraction below 1
    levels : (n_levels,) ascending, in (0, 1)
    """
    positive = 1.0 - zero_share
    # E[X^2 | X > 0] / E[X | X > 0]^2; at least 1, or the mass at zero alone exceeds the variance.
    ratio = max((1.0 + dispersion) * positive, 1.0 + 1e-12)
    spread = math.sqrt(math.log(ratio))
    centre = math.log(mean / positive) - 0.5 * spread * spread
    for i in range(levels.shape[0]):
        if levels[i] <= zero_share:
            out[i] = 0.0
        else:
            z = normal_quantile((levels[i] - zero_share) / positive)
            out[i] = math.exp(centre + spread * z)


@njit(cache=True, nogil=True)
def fill_quantiles(
    laws: Integers,
    means: Floats,
    dispersions: Floats,
    zero_shares: Floats,
    levels: Floats,
    out: Floats,
) -> None:
    """Fill the quantiles of many periods.

    Parameters
    ----------
    laws : (n,) int64 of `Law`; a count law whose start would underflow becomes a lognormal of
        the same mean and variance
    means, dispersions, zero_shares : (n,) float64; a mean of zero has all quantiles zero
    levels : (n_levels,) ascending, in (0, 1)
    out : (n, n_levels) float64
    """
    for i in range(means.shape[0]):
        mean, dispersion = means[i], dispersions[i]
        if mean <= 0.0:
            out[i, :] = 0.0
        elif laws[i] == Law.LOGNORMAL:
            lognormal_quantiles(mean, dispersion, zero_shares[i], levels, out[i])
        elif log_probability_of_zero(mean, dispersion) < SMALLEST_LOG_PROBABILITY:
            lognormal_quantiles(mean, max(dispersion, 1.0) / mean, 0.0, levels, out[i])
        else:
            count_quantiles(mean, dispersion, levels, out[i])


@njit(cache=True, nogil=True)
def pinball_and_coverage(
    actuals: Floats, quantiles: Floats, levels: Floats, losses: Floats, covered: Floats
) -> None:
    """Fill the mean pinball loss over levels, and whether the actual lies within the 80% band.

    Parameters
    ----------
    actuals : (n,) float64; NaN is not scored and gives NaN
    quantiles : (n, n_levels) float64, ascending along levels
    levels : (n_levels,) ascending; 10% and 90% are taken to be the first at or above them
    losses, covered : (n,) float64, overwritten
    """
    n_levels = levels.shape[0]
    low, high = 0, 0
    for j in range(n_levels):
        if levels[j] < 0.1 - 1e-9:
            low = j + 1
        if levels[j] < 0.9 - 1e-9:
            high = j + 1
    for i in range(actuals.shape[0]):
        actual = actuals[i]
        total = 0.0
        for j in range(n_levels):
            difference = actual - quantiles[i, j]
            total += levels[j] * difference if difference >= 0.0 else (levels[j] - 1.0) * difference
        losses[i] = total / n_levels
        within = quantiles[i, low] <= actual <= quantiles[i, high]
        covered[i] = math.nan if math.isnan(actual) else 1.0 if within else 0.0
