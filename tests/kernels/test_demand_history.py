"""Passes over demand histories: the oracles go one period at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.demand_history import intervals_and_variations, recent_moments, uncensor
from tests.oracles import forecasting as oracle


def offsets_of(series):
    return np.concatenate([[0], np.cumsum([len(y) for y in series])]).astype(np.int64)


def raise_bounds(values, censored, season_length):
    out = np.empty(len(values))
    uncensor(
        np.asarray(values, float),
        np.asarray(censored, bool),
        np.array([0, len(values)]),
        season_length,
        out,
    )
    return out


@given(st.integers(0, 2**31), st.integers(1, 8), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_censored_periods_take_the_mean_of_their_neighbours(seed, season_length, n):
    draws = np.random.default_rng(seed)
    values, censored = draws.poisson(5.0, n).astype(float), draws.random(n) < 0.3
    found = raise_bounds(values, censored, season_length)
    assert np.allclose(found, oracle.uncensored(values, censored, season_length))
    assert (found >= values).all()
    assert np.array_equal(found[~censored], values[~censored])


def test_a_backtest_does_not_see_what_came_after_its_origin():
    draws = np.random.default_rng(8)
    values, censored = draws.poisson(5.0, 80).astype(float), draws.random(80) < 0.2
    censored[:7] = False
    whole = raise_bounds(values, censored, 7)
    assert np.array_equal(whole[:60], raise_bounds(values[:60], censored[:60], 7))


def test_moments_are_about_seasonal_means_of_the_recent_past():
    draws = np.random.default_rng(4)
    season = np.tile([1.0, 5.0, 9.0], 40)
    values = season + draws.integers(0, 3, 120)
    out = np.empty((1, 4))
    recent_moments(values, offsets_of([values]), 3, 30, out)
    last = values[-30:]
    about = last.reshape(10, 3) - last.reshape(10, 3).mean(axis=0)
    assert out[0, 0] == pytest.approx(last.mean())
    assert out[0, 1] == pytest.approx((about**2).sum() / 27)
    assert out[0, 2] == (last == 0).mean()
    assert out[0, 3] == 1.0


def test_one_fraction_makes_demand_continuous():
    values = np.array([1.0, 2.0, 0.0, 2.5])
    out = np.empty((1, 4))
    recent_moments(values, offsets_of([values]), 7, 28, out)
    assert out[0].tolist() == pytest.approx([1.375, np.var(values, ddof=1), 0.25, 0.0])


def test_a_series_without_demand_has_no_interval():
    out = np.empty((2, 2))
    intervals_and_variations(np.array([0.0, 0.0, 0.0, 4.0]), np.array([0, 2, 4]), out)
    assert out.tolist() == [[np.inf, 0.0], [2.0, 0.0]]
