"""The newsvendor's best level and its cost, for normal, lognormal and whole demand."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from inventory.policies.policy import require_positive
from inventory.theory.loss import mean_shortages, normal_loss, require_law
from kernels.arrays import Floats


@dataclass(frozen=True)
class NewsvendorOptimum:
    """The level of least mean cost.

    Parameters
    ----------
    level : units
    cost : money per season
    """

    level: float
    cost: float


def normal_newsvendor(
    holding: float, shortage: float, mean: float, deviation: float
) -> NewsvendorOptimum:
    """Return the best level for normal demand.

    Parameters
    ----------
    holding, shortage : money per unit left and per unit short
    mean, deviation : units per season

    Raises
    ------
    PlanError
        Where a price or the deviation is not above zero.

    References
    ----------
    Snyder & Shen (2019), eqs. 4.24 and 4.30.
    """
    require_positive("holding", holding)
    require_positive("shortage", shortage)
    require_positive("deviation", deviation)
    level = mean + deviation * float(ndtri(shortage / (shortage + holding)))
    short = normal_loss(level, mean, deviation)
    return _optimum(holding, shortage, level, mean, short)


def lognormal_newsvendor(
    holding: float, shortage: float, log_mean: float, log_deviation: float
) -> NewsvendorOptimum:
    """Return the best level for lognormal demand.

    Parameters
    ----------
    holding, shortage : money per unit left and per unit short
    log_mean, log_deviation : of the logarithm of units per season

    Raises
    ------
    PlanError
        Where a price or the deviation is not above zero.

    References
    ----------
    Snyder & Shen (2019), eq. 4.28 and problem 4.8(b); Johnson, Kotz & Balakrishnan (1994),
    "Continuous univariate distributions", section 14.3 (the mean above a level).
    """
    require_positive("holding", holding)
    require_positive("shortage", shortage)
    require_positive("log_deviation", log_deviation)
    z = float(ndtri(shortage / (shortage + holding)))
    level = math.exp(log_mean + log_deviation * z)
    mean = math.exp(log_mean + 0.5 * log_deviation**2)
    short = mean * float(ndtr(log_deviation - z)) - level * float(ndtr(-z))
    return _optimum(holding, shortage, level, mean, short)


def count_newsvendor(holding: float, shortage: float, chances: Floats) -> NewsvendorOptimum:
    """Return the best level for demand in whole units.

    Parameters
    ----------
    holding, shortage : money per unit left and per unit short
    chances : (n_outcomes,) float64, probabilities of 0, 1, ... units

    Raises
    ------
    PlanError
        Where a price is not above zero, or the probabilities are none.

    References
    ----------
    Snyder & Shen (2019), section 4.3.2.7: the smallest level whose distribution function reaches
    the critical ratio.
    """
    require_positive("holding", holding)
    require_positive("shortage", shortage)
    require_law(chances)
    # A sum may miss the ratio by rounding alone.
    ratio = shortage / (shortage + holding) - 1e-12
    level = min(int(np.searchsorted(np.cumsum(chances), ratio)), len(chances) - 1)
    mean = float(np.arange(len(chances)) @ chances)
    short = float(mean_shortages(chances, level + 1)[level])
    return _optimum(holding, shortage, level, mean, short)


def _optimum(
    holding: float, shortage: float, level: float, mean: float, short: float
) -> NewsvendorOptimum:
    """Return a level with what it costs: of mean demand, ``short`` units are not served."""
    return NewsvendorOptimum(level, holding * (level - mean + short) + shortage * short)
