"""What single scenarios contribute to the error of a tail's figures: their influence.

The error of a figure, or of a difference of figures in the same scenarios, is the deviation of its
influence over the root of the number of scenarios, where these are independent. Where they overlap
they go together by `risk.measures.overlap`.

References
----------
Manistre & Hancock (2005), "Variance of the CTE estimator", North American Actuarial Journal 9(2),
eq. 8 (expected shortfall); Siddiqui (1960) and Bofinger (1975), "Estimation of a density function
using order statistics", Australian Journal of Statistics 17(1) (the density at a quantile); Parzen
(1979), "Nonparametric statistical data modeling", JASA 74(365) (how it falls along a tail); Hyndman
& Fan (1996), "Sample quantiles in statistical packages", The American Statistician 50(4);
Serfling (1980), "Approximation theorems of mathematical statistics", section 2.5.1 (Bahadur's
representation of a quantile); L'Ecuyer & Lemieux (2002), "Recent advances in randomized quasi-Monte
Carlo methods", section 1 (errors from independent randomisations).
"""

import numpy as np
from scipy import special

from kernels.arrays import Floats, Integers
from risk.measures.overlap import lagged_covariances
from risk.measures.tail import tail_errors


def shortfall_influence(losses: Floats, value_at_risk: float, level: float) -> Floats:
    """Return what each scenario contributes to the error of expected shortfall.

    Parameters
    ----------
    losses : (n_scenarios,) float64, money, a loss is positive; no NaN
    value_at_risk : of these losses, money
    level : in (0, 1)

    Returns
    -------
    (n_scenarios,) float64, money, but for a constant.

    References
    ----------
    Manistre & Hancock (2005), eq. 8.
    """
    return np.asarray(np.maximum(losses - value_at_risk, 0.0) / (1.0 - level))


def quantile_influence(losses: Floats, value_at_risk: float, density: float) -> Floats:
    """Return what each scenario contributes to the error of value at risk.

    Parameters
    ----------
    losses : (n_scenarios,) float64, money, a loss is positive; no NaN
    value_at_risk : of these losses, money
    density : of the losses at it, per money; 0 where it has no error

    Returns
    -------
    (n_scenarios,) float64, money, but for a constant.

    References
    ----------
    Serfling (1980), section 2.5.1.
    """
    if density == 0.0:
        return np.zeros(len(losses))
    return np.asarray((losses > value_at_risk) / density)


def randomised_error(influence: Floats, randomisations: int) -> float:
    """Return the standard error of a figure of quasi-random scenarios from what each contributes.

    Parameters
    ----------
    influence : (n_scenarios,) float64, money, but for a constant; no NaN, a loss is positive
    randomisations : scenario s is of randomisation ``s % randomisations``

    Returns
    -------
    Money: the deviation of the randomisations' means, over their number less one, over its root.

    References
    ----------
    L'Ecuyer & Lemieux (2002), section 1.
    """
    means = randomised_means(np.arange(len(influence)), influence, len(influence), randomisations)
    return float(means.std(ddof=1) / np.sqrt(randomisations))


def tail_change_error(one: Floats, other: Floats, level: float, overlap: int = 1) -> float:
    """Return the standard error of a difference of two books' expected shortfalls.

    What both have in common comes in runs where scenarios overlap, and what they have not less so.

    Parameters
    ----------
    one, other : (n_scenarios,) float64, money, of `shortfall_influence`; a loss is positive, no NaN
    level : in (0, 1)
    overlap : days of each scenario, as of `risk.measures.tail.measure_tails`

    Returns
    -------
    Money.

    References
    ----------
    Manistre & Hancock (2005), eq. 8.
    """
    whole, common = (one - other).var(), (one + other).var()
    slope = (one.var() - other.var()) / common if common > 0.0 else 0.0
    along, share = min(slope * slope * common, whole), 1.0 - level
    return float(tail_errors(share * along, len(one), level, overlap, share * (whole - along)))


def quantile_change_errors(
    shares: tuple[Floats, Floats],
    both: Floats,
    densities: tuple[Floats, Floats],
    n_scenarios: int,
    level: float,
    overlap: int = 1,
) -> Floats:
    """Return the standard errors of differences of two books' values at risk.

    A scenario contributes to each as much as it costs that book if the share of scenarios beyond
    its value at risk is off by one; what it contributes to the difference is known from counts.

    Parameters
    ----------
    shares : of scenarios beyond each book's value at risk, two float64 of shapes that broadcast
    both : of scenarios beyond both, fractions; no NaN
    densities : of each book's losses at its value at risk, per money; 0 where it has no error
    n_scenarios : how many scenarios there are
    level : in (0, 1)
    overlap : days of each scenario, as of `risk.measures.tail.measure_tails`

    Returns
    -------
    float64 of the shape of both, money.

    References
    ----------
    Serfling (1980), section 2.5.1.
    """
    one, other = (share * (1.0 - share) for share in shares)
    steps = [quantile_steps(density) for density in densities]
    apart = both - shares[0] * shares[1]
    together = lagged_covariances(apart, np.sqrt(one * other), level, overlap)
    variance = -2.0 * together * steps[0] * steps[1]
    for spread, step in zip((one, other), steps, strict=True):
        variance = variance + lagged_covariances(spread, spread, level, overlap) * step * step
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)) * np.sqrt(1.0 / n_scenarios))


