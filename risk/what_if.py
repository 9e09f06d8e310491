"""What if: two versions of a book under common scenarios, and the error of their difference.

References
----------
Glasserman & Yao (1992), "Some guidelines and guarantees for common random numbers", Management
Science 38(6); Manistre & Hancock (2005) and Bofinger (1975), as of `risk.measures.influence`;
L'Ecuyer & Lemieux (2002), as of `risk.measures.randomised_errors`.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kernels.arrays import Floats
from risk.errors import PlanError
from risk.measures.influence import (
    densities_at,
    quantile_change_errors,
    quantile_influence,
    randomised_error,
    shortfall_influence,
    tail_change_error,
)
from risk.measures.randomised_errors import randomised_errors
from risk.measures.tail import MEASURES, Tail, measure_tails

COLUMNS = [
    "measure",
    "level",
    "before",
    "after",
    "difference",
    "standard_error",
    "independent_error",
]

# What a book loses in each scenario, and its value at risk.
_Book = tuple[Floats, float]


def compare_losses(
    before: Floats,
    after: Floats,
    levels: Sequence[float],
    overlap: int = 1,
    randomisations: int | None = None,
) -> pd.DataFrame:
    """Compare the tail of a book before and after a change, under the same scenarios.

    Because both are valued in the same scenarios, most of the sampling error cancels: the error
    of the difference is far below that of either figure.

    Parameters
    ----------
    before, after : (n_scenarios,) float64, money, losses in the same scenarios; a loss is
        positive, no NaN
    levels : in (0, 1)
    overlap : days of each scenario, as in `risk.measures.tail.measure_tails`
    randomisations : of quasi-random scenarios, which are no independent draws: errors come from
        the spread over them, as in `risk.measures.influence.randomised_error`

    Returns
    -------
    Frame of measure, level, before, after, difference (after - before, so that a negative one is
    less risk), standard_error of the difference, and independent_error: what that error would be
    with scenarios drawn anew for each.

    Raises
    ------
    PlanError
        Where the scenarios are not the same number, a level is out of range, or there are too few
        scenarios for the randomisations.

    References
    ----------
    Glasserman & Yao (1992); Manistre & Hancock (2005), eq. 8; Bofinger (1975); L'Ecuyer & Lemieux
    (2002), section 1.
    """
    if len(before) != len(after):
        raise PlanError(
            f"both books need the same scenarios; got {len(before)} and {len(after)} of them"
        )
    rows = []
    tails = zip(
        levels,
        measure_tails(before, levels, overlap),
        measure_tails(after, levels, overlap),
        strict=True,
    )
    for level, old, new in tails:
        books = (before, old.value_at_risk), (after, new.value_at_risk)
        errors = _errors(books, (old, new), level, overlap, randomisations)
        for measure, (error, independent) in zip(MEASURES, errors, strict=True):
            first, second = getattr(old, measure), getattr(new, measure)
            rows.append(
                {
                    "measure": measure,
                    "level": level,
                    "before": first,
                    "after": second,
                    "difference": second - first,
                    "standard_error": error,
                    "independent_error": independent,
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def _errors(
    books: tuple[_Book, _Book],
    tails: tuple[Tail, Tail],
    level: float,
    overlap: int,
    randomisations: int | None,
) -> list[tuple[float, float]]:
    """Return the error of each measure's difference, and what it would be of scenarios anew."""
    if randomisations is None:
        found = _independent_errors(books, level, overlap)
        alone = [[getattr(tail, f"{name}_error") for name in MEASURES] for tail in tails]
    else:
        found = _randomised_errors(books, level, randomisations)
        alone = [randomised_errors(losses, (level,), randomisations)[0] for losses, _ in books]
    return list(zip(found, np.hypot(*np.array(alone)).tolist(), strict=True))


def _independent_errors(
    books: tuple[_Book, _Book], level: float, overlap: int
) -> tuple[float, float]:
    n, densities = len(books[0][0]), _densities(books, level)
    one, other = (losses > quantile for losses, quantile in books)
    shares, both = (one.mean(), other.mean()), (one & other).mean()
    quantile = quantile_change_errors(shares, both, densities, n, level, overlap)
    return float(quantile), tail_change_error(*_on_tail(books, level), level, overlap)


def _randomised_errors(
    books: tuple[_Book, _Book], level: float, randomisations: int
) -> tuple[float, float]:
    beside = zip(books, _densities(books, level), strict=True)
    before, after = (quantile_influence(*book, float(density)) for book, density in beside)
    changes = after - before, np.subtract(*_on_tail(books, level))
    quantile, shortfall = (randomised_error(change, randomisations) for change in changes)
    return quantile, shortfall


def _densities(books: tuple[_Book, _Book], level: float) -> tuple[Floats, Floats]:
    before, after = (densities_at(np.sort(losses), len(losses), level) for losses, _ in books)
    return before, after


def _on_tail(books: tuple[_Book, _Book], level: float) -> tuple[Floats, Floats]:
    before, after = (shortfall_influence(*book, level) for book in books)
    return after, before
