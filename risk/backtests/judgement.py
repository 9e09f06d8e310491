"""What a test says of many books: statistics, their p-values, and a verdict."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from kernels.arrays import Floats
from risk.backtests.errors import BacktestError

Verdict = Literal["accepted", "rejected", "undefined"]


@dataclass(frozen=True)
class Judgement:
    """A test of many books.

    Parameters
    ----------
    statistic : (n_books,) float64; NaN where the test cannot be made
    p_value : (n_books,) float64, probability of a statistic at least as extreme if the figures
        are true; NaN where the statistic is
    """

    statistic: Floats
    p_value: Floats

    def verdicts(self, significance: float) -> np.ndarray:
        """Return "accepted", "rejected" or "undefined" for each book.

        Parameters
        ----------
        significance : p-values below it reject, fraction
        """
        known = np.where(self.p_value < significance, "rejected", "accepted")
        return np.where(np.isnan(self.p_value), "undefined", known).astype(object)


def chi_square_judgement(statistic: Floats, degrees: int | Floats) -> Judgement:
    """Return the judgement of a statistic whose law is chi-square, by the upper tail.

    Parameters
    ----------
    statistic : (n_books,) float64, rounding below zero counting as zero; NaN has no p-value
    degrees : of freedom, of all books or of each
    """
    return Judgement(statistic, np.asarray(special.chdtrc(degrees, np.maximum(statistic, 0.0))))


def require_fraction(name: str, value: float) -> None:
    """Refuse what is not in (0, 1).

    Raises
    ------
    BacktestError
        With the setting's ``name`` and its value.
    """
    if not 0.0 < value < 1.0:
        raise BacktestError(f"{name} must be in (0, 1); got {value}")
