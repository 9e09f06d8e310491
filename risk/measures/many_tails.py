"""Value at risk and expected shortfall of many samples at once, with their sampling errors.

References
----------
Acerbi & Tasche (2002), "On the coherence of expected shortfall", Journal of Banking & Finance
26(7), def. 2.6 and prop. 4.1; Maritz & Jarrett (1978), "A note on estimating the variance of the
sample median", JASA 73; Manistre & Hancock (2005), "Variance of the CTE estimator", North
American Actuarial Journal 9(2), eq. 8; L'Ecuyer & Lemieux (2002), "Recent advances in randomized
quasi-Monte Carlo methods", section 1.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kernels.arrays import Floats
from risk.measures.tail import (
    quantile_errors,
    quantile_place,
    quantile_reach,
    shortfall_errors,
    tail_weights,
)


class ManyTails(NamedTuple):
    """Tails of many books at each level, money, a loss is positive.

    Parameters
    ----------
    value_at_risk, expected_shortfall : (n_levels, n_books) float64
    value_at_risk_error, expected_shortfall_error : (n_levels, n_books) float64, standard errors
    """

    value_at_risk: Floats
    expected_shortfall: Floats
    value_at_risk_error: Floats
    expected_shortfall_error: Floats


def measure_many_tails(
    losses: Floats, levels: Sequence[float], randomisations: int | None = None
) -> ManyTails:
    """Measure the tails of many samples, each as `risk.measures.tail.measure_tails` does.

    Parameters
    ----------
    losses : (n_scenarios, n_books) float64, money, a loss is positive; no NaN
    levels : in (0, 1)
    randomisations : of quasi-random scenarios, which are no independent draws: scenario s is of
        randomisation ``s % randomisations``, and errors come from the spread of their figures.
        None says that scenarios are independent

    Returns
    -------
    ManyTails, money.

    References
    ----------
    Acerbi & Tasche (2002); Maritz & Jarrett (1978); Manistre & Hancock (2005), eq. 8; L'Ecuyer &
    Lemieux (2002), section 1.
    """
    n = len(losses)
    # A book a row: its figures are of the same sums beside any other books.
    own = np.ascontiguousarray(losses.T)
    first = min(quantile_place(n, level) - quantile_reach(n, level) for level in levels)
    if first > 0:
        own = np.ascontiguousarray(np.partition(own, first, axis=1)[:, first:])
    own.sort(axis=1)
    tails = tails_of_largest(own, n, levels)
    if randomisations is None:
        return tails
    parts = [
        measure_many_tails(losses[number::randomisations], levels)[:2]
        for number in range(randomisations)
    ]
    errors = np.std(parts, axis=0, ddof=1) / np.sqrt(randomisations)
    return tails._replace(value_at_risk_error=errors[0], expected_shortfall_error=errors[1])


def tails_of_largest(largest: Floats, n_scenarios: int, levels: Sequence[float]) -> ManyTails:
    """Measure the tails of many samples of which only the largest losses are there.

    Parameters
    ----------
    largest : (n_books, n_kept) float64, money, each book's largest losses, ascending, no NaN: from
        `risk.measures.tail.quantile_reach` places below each value at risk on, as far as there are
        so many; a loss is positive
    n_scenarios : how many losses there were
    levels : in (0, 1)

    Returns
    -------
    ManyTails, money; errors are of independent scenarios.

    References
    ----------
    Acerbi & Tasche (2002); Maritz & Jarrett (1978); Manistre & Hancock (2005), eq. 8.
    """
    figures = np.empty((4, len(levels), len(largest)))
    quantiles, shortfalls, quantile_error, shortfall_error = figures
    for row, level in enumerate(levels):
        weights = tail_weights(n_scenarios, level)
        tail = largest[:, largest.shape[1] - len(weights) :]
        quantiles[row] = tail[:, 0]
        shortfalls[row] = (weights * tail).sum(axis=1)
        quantile_error[row] = quantile_errors(largest, n_scenarios, level)
        shortfall_error[row] = shortfall_errors(tail, weights, shortfalls[row], n_scenarios, level)
    return ManyTails(*figures)
