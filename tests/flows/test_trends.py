"""Trends of prices: the theta model's drift, its error, and who is left out."""

import numpy as np
import pandas as pd
import pytest

from flows.steps.trends import drift_error, price_trends


def quoted(log_prices):
    frames = [
        pd.DataFrame(
            {
                "instrument_id": name,
                "ds": pd.bdate_range(end="2024-06-28", periods=len(own)),
                "close": np.exp(own),
            }
        )
        for name, own in log_prices.items()
    ]
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def walks():
    draws = np.random.default_rng(4)
    return {f"W{i:03}": 4.0 + np.cumsum(draws.normal(5e-4, 0.01, 400)) for i in range(300)}


def test_the_drift_is_half_the_slope_of_the_line(walks):
    found = price_trends(quoted(walks)).set_index("instrument_id")
    assert (found["trend"] == "theta").all()
    for name, own in walks.items():
        slope = np.polyfit(np.arange(len(own)), own, 1)[0]
        assert found.loc[name, "mean"] == pytest.approx(0.5 * slope, rel=1e-9)


def test_the_error_is_the_spread_of_the_drift_over_random_walks(walks):
    found = price_trends(quoted(walks))
    # A deviation of 300 is known to a factor of 1 +- 4 / sqrt(600) with near certainty.
    ratio = found["mean"].std() / found["standard_error"].mean()
    assert abs(ratio - 1.0) < 4.0 / np.sqrt(2 * len(walks))


def test_an_instruments_trend_depends_on_its_own_prices(walks):
    few = {name: walks[name] for name in ("W000", "W007")}
    together = price_trends(quoted(walks))
    chosen = together[together["instrument_id"].isin(few)].reset_index(drop=True)
    pd.testing.assert_frame_equal(price_trends(quoted(few)), chosen, check_exact=True)


def test_what_has_no_trend_is_left_out():
    prices = quoted({"short": np.zeros(3), "bad": np.zeros(9), "still": np.zeros(9)})
    prices.loc[prices["instrument_id"] == "bad", "close"] = -1.0
    found = price_trends(prices)
    assert list(found["instrument_id"]) == ["still"]
    assert found[["mean", "standard_error"]].to_numpy().tolist() == [[0.0, 0.0]]
    assert price_trends(prices.iloc[:0]).empty
    assert drift_error(np.array([0.0, 0.01, 0.0])) > 0.0