def randomised_means(
    scenarios: Integers, values: Floats, n_scenarios: int, randomisations: int
) -> Floats:
    """Return the mean over each randomisation of values that are zero but in some scenarios.

    Parameters
    ----------
    scenarios : (n_chosen,) int64, their numbers; scenario s is of ``s % randomisations``
    values : (n_chosen,) float64, money, a loss is positive; no NaN
    n_scenarios : how many there are in all
    randomisations : how many there are

    Returns
    -------
    (randomisations,) float64, money.

    References
    ----------
    L'Ecuyer & Lemieux (2002), section 1.
    """
    counts = np.bincount(np.arange(n_scenarios) % randomisations, minlength=randomisations)
    sums = np.bincount(scenarios % randomisations, weights=values, minlength=randomisations)
    return np.asarray(sums / counts)


def density_span(n_scenarios: int, level: float) -> tuple[float, float]:
    """Return the probabilities of the two quantiles that tell the density at one between them.

    They are as far to each side in log odds as Bofinger's are in probability, and within the
    sample: over log odds quantiles of a tail, heavy or not, are nearly straight, and over
    probabilities they bend.

    Parameters
    ----------
    n_scenarios : how many losses there are
    level : in (0, 1)

    References
    ----------
    Bofinger (1975), for normal losses; Parzen (1979).
    """
    score = float(special.ndtri(level))
    height = float(np.exp(-0.5 * score * score) / np.sqrt(2.0 * np.pi))
    width = n_scenarios**-0.2 * (4.5 * height**4 / (2.0 * score**2 + 1.0) ** 2) ** 0.2
    reach = min(width, level, 1.0 - level) / (level * (1.0 - level))
    odds, least = special.logit(level), (2.0 / 3.0) / (n_scenarios + 1.0 / 3.0)
    low, high = np.clip(special.expit([odds - reach, odds + reach]), least, 1.0 - least)
    return float(low), float(high)


def density_place(n_scenarios: int, probability: float) -> float:
    """Return where among sorted losses, counted from 0, a quantile lies that tells a density.

    It is there as likely too small as too large, nearly, whatever the law.

    Parameters
    ----------
    n_scenarios : how many losses there are
    probability : of `density_span`

    References
    ----------
    Hyndman & Fan (1996), definition 8.
    """
    place = probability * (n_scenarios + 1.0 / 3.0) - 2.0 / 3.0
    return min(max(place, 0.0), n_scenarios - 1.0)


def densities_at(tails: Floats, n_scenarios: int, level: float) -> Floats:
    """Return densities of losses at a quantile, from the spacing of their order statistics.

    Parameters
    ----------
    tails : (..., n_kept) float64, money, the largest of the losses, ascending, no NaN: from the
        lower end of `density_span` on; a loss is positive
    n_scenarios : how many losses there were
    level : in (0, 1)

    Returns
    -------
    (...,) float64, per money; zero where the losses around it are all the same: such a quantile has
    no error.

    References
    ----------
    Siddiqui (1960); Bofinger (1975); Parzen (1979).
    """
    span = density_span(n_scenarios, level)
    low, high = (_interpolated(tails, n_scenarios, probability) for probability in span)
    gaps = np.asarray(high - low)
    mass = level * (1.0 - level) * float(np.diff(special.logit(span))[0])
    return np.divide(mass, gaps, out=np.zeros(gaps.shape), where=gaps > 0.0)


def quantile_steps(densities: Floats) -> Floats:
    """Return what it costs a value at risk if the share of scenarios beyond it is off by one.

    Parameters
    ----------
    densities : float64 of any shape, of losses at it, per money; no NaN, 0 where it has no error

    Returns
    -------
    float64 of the same shape, money; 0 where it has no error.

    References
    ----------
    Serfling (1980), section 2.5.1.
    """
    return np.divide(1.0, densities, out=np.zeros(np.shape(densities)), where=densities > 0.0)


def _interpolated(tails: Floats, n: int, probability: float) -> Floats:
    place = density_place(n, probability)
    below = int(place)
    absent = n - tails.shape[-1]
    low, high = tails[..., below - absent], tails[..., min(below + 1, n - 1) - absent]
    return np.asarray(low + (place - below) * (high - low))
