"""Exceptions: days whose loss went beyond value at risk, and how they follow one another.

References
----------
Christoffersen (1998), "Evaluating interval forecasts", International Economic Review 39(4),
sections 2 and 3 (the hit sequence and its transitions).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kernels.arrays import Floats, Integers
from kernels.backtest_counts import CALM_CALM, EXCEPTIONS, FIRST, JUDGED, N_COUNTS, count_exceptions
from risk.backtests.errors import BacktestError


@dataclass(frozen=True)
class Exceptions:
    """What is counted of each book.

    Parameters
    ----------
    n_days : (n_books,) int64, judged days
    exceptions : (n_books,) int64, days with a loss beyond value at risk
    first : (n_books,) int64, number, from 1, of the judged day of the first; 0 without one
    transitions : (n_books, 2, 2) int64, pairs of neighbouring judged days: [calm or beyond, then
        calm or beyond]
    """

    n_days: Integers
    exceptions: Integers
    first: Integers
    transitions: Integers


def find_exceptions(losses: Floats, value_at_risk: Floats) -> Exceptions:
    """Count the exceptions of each book.

    Parameters
    ----------
    losses : (n_days, n_books) float64, money, a loss is positive
    value_at_risk : (n_days, n_books) float64, money, said on the eve; a loss equal to it is none
        beyond it. A day with a NaN in either is not judged; the days on its two sides are not
        neighbours

    Returns
    -------
    Exceptions, days and pairs of days.

    Raises
    ------
    BacktestError
        Where the shapes differ.

    References
    ----------
    Christoffersen (1998), sections 2 and 3.
    """
    require_same_days(losses, value_at_risk, "value_at_risk")
    counts = np.zeros((losses.shape[1], N_COUNTS), np.int64)
    count_exceptions(by_book(losses), by_book(value_at_risk), counts)
    pairs = counts[:, CALM_CALM:].reshape(-1, 2, 2)
    return Exceptions(counts[:, JUDGED], counts[:, EXCEPTIONS], counts[:, FIRST], pairs)


def by_book(figures: Floats) -> Floats:
    """Return ``figures``, (n_days, n_books), as rows of books, each contiguous; NaN stays NaN."""
    return np.ascontiguousarray(figures.T, dtype=np.float64)


def require_same_days(losses: Floats, figures: Floats, name: str) -> None:
    """Refuse figures that are not of the days and books of the losses.

    Raises
    ------
    BacktestError
        With ``name``, and both shapes.
    """
    if losses.ndim != 2 or figures.shape != losses.shape:
        raise BacktestError(
            f"losses and {name} must both be (n_days, n_books); "
            f"got {losses.shape} and {figures.shape}"
        )


def require_names(portfolio_ids: Sequence[str], losses: Floats) -> None:
    """Refuse ``portfolio_ids`` that are not one for each book of the ``losses``.

    Raises
    ------
    BacktestError
        With how many there are, and should be.
    """
    if len(portfolio_ids) != losses.shape[1]:
        raise BacktestError(
            f"portfolio_ids must name {losses.shape[1]} books; got {len(portfolio_ids)}"
        )
