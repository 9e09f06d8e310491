"""Proportion of failures: whether there are as many exceptions as the level says.

References
----------
Kupiec (1995), "Techniques for verifying the accuracy of risk measurement models", Journal of
Derivatives 3(2).
"""

import numpy as np
from scipy import special

from kernels.arrays import Floats, Integers
from risk.backtests.judgement import Judgement, chi_square_judgement, require_fraction


def proportion_of_failures(n_days: Integers, exceptions: Integers, level: float) -> Judgement:
    """Test the share of exceptions by its likelihood ratio, chi-square with one degree.

    Too few exceptions reject as too many do. Without any the ratio is -2 n ln(level): 255 days at
    99% give 5.13, which rejects at 5%.

    Parameters
    ----------
    n_days : (n_books,) int64, judged days
    exceptions : (n_books,) int64, among them
    level : of value at risk, in (0, 1)

    Returns
    -------
    Judgement, statistic not negative; undefined (NaN) where no day was judged.

    Raises
    ------
    BacktestError
        Where the level is out of range.

    References
    ----------
    Kupiec (1995).
    """
    require_fraction("level", level)
    days = np.asarray(n_days, float)
    ratio = likelihood_ratio(days - exceptions, np.asarray(exceptions, float), level)
    return chi_square_judgement(np.where(days > 0.0, ratio, np.nan), 1)


def likelihood_ratio(calm: Floats, beyond: Floats, level: float) -> Floats:
    """Return twice the log-likelihood of the observed share of exceptions over the expected one.

    Parameters
    ----------
    calm, beyond : (n_books,) float64, number of days of either kind; no NaN
    level : probability of a calm day

    References
    ----------
    Kupiec (1995).
    """
    return np.asarray(
        2.0
        * (
            log_likelihood(calm, beyond)
            - special.xlogy(beyond, 1.0 - level)
            - special.xlogy(calm, level)
        )
    )


def log_likelihood(calm: Floats, beyond: Floats) -> Floats:
    """Return the log-likelihood of independent days at their own share of exceptions.

    Parameters
    ----------
    calm, beyond : float64 of one shape, number of days of either kind; no NaN, and 0 for no day

    References
    ----------
    Kupiec (1995).
    """
    days = np.maximum(calm + beyond, 1.0)
    found = special.xlogy(beyond, beyond / days) + special.xlogy(calm, calm / days)
    return np.asarray(found)
