"""Independence and conditional coverage: whether exceptions come in bursts.

References
----------
Christoffersen (1998), "Evaluating interval forecasts", International Economic Review 39(4),
section 3.
"""

import numpy as np

from kernels.arrays import Floats, Integers
from risk.backtests.judgement import Judgement, chi_square_judgement, require_fraction
from risk.backtests.proportion_of_failures import likelihood_ratio, log_likelihood


def independence(transitions: Integers) -> Judgement:
    """Test independence of neighbouring days against a Markov chain, chi-square with one degree.

    Parameters
    ----------
    transitions : (n_books, 2, 2) int64, pairs of neighbouring days: [calm or beyond, then calm or
        beyond]

    Returns
    -------
    Judgement, statistic not negative; undefined (NaN) where no first day of a pair is an
    exception, or all are: nothing then tells days after exceptions from others.

    References
    ----------
    Christoffersen (1998), section 3 (LR of independence).
    """
    pairs = np.asarray(transitions, float)
    defined = (pairs.sum(axis=2) > 0.0).all(axis=1)
    return chi_square_judgement(np.where(defined, _dependence(pairs), np.nan), 1)


def conditional_coverage(transitions: Integers, level: float) -> Judgement:
    """Test the share of exceptions and their independence at once, chi-square with two degrees.

    The first day is given, as in the Markov likelihood: the share is that of each pair's second.

    Parameters
    ----------
    transitions : (n_books, 2, 2) int64, as of `independence`
    level : of value at risk, in (0, 1)

    Returns
    -------
    Judgement, statistic not negative; undefined (NaN) where there is no pair.

    Raises
    ------
    BacktestError
        Where the level is out of range.

    References
    ----------
    Christoffersen (1998), section 3 (LR of conditional coverage).
    """
    require_fraction("level", level)
    pairs = np.asarray(transitions, float)
    calm, beyond = pairs[:, :, 0].sum(axis=1), pairs[:, :, 1].sum(axis=1)
    ratio = likelihood_ratio(calm, beyond, level) + _dependence(pairs)
    return chi_square_judgement(np.where(calm + beyond > 0.0, ratio, np.nan), 2)


def _dependence(pairs: Floats) -> Floats:
    """Return twice the log-likelihood of the chain over that of independent days."""
    chain = log_likelihood(pairs[:, :, 0], pairs[:, :, 1]).sum(axis=1)
    alike = log_likelihood(pairs[:, :, 0].sum(axis=1), pairs[:, :, 1].sum(axis=1))
    return np.asarray(2.0 * (chain - alike))
