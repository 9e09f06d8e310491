"""Drawdowns: how far below its best a book has been.

References
----------
Chekhlov, Uryasev & Zabarankin (2005), "Drawdown measure in portfolio optimization",
International Journal of Theoretical and Applied Finance 8(1) (conditional drawdown at risk).
"""

from dataclasses import dataclass

import numpy as np

from kernels.arrays import Floats
from risk.errors import PlanError, require_level
from risk.measures.tail import quantile_place


@dataclass(frozen=True)
class Drawdowns:
    """Drawdowns of many books, money, positive is below the best so far.

    Parameters
    ----------
    deepest : (n_books,) float64, the largest
    mean : (n_books,) float64, over all days
    conditional : (n_books,) float64, mean of the worst share of days
    longest : (n_books,) int64, days in a row below the best so far
    """

    deepest: Floats
    mean: Floats
    conditional: Floats
    longest: np.ndarray


def measure_drawdowns(losses: Floats, level: float = 0.95) -> Drawdowns:
    """Measure the drawdowns of books that start at their best.

    A drawdown is how much the sum of gains so far is below the best sum before it, or below the
    start; the conditional one is the mean of the worst n_days (1 - level) of them, by the
    conventions of expected shortfall in `risk.measures.tail.measure_tails`.

    Parameters
    ----------
    losses : (n_days, n_books) float64, money, a loss is positive; a day with a NaN moves nothing
    level : the worst 1 - level of days are in the conditional drawdown, in (0, 1)

    Returns
    -------
    Drawdowns, money and days, never negative.

    Raises
    ------
    PlanError
        Where there is no day, or the level is out of range.

    References
    ----------
    Chekhlov, Uryasev & Zabarankin (2005).
    """
    require_level(level)
    if losses.ndim != 2 or len(losses) == 0:
        raise PlanError(f"losses must be (n_days, n_books) with a day; got shape {losses.shape}")
    won = -np.cumsum(np.nan_to_num(losses, nan=0.0), axis=0)
    best = np.maximum(np.maximum.accumulate(won, axis=0), 0.0)
    below = best - won
    return Drawdowns(
        below.max(axis=0), below.mean(axis=0), _mean_of_worst(below, level), _longest(below > 0.0)
    )


def _mean_of_worst(below: Floats, level: float) -> Floats:
    n_days = len(below)
    place = quantile_place(n_days, level)
    ordered = np.sort(below, axis=0)
    weight = 1.0 / (n_days * (1.0 - level))
    rest = 1.0 - weight * (n_days - place)
    return np.asarray(rest * ordered[place - 1] + weight * ordered[place:].sum(axis=0))


def _longest(below: np.ndarray) -> np.ndarray:
    longest = np.zeros(below.shape[1], np.int64)
    run = np.zeros(below.shape[1], np.int64)
    for day in below:
        run = np.where(day, run + 1, 0)
        longest = np.maximum(longest, run)
    return longest
