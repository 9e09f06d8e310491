"""Decomposition by loess: the oracle is statsmodels' STL, and MSTL's turns around it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.seasonal_loess import smooth_by_loess
from kernels.seasonal_trend import remove_seasons, separate_season, separate_seasons
from tests.kernels.flat import offsets_of
from tests.oracles import decomposition as oracle


def wavy(seed, n, *seasons):
    draws, t = np.random.default_rng(seed), np.arange(n)
    waves = sum(5.0 * np.sin(2 * np.pi * t / season + seed) for season in seasons)
    return 50.0 + draws.normal(0, 1, n).cumsum() + waves


def removed(series, seasons, windows, horizon=30):
    adjusted = np.empty(sum(len(y) for y in series))
    ahead = np.empty((len(series), horizon))
    remove_seasons(
        np.concatenate(series),
        offsets_of(series),
        np.array(seasons),
        np.array(windows),
        adjusted,
        ahead,
    )
    return np.split(adjusted, offsets_of(series)[1:-1]), ahead


@pytest.mark.parametrize(
    ("n", "season", "window"),
    [(24, 12, 7), (96, 12, 7), (101, 12, 11), (500, 24, 7), (700, 168, 15), (300, 7, 101)],
)
def test_season_and_trend_are_those_of_stl(n, season, window):
    y = wavy(1, n, season)
    seasonal, trend = np.empty(n), np.empty(n)
    separate_season(y, season, window, np.empty((7, n + 2 * season)), seasonal, trend)
    expected = oracle.separate(y, season, window)
    # The same sums in another order.
    assert np.allclose(seasonal, expected[0], atol=1e-10)
    assert np.allclose(trend, expected[1], atol=1e-10)


@given(st.integers(0, 2**31), st.integers(56, 300), st.sampled_from([(7, 15), (11, 7), (31, 5)]))
@settings(max_examples=10)
def test_two_seasons_are_separated_in_turns(seed, n, windows):
    y = wavy(seed, n, 4, 28)
    found = np.empty((2, n))
    separate_seasons(y, np.array([4, 28]), np.array(windows), np.empty((7, n + 56)), found)
    assert np.allclose(found, oracle.separate_all(y, (4, 28), windows), atol=1e-9)


def test_a_season_without_noise_or_trend_is_found_whole():
    profile = np.array([3.0, -1.0, 0.0, 2.0, -2.0, -1.0, -1.0])
    (rest,), ahead = removed([20.0 + np.tile(profile, 12)], [7], [7], horizon=10)
    assert np.allclose(rest, 20.0, atol=1e-9)
    assert np.allclose(ahead[0], np.tile(profile, 2)[:10], atol=1e-9)


def test_two_seasons_without_noise_are_repeated_ahead():
    t = np.arange(24 * 7 * 5 + 48)
    y = 100.0 + 10.0 * np.sin(2 * np.pi * t / 24) + 5.0 * np.cos(2 * np.pi * t / 168)
    history = y[:-48]
    (rest,), ahead = removed([history], [24, 168], [7, 15], horizon=48)
    # The ends of a local mean bend a pure wave a little.
    assert np.abs(rest.mean() + ahead[0] - y[-48:]).max() < 0.2


def test_a_series_of_less_than_two_seasons_is_left_as_it_is():
    y = wavy(3, 13, 7)
    (rest,), ahead = removed([y], [7], [7])
    assert np.array_equal(rest, y)
    assert np.isnan(ahead).all()


def test_a_series_is_decomposed_the_same_in_any_company():
    series = [wavy(seed, n, 4, 28) for seed, n in enumerate((56, 300, 20, 111))]
    rest, ahead = removed(series, [4, 28], [7, 15])
    for y, own, after in zip(series, rest, ahead, strict=True):
        (alone,), alone_ahead = removed([y], [4, 28], [7, 15])
        assert np.array_equal(alone, own)
        assert np.array_equal(alone_ahead[0], after, equal_nan=True)


@given(st.integers(0, 2**31), st.integers(3, 60), st.integers(1, 9), st.integers(1, 40))
@settings(max_examples=30)
def test_local_lines_keep_a_line(seed, n, jump, half):
    slope, level = np.random.default_rng(seed).normal(0, 3, 2)
    y = level + slope * np.arange(n)
    out = np.empty(n)
    smooth_by_loess(y, 2 * half + 1, jump, True, np.empty(n), out)
    assert np.allclose(out, y, atol=1e-8 * (1 + abs(slope) * n + abs(level)))
