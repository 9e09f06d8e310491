"""Verdicts on the page: every test counted, every portfolio named, nothing without tests."""

import numpy as np
import pandas as pd
import pytest

from reports.sections.verdicts import verdict_listings, verdict_picture
from storage.tables import RISK_BACKTESTS
from storage.tables.backtests import TESTS

BOOKS = ("alpha", "<b>beta</b>", "gamma")


@pytest.fixture
def results():
    rows = [
        {
            "run_id": "night",
            "as_of": pd.Timestamp("2026-01-01"),
            "portfolio_id": book,
            "method": method,
            "level": level,
            "horizon": 1,
            "test": test,
            "n_days": 250,
            "exceptions": 3 * place,
            "expected": 2.5,
            "statistic": 1.0,
            "p_value": np.nan if place == 0 and test == "independence" else 0.5**place / 20,
            "verdict": verdict_of(place, test),
            "zone": ("green", "yellow", "red")[place] if test == "traffic_light" else None,
            "plus_factor": 0.0 if test == "traffic_light" else np.nan,
        }
        for place, book in enumerate(BOOKS)
        for method in ("historical", "student_t")
        for level in (0.975, 0.99)
        for test in TESTS
    ]
    return RISK_BACKTESTS.validate(pd.DataFrame(rows))


def verdict_of(place, test):
    if place == 0:
        return "undefined" if test == "independence" else "accepted"
    return "rejected"


def texts(listing):
    return [[text for text, _ in row] for row in listing.table.rows]


def test_without_tests_there_is_nothing():
    empty = {"risk_backtests": RISK_BACKTESTS.empty()}
    for tables in ({}, empty):
        assert verdict_picture(tables, 0.99) == []
        assert verdict_listings(tables, 0.99) == []


def test_every_test_is_counted_by_method_and_level(results):
    rows = texts(verdict_listings({"risk_backtests": results}, 0.99)[0])
    assert len(rows) == 2 * 2 * len(TESTS)
    for _, _, test, _, tested, rejected, rate, undefined in rows:
        assert (tested, rejected, rate) == ("3", "2", "66.7%")
        assert undefined == ("1" if test == "independence" else "0")


def test_portfolios_stand_by_exceptions_and_red_lights_are_marked(results):
    listing = verdict_listings({"risk_backtests": results}, 0.99)[1]
    rows = texts(listing)
    assert [row[0] for row in rows[::2]] == ["gamma", "<b>beta</b>", "alpha"]
    assert [row[5] for row in rows[::2]] == ["red", "yellow", "green"]
    assert listing.table.flagged == {0, 1}
    assert rows[-1][6:].count("\N{EN DASH}") == 1


def test_the_picture_shows_the_share_rejected(results):
    (picture,) = verdict_picture({"risk_backtests": results}, 0.99)
    assert len(picture.figure.data) == 2
    for bar in picture.figure.data:
        np.testing.assert_allclose(bar.y, 2.0 / 3.0)
        assert len(bar.x) == len(TESTS)
