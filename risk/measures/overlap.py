"""How little overlapping scenarios tell: windows that share days are no independent draws.

Sums over ``overlap`` days that begin k days apart have a correlation of 1 - k / overlap if days are
independent. Of normal days it is known how often two such sums lie beyond a quantile together, and
by how much; from it follows the design effect: how many overlapping scenarios tell as much as one
independent scenario. Days of one volatile time are not independent, and tell less.

References
----------
Hansen & Hodrick (1980), "Forward exchange rates as optimal predictors of future spot rates",
Journal of Political Economy 88(5) (overlapping sums); Chen (2008), "Nonparametric estimation of
expected shortfall", Journal of Financial Econometrics 6(1), section 2 (errors of both figures from
covariances over all lags); Kish (1965), "Survey sampling", section 8.2 (design effects); Plackett
(1954), "A reduction formula for normal multivariate integrals", Biometrika 41, and Price (1958), "A
useful theorem for nonlinear devices having Gaussian inputs", IRE Transactions on Information Theory
4(2) (slopes of joint probabilities and moments over the correlation).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import special

from kernels.arrays import Floats, Integers

_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(64)
_TABLE = np.sin(np.linspace(-0.5 * np.pi, 0.5 * np.pi, 257))


class DesignEffects(NamedTuple):
    """As many overlapping scenarios tell as much as one independent one: from 1 to the overlap.

    Parameters
    ----------
    quantile : of the share of scenarios beyond a quantile
    shortfall : of what they lose beyond it
    part : of what moves on its own in scenarios beyond it
    """

    quantile: float
    shortfall: float
    part: float


@lru_cache(maxsize=512)
def design_effects(level: float, overlap: int) -> DesignEffects:
    """Return the design effects of overlapping scenarios about a quantile.

    Parameters
    ----------
    level : in (0, 1)
    overlap : days of each scenario, of which neighbours share all but one; 1 for none

    References
    ----------
    Hansen & Hodrick (1980); Chen (2008), section 2; Plackett (1954); Price (1958).
    """
    lags = 1.0 - np.arange(overlap) / overlap
    beyond, excess = _covariances(level, lags)
    both = beyond + (1.0 - level) ** 2
    return DesignEffects(
        _over_lags(beyond) / float(beyond[0]),
        _over_lags(excess) / float(excess[0]),
        _over_lags(lags * both) / float(both[0]),
    )


def lagged_covariances(covariances: Floats, scales: Floats, level: float, overlap: int) -> Floats:
    """Return covariances of two books' exceedances, those at all lags together.

    Scenarios of two books go together less the further apart they begin: as normal ones do whose
    exceedances in one scenario have the correlation found.

    Parameters
    ----------
    covariances : float64 of any shape, of being beyond the one and beyond the other book's
        quantile in the same scenario, fractions squared; no NaN
    scales : of the same shape, products of both deviations; where 0, nothing goes together
    level, overlap : as of `design_effects`

    Returns
    -------
    Fractions squared, of the same shape; with no overlap the covariances themselves.

    References
    ----------
    Hansen & Hodrick (1980); Chen (2008), section 2; Plackett (1954).
    """
    if overlap == 1:
        return covariances
    alone, lagged = _correlation_table(level, overlap)
    found = np.divide(covariances, scales, out=np.zeros(np.shape(scales)), where=scales > 0.0)
    return np.asarray(scales * np.interp(found, alone, lagged))


def shared_days(scenarios: Integers, weights: Floats, overlap: int) -> float:
    """Return how much more a weighted mean over some scenarios varies because they share days.

    Parameters
    ----------
    scenarios : (n_chosen,) int64, their numbers, each that of its first day
    weights : (n_chosen,) float64, fractions; no NaN
    overlap : as of `design_effects`

    Returns
    -------
    A ratio of variances, 1 where none share days, as of sums of independent days.

    References
    ----------
    Kish (1965), section 8.2; Hansen & Hodrick (1980).
    """
    if overlap == 1:
        return 1.0
    apart = np.abs(scenarios[:, None] - scenarios)
    together = weights @ np.maximum(1.0 - apart / overlap, 0.0) @ weights
    return float(together / (weights @ weights))


def _over_lags(covariances: Floats) -> float:
    """Return the sum over lags of both signs."""
    return float(covariances[0] + 2.0 * covariances[1:].sum())


@lru_cache(maxsize=32)
def _correlation_table(level: float, overlap: int) -> tuple[Floats, Floats]:
    """Return correlations of exceedances in one scenario, and their sums over all lags."""
    lags = 1.0 - np.arange(overlap) / overlap
    beyond = _covariances(level, _TABLE[:, None] * lags)[0]
    whole = beyond[-1, 0]
    return beyond[:, 0] / whole, (beyond[:, 0] + 2.0 * beyond[:, 1:].sum(axis=1)) / whole


def _covariances(level: float, correlations: Floats) -> tuple[Floats, Floats]:
    """Return covariances of normal pairs' exceedances, and of their excesses, of a quantile.

    The slope of the one over the correlation is the density of both at the quantile, that of the
    other the chance that both are beyond it.
    """
    score, share = special.ndtri(level), 1.0 - level
    angles = np.arcsin(correlations)
    sines = np.sin(0.5 * angles[..., None] * (_NODES + 1.0))
    heights = np.exp(-score * score / (1.0 + sines)) / (4.0 * np.pi)
    reach = correlations[..., None] - sines
    beyond = angles * (heights @ _NODE_WEIGHTS)
    excess = share**2 * correlations + angles * ((heights * reach) @ _NODE_WEIGHTS)
    return beyond, excess
