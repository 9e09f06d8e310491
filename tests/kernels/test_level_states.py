"""Stored simple exponential smoothing: carried forward as run from the start."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.drift import WEIGHT
from kernels.level_states import fit_levels, forecast_levels, run_levels, track_levels
from kernels.smoothing import HIGHEST, LOWEST, fill_levels, fill_seasonal_levels
from tests.kernels.flat import flat
from tests.oracles import smoothing as oracle


def series_of(seed, count=8):
    draws = np.random.default_rng(seed)
    return [draws.gamma(4.0, 2.0 + n, draws.integers(30, 90)) for n in range(count)]


@pytest.mark.parametrize(("low", "high"), [(LOWEST, HIGHEST), (0.2, 0.2)])
def test_a_level_is_the_forecast_of_the_model_at_its_fits_end(low, high):
    series = [*series_of(1), np.array([3.0]), np.full(9, 2.0)]
    levels = np.empty(len(series))
    fill_levels(*flat(series), low, high, levels)
    states = fit_levels(*flat(series), 1, low, high)
    assert np.array_equal(forecast_levels(states, 3), np.repeat(levels[:, None], 3, axis=1))


def test_seasonal_levels_are_the_forecast_of_the_model_at_its_fits_end():
    series = [*series_of(2), np.arange(1.0, 8.0), np.arange(5.0)]
    levels = np.empty((len(series), 7))
    fill_seasonal_levels(*flat(series), 7, LOWEST, HIGHEST, levels)
    states = fit_levels(*flat(series), 7, LOWEST, HIGHEST)
    found = forecast_levels(states, 16)
    assert np.array_equal(found, levels[:, np.arange(16) % 7], equal_nan=True)
    assert np.isnan(found[-1]).all()


@given(st.integers(0, 2**31), st.sampled_from([1, 4, 7]), st.integers(0, 20))
@settings(max_examples=30)
def test_levels_carried_forward_are_those_of_a_run_through_everything(seed, season_length, news):
    series = series_of(seed)
    known, new = ([y[: len(y) - news] for y in series], [y[len(y) - news :] for y in series])
    states = fit_levels(*flat(known), season_length, LOWEST, HIGHEST)
    rolled, _ = track_levels(states, np.zeros(len(series)), *flat(new))
    again = run_levels(states, *flat(series))
    for ours, theirs in zip(rolled, again, strict=True):
        assert np.array_equal(ours, theirs, equal_nan=True)
    assert np.array_equal(run_levels(states, *flat(known)).levels, states.levels, equal_nan=True)


@given(st.integers(0, 2**31), st.integers(1, 20))
@settings(max_examples=25)
def test_a_level_and_its_errors_are_those_of_the_recursion_written_out(seed, news):
    y = series_of(seed, count=1)[0]
    states = fit_levels(*flat([y[:-news]]), 1, LOWEST, HIGHEST)
    alpha = states.alphas[0, 0]
    level, squares = oracle.smoothed(y[:-news].tolist(), alpha)
    assert states.variance[0] == pytest.approx(squares / (len(y) - news - 1), rel=1e-10)
    expected = 0.0
    for value in y[-news:]:
        expected += WEIGHT * ((value - level) / np.sqrt(states.variance[0]) - expected)
        level = alpha * value + (1 - alpha) * level
    rolled, signal = track_levels(states, np.zeros(1), *flat([y[-news:]]))
    assert rolled.levels[0, 0] == pytest.approx(level, rel=1e-12)
    assert signal[0] == pytest.approx(expected, rel=1e-9, abs=1e-11)


def test_a_series_that_never_moved_has_drifted_when_it_does():
    states = fit_levels(*flat([np.full(20, 3.0)]), 1, LOWEST, HIGHEST)
    assert track_levels(states, np.zeros(1), *flat([np.full(2, 3.0)]))[1][0] == 0.0
    assert np.isinf(track_levels(states, np.zeros(1), *flat([np.array([4.0])]))[1][0])
