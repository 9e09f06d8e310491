"""Scores of risk figures: of two methods, the better one has the lower mean.

References
----------
Fissler & Ziegel (2016), "Higher order elicitability and Osband's principle", Annals of Statistics
44(4), corollary 5.5; Patton, Ziegel & Chen (2019), "Dynamic semiparametric models for expected
shortfall (and value-at-risk)", Journal of Econometrics 211(2), equation 6; Gneiting (2011),
"Making and evaluating point forecasts", JASA 106(494), theorem 9 (the pinball loss).
"""

import numpy as np

from kernels.arrays import Floats
from risk.backtests.exceptions import require_same_days
from risk.backtests.judgement import require_fraction


def quantile_scores(losses: Floats, value_at_risk: Floats, level: float) -> Floats:
    """Return the pinball loss of value at risk, as forecasts of demand have it.

    It is ``(1 - level)`` times expected shortfall on average where value at risk is true and
    losses have a mean of zero.

    Parameters
    ----------
    losses : (n_days, n_books) float64, money, a loss is positive
    value_at_risk : (n_days, n_books) float64, money, said on the eve
    level : in (0, 1)

    Returns
    -------
    (n_days, n_books) float64, money, zero or more; NaN where either is.

    Raises
    ------
    BacktestError
        Where shapes differ or the level is out of range.

    References
    ----------
    Gneiting (2011), theorem 9.
    """
    require_fraction("level", level)
    require_same_days(losses, value_at_risk, "value_at_risk")
    beyond = np.maximum(losses - value_at_risk, 0.0)
    return np.asarray(beyond + (1.0 - level) * (value_at_risk - losses))


def joint_scores(
    losses: Floats, value_at_risk: Floats, expected_shortfall: Floats, level: float
) -> Floats:
    """Return the score of value at risk and expected shortfall together.

    It is of degree zero: in another currency, or of a book twice as large, all methods have as
    much more, so that differences may be averaged over books of any size. On average it is the
    logarithm of expected shortfall where both figures are true: 0.01 between two methods that
    are both true means that one gets along with an expected shortfall 1% less.

    Parameters
    ----------
    losses : (n_days, n_books) float64, money, a loss is positive
    value_at_risk, expected_shortfall : (n_days, n_books) float64, money, said on the eve
    level : of both, in (0, 1)

    Returns
    -------
    (n_days, n_books) float64; NaN where a figure is, and where expected shortfall is not
    positive, of which this score cannot judge.

    Raises
    ------
    BacktestError
        Where shapes differ or the level is out of range.

    References
    ----------
    Patton, Ziegel & Chen (2019), equation 6, with the sign of losses.
    """
    require_fraction("level", level)
    require_same_days(losses, value_at_risk, "value_at_risk")
    require_same_days(losses, expected_shortfall, "expected_shortfall")
    shortfall = np.where(expected_shortfall > 0.0, expected_shortfall, np.nan)
    beyond = np.maximum(losses - value_at_risk, 0.0) / (1.0 - level)
    return np.asarray((beyond + value_at_risk) / shortfall + np.log(shortfall) - 1.0)
