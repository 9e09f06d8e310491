"""The outlook: trend and volatility from each instrument's own prices."""

import numpy as np
import pandas as pd
import pytest

from risk import build_market, market_outlook
from risk.outlook import weighted_volatility, weighted_volatility_error
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
    assert np.isnan(outlook.loc["NEW", "volatility_standard_error"])
    assert outlook.loc["AAA", "volatility_standard_error"] > 0.0


# Normal and heavy tails, at a volatility that stays and at one that swings fourfold within a year,
# and is at its highest at the end: the kurtosis of its returns is well above that of each of them.
@pytest.mark.parametrize("degrees", [np.inf, 8.0, 5.0])
@pytest.mark.parametrize("swing", [0.0, np.log(2.0)])
def test_the_error_of_a_weighted_volatility_is_its_spread(degrees, swing):
    n, decay, paths = 625, 0.94, 1_000
    true = 0.01 * np.exp(swing * np.sin(2.0 * np.pi * np.arange(n) / 500.0))
    draws = np.random.default_rng(6)
    shocks = draws.normal(size=(paths, n))
    if np.isfinite(degrees):
        shocks *= np.sqrt((degrees - 2.0) / draws.chisquare(degrees, (paths, n)))
    found = np.array([weighted_volatility(own, decay) for own in true * shocks])
    errors = np.array([weighted_volatility_error(own, decay) for own in true * shocks])
    # A deviation of a thousand is off by 2% to 4%, and the delta method is of first order in errors
    # of 13% and 16%, 25% at five degrees.
    assert errors.mean() / found.std() == pytest.approx(1.0, abs=0.1)
    if swing:
        plain = np.mean([_unscaled_error(own, decay) for own in true * shocks])
        assert plain / found.std() > 1.14


def _unscaled_error(returns, decay):
    """What the error would be by the kurtosis of returns as they are."""
    squares = returns**2
    kurtosis = (squares**2).mean() / squares.mean() ** 2
    size = (1.0 + decay) / (1.0 - decay)
    return 0.5 * weighted_volatility(returns, decay) * np.sqrt((kurtosis - 1.0) / size)


def test_the_error_of_a_long_weighted_sample_is_that_of_its_effective_size():
    returns = np.random.default_rng(7).normal(0.0, 0.01, 200_000)
    volatility, error = (
        own(returns, 0.94) for own in (weighted_volatility, weighted_volatility_error)
    )
    # 1.94 / 0.06 returns of kurtosis 3.
    assert error == pytest.approx(0.5 * volatility * np.sqrt(2.0 / (1.94 / 0.06)), rel=0.02)


def test_the_error_of_the_long_run_is_that_of_a_deviation():
    drawn = np.random.default_rng(8).normal(0.0, 0.01, 2_000)
    table = closes("BBB", 50.0 * np.exp(np.cumsum(drawn)))
    market = build_market(table, stocks("BBB"), None, AS_OF, PLAN)
    row = market_outlook(market, stocks("BBB")).iloc[0]
    # Of normal returns: over the root of twice their number; a kurtosis of 2,000 is off by 0.11.
    told = row["long_run_volatility"] / np.sqrt(2.0 * 1_999)
    assert row["long_run_volatility_standard_error"] == pytest.approx(told, rel=0.1)


def test_a_price_that_never_moves_has_a_volatility_without_error():
    row = outlook_of(closes("STILL", [10.0] * 251), "STILL").loc["STILL"]
    for name in ("volatility", "long_run_volatility"):
        assert row[name] == row[f"{name}_standard_error"] == 0.0
