"""Simple exponential smoothing: the search ends where statsforecast's golden section ends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.smoothing import (
    HIGHEST,
    LANES,
    LOWEST,
    best_smoothing,
    fill_levels,
    fill_seasonal_levels,
    smoothed_level,
)
from tests.kernels.flat import offsets_of
from tests.oracles import smoothing as oracle


def levels(series, low=LOWEST, high=HIGHEST):
    out = np.empty(len(series))
    fill_levels(np.concatenate(series), offsets_of(series), low, high, out)
    return out


def walks(seed, count, longest=120):
    """Return wandering, noisy and pausing series, all of three observations or more."""
    draws = np.random.default_rng(seed)
    kinds = [
        lambda n: 50 + draws.normal(0, 2, n).cumsum(),
        lambda n: draws.gamma(2, 5, n),
        lambda n: draws.poisson(0.4, n).astype(float),
        lambda n: 20 + 5 * np.sin(np.arange(n)) + draws.normal(0, 1, n),
    ]
    return [kinds[i % 4](int(draws.integers(3, longest))) for i in range(count)]


@pytest.mark.parametrize(("low", "high"), [(0.01, 0.99), (0.1, 0.3)])
def test_forecasts_are_those_of_statsforecast(low, high):
    from statsforecast.models import _optimized_ses_forecast

    series = walks(seed=1, count=400)
    expected = [_optimized_ses_forecast(y, (low, high))[0] for y in series]
    # Near its least value a sum of squares is flat to 1e-16, so alpha is known to 1e-8; a level
    # moves by that times the distance between old and new observations.
    spread = np.array([np.ptp(y) + 1.0 for y in series])
    assert (np.abs(levels(series, low, high) - expected) < 1e-6 * spread).all()


@given(st.integers(0, 2**31))
@settings(max_examples=50)
def test_no_local_search_finds_a_parameter_that_is_better_around_it(seed):
    y = walks(seed, count=4, longest=60)[seed % 4]
    alpha = best_smoothing(y, LOWEST, HIGHEST, np.empty((3, LANES)))
    errors = oracle.smoothed(y, alpha)[1]
    low, high = max(alpha - 1e-3, LOWEST), min(alpha + 1e-3, HIGHEST)
    assert errors <= oracle.best_errors(y, low, high) * (1 + 1e-10) + 1e-12


def test_a_level_is_the_recursion():
    y = np.random.default_rng(0).gamma(2, 3, 50)
    assert smoothed_level(y, 0.3) == pytest.approx(oracle.smoothed(y, 0.3)[0], rel=1e-14)


def test_equal_bounds_are_the_parameter():
    series = walks(seed=2, count=8)
    expected = [oracle.smoothed(y, 0.2)[0] for y in series]
    assert np.allclose(levels(series, 0.2, 0.2), expected, rtol=1e-13)


def test_a_step_takes_the_highest_parameter_and_noise_about_a_level_the_lowest():
    lanes = np.empty((3, LANES))
    step = np.repeat([10.0, 50.0], 30)
    assert best_smoothing(step, 0.01, 0.99, lanes) == pytest.approx(0.99, abs=1e-6)
    alternating = np.concatenate([[11.0], np.tile([10.0, 12.0], 40)])
    assert best_smoothing(alternating, 0.01, 0.99, lanes) == pytest.approx(0.01, abs=1e-6)


@pytest.mark.parametrize("y", [[4.0], [3.0, 3.0], [0.0] * 40, [7.5] * 5])
def test_a_constant_series_stays(y):
    assert levels([np.array(y)])[0] == y[-1]


def test_of_two_observations_the_middle_parameter_is_taken():
    # Every parameter scores the same there.
    assert levels([np.array([10.0, 20.0])], 0.1, 0.3)[0] == pytest.approx(12.0)


@given(st.integers(0, 2**31))
@settings(max_examples=20)
def test_a_series_is_smoothed_the_same_in_any_company(seed):
    series = walks(seed, count=6, longest=40)
    alone = [levels([y])[0] for y in series]
    assert np.array_equal(levels(series), alone)


def test_each_place_in_the_season_is_smoothed_by_itself():
    draws = np.random.default_rng(3)
    series = [draws.gamma(2, 5, n) for n in (7, 20, 93, 5)]
    out = np.empty((4, 7))
    fill_seasonal_levels(np.concatenate(series), offsets_of(series), 7, LOWEST, HIGHEST, out)
    for y, found in zip(series[:3], out[:3], strict=True):
        places = [y[place + len(y) % 7 :: 7] for place in range(7)]
        assert np.array_equal(found, levels(places))
    assert np.isnan(out[3]).all()
