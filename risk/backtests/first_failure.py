"""Time to first failure: whether the first exception came when it was to be expected.

References
----------
Kupiec (1995), "Techniques for verifying the accuracy of risk measurement models", Journal of
Derivatives 3(2).
"""

import numpy as np
from scipy import special

from kernels.arrays import Integers
from risk.backtests.judgement import Judgement, chi_square_judgement, require_fraction


def time_to_first_failure(n_days: Integers, first: Integers, level: float) -> Judgement:
    """Test the day of the first exception by its likelihood ratio, chi-square with one degree.

    Parameters
    ----------
    n_days : (n_books,) int64, judged days
    first : (n_books,) int64, number of the day of the first exception, from 1; 0 where none came,
        which is as likely as ``n_days`` calm days
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
    came = np.asarray(first) > 0
    calm = np.where(came, first - 1, n_days).astype(float)
    waited = np.maximum(np.where(came, first, 1), 1).astype(float)
    # The geometric likelihood is highest at a share of 1 / waited; without an exception, at 0.
    highest = special.xlogy(calm, (waited - 1.0) / waited) - np.log(waited)
    expected = special.xlogy(calm, level)
    ratio = 2.0 * np.where(came, highest - expected - np.log(1.0 - level), -expected)
    return chi_square_judgement(np.where(np.asarray(n_days) > 0, ratio, np.nan), 1)
