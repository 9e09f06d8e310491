"""S&P 500, 2013-18: what each generator makes of a real market."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from risk import RiskPlan, build_market
from risk.covariance import estimate_covariance
from risk.measures.tail import measure_tail
from risk.scenarios import (
    estimate_copula_degrees,
    factor_moves,
    market_block_length,
)
from tests.risk.markets import stocks
from tests.risk.randomised import randomised_tail

PLAN = RiskPlan(history=500, scenarios=16_000)


@pytest.fixture(scope="module")
def factors(real_data):
    table = pd.read_parquet(real_data / "prices_sp500_2013_2018.parquet")
    table = table.rename(columns={"ticker": "instrument_id"}).astype({"instrument_id": str})
    names = sorted(table["instrument_id"].unique())[::5]
    table = table.loc[table["instrument_id"].isin(names), ["instrument_id", "ds", "close"]].dropna()
    return build_market(table, stocks(*names), None, table["ds"].max().date(), PLAN).factors


def equal_book(factors, method, horizon=1, plan=PLAN):
    return -np.ascontiguousarray(factor_moves(factors, method, horizon, plan)).mean(axis=0)


def test_real_shares_fall_together_and_cluster(factors):
    # The literature on daily US shares finds five to ten degrees, and runs of some days.
    assert 4.0 < estimate_copula_degrees(factors.moves) < 15.0
    assert 2.0 < market_block_length(factors.moves) < 15.0


def test_fat_tails_order_the_shortfalls_as_they_should(factors):
    shortfall = {
        method: measure_tail(equal_book(factors, method), 0.99).expected_shortfall
        for method in ("gaussian", "student_t", "gaussian_copula", "t_copula", "block_bootstrap")
    }
    assert shortfall["gaussian"] < shortfall["t_copula"]
    assert shortfall["gaussian_copula"] < shortfall["t_copula"]
    # One day of the bootstrap is the window's own, drawn again.
    own = measure_tail(equal_book(factors, "historical"), 0.99)
    drawn = measure_tail(equal_book(factors, "block_bootstrap"), 0.99)
    assert drawn.value_at_risk == pytest.approx(own.value_at_risk, rel=0.1)
    assert drawn.expected_shortfall == pytest.approx(own.expected_shortfall, rel=0.1)


def test_quasi_random_scenarios_gain_on_a_book_of_a_hundred_shares(factors):
    gains = []
    for seed in range(5):
        plan = replace(PLAN, seed=seed, scenarios=16_384)
        losses = equal_book(factors, "quasi_gaussian", plan=plan)
        found, plain = randomised_tail(losses, 0.975, 16), measure_tail(losses, 0.975)
        gains.append((plain.expected_shortfall_error / found.expected_shortfall_error) ** 2)
    # Most of this book's risk lies along the first, most even directions.
    assert np.median(gains) > 3.0


def test_better_covariances_make_calmer_minimum_variance_books(factors):
    """Ledoit and Wolf's own yardstick: out of sample, what a covariance thinks safe is safer."""
    n = factors.moves.shape[1]
    spread = {"sample": [], "ledoit_wolf": [], "oas": [], "factor_model": []}
    for start in range(0, 360, 60):
        known = factors.moves[start : start + 130]
        next_days = factors.moves[start + 130 : start + 190]
        for method, realised in spread.items():
            covariance = estimate_covariance(known, method).matrix
            weights = np.linalg.solve(covariance, np.ones(n))
            realised.append((next_days @ (weights / weights.sum())).std())
    calm = {method: np.mean(realised) for method, realised in spread.items()}
    # 130 days for a hundred shares: the sample's inverse is mostly noise.
    assert max(calm["ledoit_wolf"], calm["oas"], calm["factor_model"]) < 0.8 * calm["sample"]


def test_ten_days_by_bootstrap_lie_about_root_ten_of_one(factors):
    one, ten = (
        measure_tail(equal_book(factors, "block_bootstrap", horizon), 0.975).value_at_risk
        for horizon in (1, 10)
    )
    assert 2.0 < ten / one < 4.5
