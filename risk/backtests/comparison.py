"""Which method says the risk of which book best.

Tests of exceptions reject figures one by one, and say nothing of which of those they keep is
better. A score that true figures alone make least does.

References
----------
Nolde & Ziegel (2017), "Elicitability and backtesting: perspectives for banking regulation",
Annals of Applied Statistics 11(4), section 2.2; Hansen, Lunde & Nason (2011), "The model
confidence set", Econometrica 79(2); Patton, Ziegel & Chen (2019), Journal of Econometrics 211(2).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kernels.arrays import Floats
from kernels.confidence_sets import fill_confidence, fill_shifts
from kernels.stationary_bootstrap import fill_days
from risk.backtests.errors import BacktestError
from risk.backtests.exceptions import require_names
from risk.backtests.judgement import require_fraction
from risk.backtests.scores import joint_scores, quantile_scores

REPLICATES = 1_000
# Methods that may be the best stand in a set that holds the best so surely.
CONFIDENCE = 0.9
BEST, AS_GOOD, WORSE, UNDEFINED = "best", "as good", "worse", "undefined"


@dataclass(frozen=True)
class Figures:
    """What one method said of every book on the eve of every day.

    Parameters
    ----------
    value_at_risk, expected_shortfall : (n_days, n_books) float64, money
    """

    value_at_risk: Floats
    expected_shortfall: Floats


@dataclass(frozen=True)
class Comparison:
    """How methods stand to each other.

    Parameters
    ----------
    by_book : per book and method: portfolio_id, method, level, horizon, n_days, quantile_score
        (money), joint_score, p_value of its being the best, and standing: "best" for the least
        joint score, "as good" for others in the set that holds the best, "worse", or "undefined"
        with NaN for joint score and p_value where a method's expected shortfall is not positive
        on all days
    overall : per method, over the books that have joint scores by all: method, level, horizon,
        n_days, n_portfolios, quantile_score (mean over books, of each book's mean over methods),
        joint_score (medians over books: of what is above the book's median over methods, and of
        that), its difference from the least with standard error (NaN of a single day), p_value,
        standing, best_portfolios and good_portfolios (with the standing "best"; with it or "as
        good")
    """

    by_book: pd.DataFrame
    overall: pd.DataFrame


def compare_methods(
    losses: Floats,
    figures: Mapping[str, Figures],
    level: float,
    *,
    portfolio_ids: Sequence[str],
    horizon: int = 1,
    confidence: float = CONFIDENCE,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Comparison:
    """Score what several methods said of the same books and days, and tell which may be best.

    The set of those that may be is Hansen, Lunde and Nason's, by the stationary bootstrap of
    days, all books and methods by the same ones, in runs of the cube root of their number, so
    that what books have in common on a day counts once. Of all books together the score is that
    of the one in the middle, and no single book decides.

    Parameters
    ----------
    losses : (n_days, n_books) float64, money, a loss is positive; no NaN, and in order of time
    figures : by method, of the same days and books; no NaN
    level : of both figures, in (0, 1)
    portfolio_ids : (n_books,) names
    horizon : trading days that the figures look ahead; of more than one, losses may share days
        with far fewer others than there are in a run
    confidence : with which the set holds the best, in (0, 1)
    replicates : of the bootstrap, at least 100
    seed : in [0, 2**32)

    Returns
    -------
    Comparison. A single method is the best.

    Raises
    ------
    BacktestError
        Where shapes differ, there is no method or no day, or a setting is out of range.

    References
    ----------
    Hansen, Lunde & Nason (2011), section 3; Patton, Ziegel & Chen (2019) for the joint score.
    """
    require_fraction("level", level)
    require_fraction("confidence", confidence)
    for name, found, least in (
        ("replicates", replicates, 100),
        ("methods", len(figures), 1),
        ("days", len(losses), 1),
    ):
        if found < least:
            raise BacktestError(f"{name} must be at least {least}; got {found}")
    require_names(portfolio_ids, losses)
    by_quantile = _by_book(
        quantile_scores(losses, own.value_at_risk, level) for own in figures.values()
    )
    jointly = _by_book(
        joint_scores(losses, own.value_at_risk, own.expected_shortfall, level)
        for own in figures.values()
    )
    means, moved = _shifts(jointly, _repeats(len(losses), replicates, seed))
    methods = np.array(list(figures), dtype=object)
    kind = {"level": level, "horizon": horizon, "n_days": len(losses)}
    scored = ~np.isnan(means).any(axis=1)
    means[~scored] = np.nan
    sizes = np.abs(jointly).mean(axis=(1, 2))
    p_values = _p_values(means, moved, sizes, len(losses))
    standings = _standings(means, p_values, confidence)
    by_book = pd.DataFrame(
        {
            "portfolio_id": np.repeat(np.array(list(portfolio_ids), dtype=object), len(methods)),
            "method": np.tile(methods, len(portfolio_ids)),
            **kind,
            "quantile_score": by_quantile.mean(axis=2).ravel(),
            "joint_score": means.ravel(),
            "p_value": p_values.ravel(),
            "standing": standings.ravel(),
        }
    )
    overall = _overall(by_quantile[scored], means[scored], moved[scored], sizes[scored], confidence)
    overall |= {
        "best_portfolios": (standings[scored] == BEST).sum(axis=0),
        "good_portfolios": np.isin(standings[scored], (BEST, AS_GOOD)).sum(axis=0),
    }
    return Comparison(by_book, pd.DataFrame({"method": methods, **kind, **overall}))


def _overall(
    by_quantile: Floats, means: Floats, moved: Floats, sizes: Floats, confidence: float
) -> dict[str, object]:
    """Return the columns of all books together, (n_methods,) each."""
    n_books, n_methods, n_days = by_quantile.shape
    if n_books == 0:
        unknown = np.full(n_methods, np.nan)
        columns = ("quantile_score", "joint_score", "difference", "difference_standard_error")
        nothing = dict.fromkeys((*columns, "p_value"), unknown)
        return {"n_portfolios": 0, **nothing, "standing": UNDEFINED}
    own = by_quantile.mean(axis=2)
    middle = _middle(means)
    shifts = _middle(means[:, :, None] + moved) - middle[:, None]
    p_values = _p_values(middle[None], shifts[None], np.median(sizes, keepdims=True), n_days)
    best = np.argmin(middle)
    error = np.sqrt(((shifts - shifts[best]) ** 2).mean(axis=1))
    return {
        "n_portfolios": n_books,
        "quantile_score": (own / own.mean(axis=1, keepdims=True)).mean(axis=0),
        "joint_score": middle,
        "difference": middle - middle[best],
        "difference_standard_error": error if n_days > 1 else np.full(n_methods, np.nan),
        "p_value": p_values[0],
        "standing": _standings(middle[None], p_values, confidence)[0],
    }


def _middle(scores: Floats) -> Floats:
    """Return the scores of the book in the middle: those of each method are medians over books.

    A joint score has no bound, so that of a mean over books a single one could decide. A median of
    what a method's score is above the book's median is least for the truth too, which is best for
    every book.

    Parameters
    ----------
    scores : (n_books, n_methods, ...) float64, no NaN
    """
    usual = np.median(scores, axis=1, keepdims=True)
    return np.asarray(np.median(scores - usual, axis=0) + np.median(usual, axis=0))


def _repeats(n_days: int, replicates: int, seed: int) -> Floats:
    """Return how often each replicate draws each day, (n_days, n_replicates)."""
    days = np.empty((replicates, n_days), np.int64)
    fill_days(seed, 0, n_days, n_days ** (-1.0 / 3.0), days)
    counts = np.zeros((n_days, replicates))
    np.add.at(counts, (days, np.arange(replicates)[:, None]), 1.0)
    return counts


def _by_book(scores: Iterable[Floats]) -> Floats:
    """Return scores by method as (n_books, n_methods, n_days).

    Each book's days lie in a row: sums along a column depend on the books beside it.
    """
    return np.ascontiguousarray(np.stack([own.T for own in scores], axis=1))


def _shifts(scores: Floats, repeats: Floats) -> tuple[Floats, Floats]:
    """Return mean scores, (n_books, n_methods), and by how much each replicate moves them."""
    means = np.empty(scores.shape[:2])
    moved = np.empty((*scores.shape[:2], repeats.shape[1]))
    fill_shifts(scores, repeats, means, moved)
    return means, moved


def _p_values(means: Floats, moved: Floats, sizes: Floats, n_days: int) -> Floats:
    if n_days == 1:
        # It tells nothing of chance.
        return np.where(np.isnan(means), np.nan, 1.0)
    out = np.empty(means.shape)
    fill_confidence(means, moved, sizes, out)
    return out


def _standings(means: Floats, p_values: Floats, confidence: float) -> np.ndarray:
    """Return the standing of every book's methods, (n_books, n_methods)."""
    # The least mean is kept to the end but for rounding; a tie goes to the first.
    known = ~np.isnan(means).any(axis=1)
    found = np.where(p_values >= 1.0 - confidence, AS_GOOD, WORSE).astype(object)
    found[~known] = UNDEFINED
    found[known, np.argmin(means[known], axis=1)] = BEST
    return found
