"""The ranking on the page: every method and portfolio named, nothing where nothing was compared."""

import numpy as np
import pandas as pd
import pytest

from reports.sections.ranking import ranking_listings, ranking_picture
from reports.wording import NOTHING
from storage.tables import RISK_RANKING, RISK_SCORES

BOOKS = ("alpha", "<b>beta</b>", "gamma")
NIGHT = {"run_id": "night", "as_of": pd.Timestamp("2026-01-01"), "horizon": 1, "n_days": 250}
METHODS = ("historical", "student_t", "gaussian")
# By portfolio: the standings of the three methods.
STANDINGS = (
    ("as good", "best", "worse"),
    ("best", "as good", "as good"),
    ("undefined", "undefined", "undefined"),
)


@pytest.fixture
def tables():
    scores = [
        {
            **NIGHT,
            "portfolio_id": book,
            "method": method,
            "level": level,
            "quantile_score": 3.0,
            "joint_score": np.nan if standing == "undefined" else float(place),
            "p_value": np.nan if standing == "undefined" else 0.5,
            "standing": standing,
            "currency": "USD",
        }
        for level in (0.975, 0.99)
        for book, standings in zip(BOOKS, STANDINGS, strict=True)
        for place, (method, standing) in enumerate(zip(METHODS, standings, strict=True))
    ]
    ranking = [
        {
            **NIGHT,
            "method": method,
            "level": level,
            "n_portfolios": 2,
            "quantile_score": 0.9 + 0.1 * place,
            "joint_score": 7.0 + place,
            "difference": float(place),
            "difference_standard_error": 0.25 * place,
            "p_value": (1.0, 0.2, 0.01)[place],
            "standing": ("best", "as good", "worse")[place],
            "best_portfolios": 1,
            "good_portfolios": 2,
        }
        for level in (0.975, 0.99)
        for place, method in enumerate(("student_t", "historical", "gaussian"))
    ]
    return {
        "risk_scores": RISK_SCORES.validate(pd.DataFrame(scores)),
        "risk_ranking": RISK_RANKING.validate(pd.DataFrame(ranking)),
    }


def texts(listing):
    return [[text for text, _ in row] for row in listing.table.rows]


def test_without_scores_there_is_nothing(tables):
    empty = {"risk_scores": RISK_SCORES.empty(), "risk_ranking": RISK_RANKING.empty()}
    alone = {name: frame[frame["method"] == "student_t"] for name, frame in tables.items()}
    for found in ({}, empty, alone):
        assert ranking_picture(found, 0.99) == []
        assert ranking_listings(found, 0.99) == []


def test_methods_stand_by_their_score_at_each_level(tables):
    rows = texts(ranking_listings(tables, 0.99)[0])
    assert [row[:2] for row in rows] == [
        [level, method]
        for level in ("97.5%", "99%")
        for method in ("student t", "historical", "gaussian")
    ]
    assert rows[0][2] == "-10.0%"
    assert [row[6] for row in rows[:3]] == ["best", "as good", "worse"]


def test_each_portfolio_names_its_methods(tables):
    listing = ranking_listings(tables, 0.99)[1]
    rows = {row[0]: row[1:] for row in texts(listing)}
    assert rows["alpha"] == ["student t", "historical", "gaussian", NOTHING]
    assert rows["<b>beta</b>"] == ["historical", "student t, gaussian", NOTHING, NOTHING]
    assert rows["gamma"] == [NOTHING, NOTHING, NOTHING, "gaussian, historical, student t"]


def test_the_picture_counts_every_portfolio_of_each_method(tables):
    (picture,) = ranking_picture(tables, 0.99)
    counted = sum(np.asarray(bar.x) for bar in picture.figure.data)
    np.testing.assert_array_equal(counted, [len(BOOKS)] * len(METHODS))
    assert picture.note.endswith(
        "Over all of them student t is best; historical may be as good; gaussian is worse."
    )


def test_where_no_book_has_a_score_the_picture_says_so(tables):
    ranking = tables["risk_ranking"].assign(standing="undefined")
    (picture,) = ranking_picture({**tables, "risk_ranking": ranking}, 0.99)
    assert picture.note.endswith("scores do not tell.")
