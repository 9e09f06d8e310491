"""The outlook: trend and volatility from each instrument's own prices."""

import numpy as np
import pandas as pd
import pytest

from risk import build_market, market_outlook
from risk.outlook import weighted_volatility
from storage.tables import MARKET_OUTLOOK
from tests.risk.markets import AS_OF, PLAN, alternating, closes, prices, stocks


def outlook_of(table, *names):
    instruments = stocks("AAA", *names)
    market = build_market(pd.concat([prices(["AAA"]), table]), instruments, None, AS_OF, PLAN)
    return market_outlook(market, instruments).set_index("instrument_id")


def test_steady_growth_is_all_trend_and_no_deviation():
    row = outlook_of(closes("BBB", 50.0 * np.exp(0.001 * np.arange(251))), "BBB").loc["BBB"]
    assert row["trend"] == pytest.approx(0.252)
    assert row["long_run_volatility"] == pytest.approx(0.0, abs=1e-12)
    assert row["trend_standard_error"] == pytest.approx(0.0, abs=1e-12)
    assert row["volatility"] == pytest.approx(0.001 * np.sqrt(252))
    assert (row["observations"], row["close"]) == (251, 50.0 * np.exp(0.25))


def test_deviation_is_the_samples_and_the_trends_error_that_of_a_mean():
    row = outlook_of(alternating("BBB", 0.01), "BBB").loc["BBB"]
    assert row["long_run_volatility"] == pytest.approx(0.01 * np.sqrt(252))
    assert row["trend"] == pytest.approx(0.0, abs=1e-12)
    assert row["trend_standard_error"] == pytest.approx(0.01 / np.sqrt(250) * 252)


def test_weighted_volatility_is_the_recursion():
    returns = np.random.default_rng(1).normal(0.0, 0.01, 300)
    variance, weight = 0.0, 0.0
    for one in returns:
        variance, weight = 0.94 * variance + one**2, 0.94 * weight + 1.0
    assert weighted_volatility(returns, 0.94) == pytest.approx(np.sqrt(variance / weight))


def test_short_histories_are_there_and_impossible_ones_are_not():
    table = pd.concat(
        [closes("NEW", [10.0, 11.0, 12.0]), closes("TWO", [10.0, 11.0]), closes("BAD", [1.0] * 99)]
    )
    table.loc[(table["instrument_id"] == "BAD") & (table.index == 50), "close"] = -1.0
    outlook = outlook_of(table, "NEW", "TWO", "BAD")
    assert set(outlook.index) == {"AAA", "NEW"}
    assert outlook.loc["NEW", "trend"] == pytest.approx(np.log(1.2) / 2 * 252)
    assert set(outlook.reset_index().columns) == set(MARKET_OUTLOOK.column_names[2:])
