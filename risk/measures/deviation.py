"""Deviations of losses over the days of a window, and what each day contributes to their error.

References
----------
Serfling (1980), "Approximation theorems of mathematical statistics", section 2.2.1 (the variance
of a sample's moments); Choueifaty & Coignard (2008), "Toward maximum diversification", Journal of
Portfolio Management 35(1).
"""

import numpy as np

from kernels.arrays import Floats
from risk.covariance.sample import moving


def measure_deviations(losses: Floats) -> Floats:
    """Return the deviation of each column, exactly zero where all losses are the same.

    Parameters
    ----------
    losses : (n_days, n_columns) float64, money, a loss is positive; no NaN

    Returns
    -------
    (n_columns,) float64, money, about the mean, over n_days - 1.

    References
    ----------
    Serfling (1980), section 2.2.1.
    """
    return np.where(moving(losses), losses.std(axis=0, ddof=1), 0.0)


def deviation_influence(losses: Floats) -> Floats:
    """Return what each day contributes to the error of each column's deviation.

    Parameters
    ----------
    losses : as of `measure_deviations`; a loss is positive, no NaN

    Returns
    -------
    (n_days, n_columns) float64, money; zero where all losses are the same.

    References
    ----------
    Serfling (1980), section 2.2.1, and the delta method.
    """
    squares = (losses - losses.mean(axis=0)) ** 2
    variances = squares.mean(axis=0)
    shown = moving(losses)
    scale = 2.0 * np.sqrt(np.where(shown, variances, 1.0))
    return np.where(shown, (squares - variances) / scale, 0.0)


def deviation_errors(losses: Floats) -> Floats:
    """Return the standard error of each column's deviation, days being independent.

    Parameters
    ----------
    losses : as of `measure_deviations`; a loss is positive, no NaN

    Returns
    -------
    (n_columns,) float64, money.

    References
    ----------
    Serfling (1980), section 2.2.1.
    """
    return np.asarray(deviation_influence(losses).std(axis=0) / np.sqrt(len(losses)))


def diversification_error(positions: Floats, total: Floats) -> float:
    """Return the standard error of `risk.measures.allocation.diversification_ratio`.

    Parameters
    ----------
    positions : (n_days, n_positions) float64, money, what each position loses; no NaN
    total : (n_days,) float64, money, what the book loses; a loss is positive, no NaN

    Returns
    -------
    A ratio; NaN where the book never moves.

    References
    ----------
    Choueifaty & Coignard (2008); Serfling (1980), section 2.2.1, and the delta method.
    """
    book = total[:, None]
    together = float(measure_deviations(book)[0])
    if not together > 0.0:
        return float("nan")
    ratio = float(measure_deviations(positions).sum()) / together
    own = deviation_influence(positions).sum(axis=1)
    influence = (own - ratio * deviation_influence(book)[:, 0]) / together
    return float(influence.std() / np.sqrt(len(total)))
