"""S&P 500, 2013-18: ragged and holed as it is."""

import numpy as np
import pandas as pd
import pytest

from risk import RiskPlan, build_market, instrument_losses, market_outlook, measure_portfolios
from tests.risk.markets import stocks

PLAN = RiskPlan(history=500, scenarios=2000)


@pytest.fixture(scope="module")
def market(real_data):
    table = pd.read_parquet(real_data / "prices_sp500_2013_2018.parquet")
    table = table.rename(columns={"ticker": "instrument_id"}).astype({"instrument_id": str})
    table = table[["instrument_id", "ds", "close"]].dropna()
    names = sorted(table["instrument_id"].unique())
    return build_market(table, stocks(*names), None, table["ds"].max().date(), PLAN)


def test_every_ticker_is_valued_or_has_its_reason(market):
    assert len(market.terms) + len(market.failures) == 505
    # Six tickers lack days in the middle; nobody else loses a date to them.
    assert sorted(failure.entity for failure in market.failures) == [
        *("BMY", "DHR", "ES", "ICE", "O", "ORCL")
    ]
    assert all("a trading day after its first" in f.message for f in market.failures)
    assert market.factors.moves.shape == (500, 499)
    assert np.isfinite(market.factors.moves).all()


def test_late_listings_are_backfilled_with_the_days_they_lack(market):
    first = market.prices.groupby("instrument_id")["ds"].min()
    for note in market.repairs.itertuples():
        lacking = (pd.DatetimeIndex(market.factors.dates) <= first[note.entity]).sum()
        assert note.periods == lacking
    assert len(market.repairs) == 9


def test_books_of_real_stocks_are_measured_alike_by_methods_that_share_a_covariance(market):
    names = market.terms["instrument_id"]
    draws = np.random.default_rng(1)
    held = pd.concat(
        [
            pd.DataFrame(
                {
                    "portfolio_id": f"book-{number:02d}",
                    "instrument_id": draws.choice(names, 40, replace=False),
                    "quantity": 100.0,
                }
            )
            for number in range(10)
        ]
    )
    found = {}
    for method in PLAN.methods:
        losses = instrument_losses(market, method, 1, PLAN)
        measured = measure_portfolios(market, held, losses, method, 1, PLAN)
        assert measured.failures == []
        risk = measured.risk[measured.risk["measure"] == "expected_shortfall"]
        keys = ["portfolio_id", "level"]
        parts = measured.contributions
        sums = parts[parts["measure"] == "expected_shortfall"].groupby(keys)["value"].sum()
        np.testing.assert_allclose(sums, risk.set_index(keys)["value"], rtol=1e-9)
        found[method] = risk.set_index(keys)["value"]
    # Fat tails: the t's shortfall lies above the normal's of the same covariance, and the
    # window's own, which has both its tails and its skew, above the normal's too.
    assert (found["student_t"] > found["gaussian"]).all()
    assert (found["historical"] > found["gaussian"]).mean() > 0.5


def test_the_outlook_covers_every_ticker(market):
    outlook = market_outlook(market, stocks(*market.prices["instrument_id"].unique()))
    assert len(outlook) == 505
    assert outlook["volatility"].between(0.02, 2.0).all()
    assert (outlook["trend_standard_error"] > 0.0).all()
