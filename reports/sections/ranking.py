"""The ranking of methods: whose figures were best, for all portfolios and for each."""

import numpy as np
import pandas as pd

from reports.figures.ranking import standings_by_method
from reports.sections.section import Listing, Picture, Tables, has
from reports.tables import PageColumn, page_table
from reports.wording import NOTHING, count, number, percent, share, spaced
from storage.tables.backtests import STANDINGS

SCORES, RANKING = "risk_scores", "risk_ranking"
_ABOUT = {
    "best": "the method with the least joint score",
    "as good": "methods that may be the best, too, at 90%",
    "worse": "methods that may not be the best",
    "undefined": "without a joint score: expected shortfall is not positive every day",
}


def ranking_picture(tables: Tables, level: float) -> list[Picture]:
    """Return the picture of methods side by side, or nothing where there are no two to compare."""
    if not _compared(tables) or tables[SCORES]["portfolio_id"].nunique() < 2:
        return []
    scores = tables[SCORES]
    return [
        Picture(
            "best-methods",
            "Which method tells risk best",
            standings_by_method(scores[np.isclose(scores["level"], level)]),
            f"By the joint score of VaR and ES {share(level)}, portfolio by portfolio. "
            f"{_sentence(tables[RANKING], level)}",
            wide=True,
        )
    ]


def ranking_listings(tables: Tables, level: float) -> list[Listing]:
    """Return the table of methods, best first, and that of each portfolio's at a level."""
    if not _compared(tables):
        return []
    scores = tables[SCORES]
    return [_overall(tables), _by_book(scores[np.isclose(scores["level"], level)], level)]


def _overall(tables: Tables) -> Listing:
    ranking = tables[RANKING].sort_values(["level", "joint_score"], kind="stable")
    ranking = ranking.assign(relative=ranking["quantile_score"] - 1.0)
    columns = [
        PageColumn("level", "level", share),
        PageColumn("method", "method", spaced),
        PageColumn(
            "relative",
            "VaR score",
            lambda value: percent(value, 1),
            "pinball loss of value at risk against the methods' mean, mean over portfolios; "
            "less is better",
        ),
        PageColumn(
            "difference",
            "joint score over the best",
            lambda value: number(value, 3),
            "of VaR and ES together, of the portfolio in the middle; 0.01 between true figures is "
            "1% of expected shortfall",
        ),
        PageColumn(
            "difference_standard_error",
            "±",
            lambda value: number(value, 3),
            "standard error of the difference, by a bootstrap of days",
        ),
        PageColumn("p_value", "p", lambda value: number(value, 2), "that it may be the best"),
        PageColumn("standing", "standing", str, "at 90%"),
        PageColumn("best_portfolios", "best for", count, "portfolios with the least joint score"),
        PageColumn(
            "good_portfolios", "may be best for", count, "portfolios for which it is not worse"
        ),
        PageColumn("n_portfolios", "of", count, "portfolios with scores by every method"),
    ]
    return Listing(
        "Methods by score",
        page_table(ranking, columns, source=RANKING),
        "Scores are least for the truth, and of two methods the better one has less. What all "
        "portfolios lose on a day counts once. The set of methods that may be the best is that "
        "of Hansen, Lunde and Nason (2011); the joint score that of Fissler and Ziegel (2016).",
    )


def _by_book(scores: pd.DataFrame, level: float) -> Listing:
    ordered = scores.sort_values(["portfolio_id", "joint_score", "method"], kind="stable")
    named = ordered.assign(method=ordered["method"].map(spaced))
    told = named.groupby(["portfolio_id", "standing"])["method"].agg(", ".join).unstack()
    shown = [standing for standing in STANDINGS if standing in told.columns]
    columns = [
        PageColumn("portfolio_id", "portfolio"),
        *(PageColumn(standing, standing, str, _ABOUT[standing]) for standing in shown),
    ]
    best = named.loc[named["standing"] == "best", "method"].value_counts()
    return Listing(
        f"Methods by portfolio, {share(level)}",
        page_table(told.fillna(NOTHING).reset_index(), columns, source=SCORES),
        "In the order of their joint scores. Few portfolios can tell two methods apart by a year "
        "or two of their own.",
        gist=", ".join(f"{method} best for {count(n)}" for method, n in best.items())
        or "no portfolio has a joint score",
    )


def _compared(tables: Tables) -> bool:
    return has(tables, SCORES, RANKING) and len(set(tables[RANKING]["method"])) > 1


def _sentence(ranking: pd.DataFrame, level: float) -> str:
    """Say what holds for all portfolios together."""
    chosen = ranking[np.isclose(ranking["level"], level)].set_index("standing")["method"]
    by_standing = {
        standing: [spaced(method) for method in chosen[chosen.index == standing]]
        for standing in ("best", "as good", "worse")
    }
    if not by_standing["best"]:
        return "Of all together, scores do not tell."
    parts = [f"Over all of them {by_standing['best'][0]} is best"]
    if by_standing["as good"]:
        parts.append(f"{', '.join(by_standing['as good'])} may be as good")
    if by_standing["worse"]:
        parts.append(f"{', '.join(by_standing['worse'])} {_are(by_standing['worse'])} worse")
    return "; ".join(parts) + "."


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
