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
from kernels.confidence_sets import fill_confidence
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
        joint_score, its difference from the least with standard error (NaN of a single day),
        p_value, standing, best_portfolios and good_portfolios (with the standing "best"; with it
        or "as good")
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
    days, all books and methods by the same ones, in runs of the cube root of their number. Of
    all books together the daily score is the mean of theirs, so that what books have in common
    on a day counts once.

    Parameters
    ----------
    losses : (n_days, n_books) float64, money, a loss is positive; no NaN, and in order of time
    figures : by method, of the same days and books; no NaN
    level : of both figures, in (0, 1)
    portfolio_ids : (n_books,) names
    horizon : trading days that the figures look ahead; of more than one, losses must not overlap
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
    repeats = _repeats(len(losses), replicates, seed)
    methods = np.array(list(figures), dtype=object)
    kind = {"level": level, "horizon": horizon, "n_days": len(losses)}
    p_values = _p_values(jointly, repeats)
    means = jointly.mean(axis=2)
    scored = ~np.isnan(means).any(axis=1)
    means[~scored] = np.nan
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
    overall = _overall(by_quantile[scored], jointly[scored], standings[scored], repeats, confidence)
    return Comparison(by_book, pd.DataFrame({"method": methods, **kind, **overall}))


def _overall(
    by_quantile: Floats,
    jointly: Floats,
    standings: np.ndarray,
    repeats: Floats,
    confidence: float,
) -> dict[str, object]:
    """Return the columns of all books together, (n_methods,) each."""
    n_books, n_methods, _ = jointly.shape
    unknown = np.full(n_methods, np.nan)
    if n_books == 0:
        scores = dict.fromkeys(("quantile_score", "joint_score"), unknown)
        difference, error, p_value = unknown, unknown, unknown
    else:
        own = by_quantile.mean(axis=2)
        daily = jointly.mean(axis=0)
        scores = {
            "quantile_score": (own / own.mean(axis=1, keepdims=True)).mean(axis=0),
            "joint_score": daily.mean(axis=1),
        }
        best = np.argmin(scores["joint_score"])
        # The mean of differences may be below zero by rounding; a difference of means is not.
        difference = scores["joint_score"] - scores["joint_score"][best]
        error = _errors(daily - daily[best], repeats)
        p_value = _p_values(daily[None], repeats)[0]
    return {
        "n_portfolios": n_books,
        **scores,
        "difference": difference,
        "difference_standard_error": error,
        "p_value": p_value,
        "standing": _standings(scores["joint_score"][None], p_value[None], confidence)[0],
        "best_portfolios": (standings == BEST).sum(axis=0),
        "good_portfolios": np.isin(standings, (BEST, AS_GOOD)).sum(axis=0),
    }


def _errors(daily: Floats, repeats: Floats) -> Floats:
    """Return the standard error of each row's mean; NaN of a single day, which tells none."""
    if len(repeats) == 1:
        return np.full(len(daily), np.nan)
    # A BLAS would add in an order that depends on its threads.
    moved = np.einsum("md,db->mb", daily, repeats) / len(repeats) - daily.mean(axis=1)[:, None]
    return np.asarray(np.sqrt((moved**2).mean(axis=1)))


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


def _p_values(scores: Floats, repeats: Floats) -> Floats:
    out = np.empty(scores.shape[:2])
    fill_confidence(scores, repeats, out)
    return out


def _standings(means: Floats, p_values: Floats, confidence: float) -> np.ndarray:
    """Return the standing of every book's methods, (n_books, n_methods)."""
    # The least mean is kept to the end but for rounding; a tie goes to the first.
    known = ~np.isnan(means).any(axis=1)
    found = np.where(p_values >= 1.0 - confidence, AS_GOOD, WORSE).astype(object)
    found[~known] = UNDEFINED
    found[known, np.argmin(means[known], axis=1)] = BEST
    return found
