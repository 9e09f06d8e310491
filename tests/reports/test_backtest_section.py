"""The backtest section counts exceptions as anyone would, and is absent without judged days."""

import numpy as np
import pandas as pd
import pytest

from reports.sections.backtest import backtest_section
from reports.wording import NOTHING
from storage.tables import RISK_BACKTEST_DAYS

DAYS = pd.bdate_range("2025-01-01", periods=200)


@pytest.fixture
def days():
    draws = np.random.default_rng(4)
    parts = [
        pd.DataFrame(
            {
                "run_id": "night",
                "as_of": pd.Timestamp("2026-01-01"),
                "portfolio_id": book,
                "method": method,
                "level": level,
                "ds": DAYS,
                "loss": draws.normal(0, 100.0, len(DAYS)),
                "value_at_risk": 233.0 if level == 0.99 else 196.0,
                "value_at_risk_standard_error": 4.66,
                "expected_shortfall": 267.0 if level == 0.99 else 234.0,
                "expected_shortfall_standard_error": 5.34,
                "currency": "USD",
            }
        )
        for book in ("alpha", "<b>beta</b>")
        for method in ("historical", "student_t")
        for level in (0.975, 0.99)
    ]
    return RISK_BACKTEST_DAYS.validate(pd.concat(parts))


def test_without_judged_days_there_is_no_section():
    assert backtest_section({}) is None
    assert backtest_section({"risk_backtest_days": RISK_BACKTEST_DAYS.empty()}) is None


def test_exceptions_are_losses_beyond_value_at_risk(days):
    section = backtest_section({"risk_backtest_days": days})
    table = section.listings[0].table
    texts = [[text for text, _ in row] for row in table.rows]
    for method, level, judged, exceptions, *_ in texts:
        mine = days[
            (days["method"] == method.replace(" ", "_"))
            & (days["level"] == float(level.rstrip("%")) / 100)
        ]
        assert int(judged) == len(mine) == 400
        assert int(exceptions) == (mine["loss"] > mine["value_at_risk"]).sum()


def test_every_portfolio_day_is_in_the_explorer(days):
    section = backtest_section({"risk_backtest_days": days})
    assert set(section.explorer.choices) == {"alpha", "<b>beta</b>"}
    for book in section.explorer.data.values():
        assert len(book["ds"]) == len(book["loss"]) == 200
        assert book["methods"] == ["student_t", "historical"]


def test_the_counts_of_the_picture_add_up_to_all_portfolios(days):
    section = backtest_section({"risk_backtest_days": days})
    bars = [trace for trace in section.pictures[0].figure.data if trace.type == "bar"]
    assert len(bars) == 2
    assert all(sum(bar.y) == 2 for bar in bars)


def test_value_at_risk_is_drawn_with_its_standard_error(days):
    section = backtest_section({"risk_backtest_days": days})
    for book in section.explorer.data.values():
        assert set(book["errors"]) == {"student_t", "historical"}
        assert book["errors"]["student_t"] == [4.7] * 200
    heads = [column.title for column in section.listings[0].table.columns]
    table = [[text for text, _ in row] for row in section.listings[0].table.rows]
    # 4.66 of 196 and of 233, 5.34 of 234 and of 267.
    assert {row[heads.index("± VaR")] for row in table} == {"2.4%", "2.0%"}
    assert {row[heads.index("± ES")] for row in table} == {"2.3%", "2.0%"}


def test_a_night_that_knew_no_errors_is_drawn_without(days):
    errors = [f"{figure}_standard_error" for figure in ("value_at_risk", "expected_shortfall")]
    older = RISK_BACKTEST_DAYS.typed(days.drop(columns=errors))
    section = backtest_section({"risk_backtest_days": older})
    assert all(book["errors"] == {} for book in section.explorer.data.values())
    heads = [column.title for column in section.listings[0].table.columns]
    dashes = [row[heads.index("± VaR")][0] for row in section.listings[0].table.rows]
    assert dashes == [NOTHING] * 4
