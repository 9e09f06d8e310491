"""Exceptions of value at risk on the S&P 500, 2014-18: about as many as the level says."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from risk import RiskPlan, build_market
from risk.backtests import proportion_of_failures
from risk.books import books_of
from risk.rolling import rolling_figures
from tests.risk.markets import stocks

WINDOW, DAYS, BOOKS = 250, 1_000, 40
SIGNIFICANCE = 0.05
PLAN = RiskPlan(history=WINDOW + DAYS, scenarios=1_000, seed=7)


@pytest.fixture(scope="module")
def market(real_data):
    table = pd.read_parquet(real_data / "prices_sp500_2013_2018.parquet")
    table = table.rename(columns={"ticker": "instrument_id"}).astype({"instrument_id": str})
    whole = table.dropna().groupby("instrument_id")["ds"].transform("size") == table["ds"].nunique()
    table = table.loc[
        whole.reindex(table.index, fill_value=False), ["instrument_id", "ds", "close"]
    ]
    names = sorted(table["instrument_id"].unique())[::6]
    chosen = table[table["instrument_id"].isin(names)]
    return build_market(chosen, stocks(*names), None, chosen["ds"].max().date(), PLAN)


@pytest.fixture(scope="module")
def books(market):
    draws = np.random.default_rng(2)
    names, levels = market.terms["instrument_id"], market.factors.levels
    parts = []
    for number in range(BOOKS):
        held = np.sort(draws.choice(len(names), 20, replace=False))
        signs = np.where(draws.random(20) < 0.4, -1.0, 1.0) if number % 3 == 2 else 1.0
        parts.append(
            pd.DataFrame(
                {
                    "portfolio_id": f"book-{number:02d}",
                    "instrument_id": names.to_numpy()[held],
                    "quantity": signs * 1e6 * draws.dirichlet(np.full(20, 3.0)) / levels[held],
                }
            )
        )
    return books_of(market, pd.concat(parts))[0]


@pytest.fixture(scope="module")
def exceptions(market, books):
    """Return what counts each book's exceptions by a method, (n_levels, n_books)."""

    @cache
    def counted(method):
        found = rolling_figures(market, books, method, PLAN, WINDOW, range(DAYS))
        assert np.isfinite(found.value_at_risk).all()
        return (found.losses > found.value_at_risk).sum(axis=1)

    return counted


def are_accepted(counts, level):
    judged = proportion_of_failures(np.full(len(counts), DAYS), counts, level)
    return judged.p_value >= SIGNIFICANCE


@pytest.mark.parametrize("method", ["historical", "filtered_historical", "student_t"])
def test_there_are_as_many_exceptions_as_kupiecs_test_accepts(exceptions, method):
    for level, counts in zip(PLAN.levels, exceptions(method), strict=True):
        average = np.array([round(counts.mean())])
        assert are_accepted(average, level).all()
        # Were days independent and figures true, 95% of books would be accepted. All books lose on
        # the same days, and volatility comes in clusters, which widens counts about their mean.
        assert are_accepted(counts, level).mean() >= 0.75


def test_figures_that_follow_volatility_are_accepted_for_nearly_every_book(exceptions):
    for level, counts in zip(PLAN.levels, exceptions("filtered_historical"), strict=True):
        assert are_accepted(counts, level).mean() >= 0.95


def test_thin_tails_leave_too_many_exceptions_at_99_percent(exceptions):
    """What the others are accepted for is no matter of course on these days."""
    counts = exceptions("gaussian")[PLAN.levels.index(0.99)]
    assert counts.mean() > 0.01 * DAYS
    assert not are_accepted(np.array([round(counts.mean())]), 0.99).any()
    assert are_accepted(counts, 0.99).mean() < 0.5
