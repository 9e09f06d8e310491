"""Stock-outs: a bound is no low demand, and a backtest sees nothing of what came later."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.censored_demand import uncensor

WEEK = np.array([0.6, 0.8, 0.9, 1.0, 1.2, 1.7, 0.8])


def raise_bounds(values, censored, season_length=7):
    out = np.empty(len(values))
    uncensor(
        np.asarray(values, float),
        np.asarray(censored, bool),
        np.array([0, len(values)]),
        season_length,
        out,
    )
    return out


LAWS = {
    "Poisson": lambda g, n: g.poisson(10.0, n),
    "weekly": lambda g, n: g.poisson(10.0 * WEEK[np.arange(n) % 7]),
    "rare": lambda g, n: g.poisson(0.4, n),
    "negative binomial": lambda g, n: g.negative_binomial(2, 2 / 12, n),
    "high": lambda g, n: g.negative_binomial(5, 5 / 505, n),
    "gamma": lambda g, n: g.gamma(4.0, 5.0, n),
    "wild": lambda g, n: g.gamma(0.7, 30.0, n),
}


@pytest.mark.parametrize("limited", [0.2, 0.5])
@pytest.mark.parametrize("law", LAWS)
def test_censoring_a_series_does_not_bias_its_mean_low(law, limited):
    filled, sold_, opened = [], [], []
    for seed in range(40):
        draws = np.random.default_rng(seed)
        demand = LAWS[law](draws, 800).astype(float)
        stock = np.where(draws.random(800) < limited, LAWS[law](draws, 800), np.inf)
        sold, censored = np.minimum(demand, stock), stock <= demand
        mean = demand.mean()
        filled.append(raise_bounds(sold, censored).mean() / mean)
        sold_.append(sold.mean() / mean)
        opened.append(sold[~censored].mean() / mean)
    error = 3 * np.std(filled) / np.sqrt(40)
    # The stated tolerance: 2.5%, whatever share ran out; sales lie 3-36% low.
    assert abs(np.mean(filled) - 1.0) < 0.025 + error
    # Nor is it as low as what was sold, or as the mean of the days that did not run out.
    low = max(np.mean(sold_), np.mean(opened))
    assert abs(np.mean(filled) - 1.0) < 0.5 * (1.0 - low) + error


@given(st.integers(0, 2**31), st.integers(1, 8), st.integers(1, 60), st.booleans())
@settings(max_examples=80)
def test_no_period_falls_below_what_was_sold_and_open_ones_stand(seed, season, n, whole):
    draws = np.random.default_rng(seed)
    values = draws.poisson(5.0, n) * (1.0 if whole else 0.37)
    censored = draws.random(n) < draws.random()
    found = raise_bounds(values, censored, season)
    assert np.isfinite(found).all()
    assert (found >= values).all()
    assert np.array_equal(found[~censored], values[~censored])


def test_a_backtest_does_not_see_what_came_after_its_origin():
    draws = np.random.default_rng(8)
    values, censored = draws.poisson(5.0, 80).astype(float), draws.random(80) < 0.2
    whole = raise_bounds(values, censored)
    assert np.array_equal(whole[:60], raise_bounds(values[:60], censored[:60]))


def test_a_closed_shelf_takes_the_mean_of_its_day_of_the_week():
    values = np.tile(20.0 * WEEK, 30)
    censored = np.arange(210) >= 203
    values[censored] = 0.0
    found = raise_bounds(values, censored)
    # Thirty weeks leave 2 / (8 + 2) of the belief that days are alike, at most.
    assert found[203:] == pytest.approx(20.0 * WEEK, rel=0.2)
    assert np.corrcoef(found[203:], WEEK)[0, 1] > 0.99


@pytest.mark.parametrize("sold", [0.0, 3.0, 1e6])
def test_a_series_that_always_ran_out_stays_finite(sold):
    found = raise_bounds(np.full(2_000, sold), np.ones(2_000, bool))
    assert np.isfinite(found).all()
    # Nothing above is known, and the level creeps: four bounds in 2,000 periods at most.
    assert found.max() <= 4.0 * sold


def test_a_series_does_not_depend_on_its_neighbours():
    draws = np.random.default_rng(3)
    values, censored = draws.poisson(5.0, 120).astype(float), draws.random(120) < 0.3
    out = np.empty(120)
    uncensor(values, censored, np.array([0, 50, 120]), 7, out)
    assert np.array_equal(out[:50], raise_bounds(values[:50], censored[:50]))
    assert np.array_equal(out[50:], raise_bounds(values[50:], censored[50:]))
