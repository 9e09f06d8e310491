"""Stored exponential smoothing: carried forward as run from the start, and watched for drift."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.drift import has_drifted
from kernels.ets import fit_ets
from kernels.ets_candidates import MODEL_NAMES
from kernels.ets_fits import NO_MODEL, no_fits
from kernels.ets_forward import run_ets, track_ets
from tests.kernels.flat import offsets_of


def series_of(seed, count=12, periods=60):
    draws = np.random.default_rng(seed)
    season = np.array([0.7, 1.0, 1.4, 0.9])[np.arange(periods) % 4]
    return [draws.gamma(20.0, 0.5 * season * (1 + n)) + n for n in range(count)]


def assert_same_states(ours, theirs):
    # Sixty steps of additions and products that round differently by the series' unit.
    for name in ("level", "trend", "seasons"):
        found, expected = getattr(ours, name), getattr(theirs, name)
        scale = np.abs(theirs.level).reshape(-1, *[1] * (found.ndim - 1))
        assert (np.abs(found - expected) <= 1e-11 * scale).all()


@given(st.integers(0, 2**31))
@settings(max_examples=10)
def test_a_model_run_from_its_start_stands_where_its_fit_left_it(seed):
    series = series_of(seed)
    fits = fit_ets(np.concatenate(series), offsets_of(series), 4)
    again = run_ets(fits, np.concatenate(series), offsets_of(series))
    assert np.array_equal(again.model, fits.model)
    assert_same_states(again, fits)


@given(st.integers(0, 2**31), st.integers(1, 20))
@settings(max_examples=10)
def test_a_state_carried_forward_is_that_of_its_model_run_through_everything(seed, news):
    series = series_of(seed)
    known, new = [y[:-news] for y in series], [y[-news:] for y in series]
    fits = fit_ets(np.concatenate(known), offsets_of(known), 4)
    rolled, _ = track_ets(fits, np.zeros(len(series)), np.concatenate(new), offsets_of(new))
    assert_same_states(rolled, run_ets(fits, np.concatenate(series), offsets_of(series)))


def steady(count):
    """Return models that expect zero of every period, with errors of variance one."""
    fits = no_fits(count, 1)
    fits.model[:], fits.level[:], fits.variance[:] = MODEL_NAMES["ANN"], 0.0, 1.0
    return fits


@pytest.mark.parametrize(
    ("shift", "published", "most"),
    # Lucas & Saccucci (1990), table 3, weight 0.1 and limit 2.814: mean periods to an alarm.
    [(0.0, 500.0, 4_000), (1.0, 10.3, 200)],
)
def test_a_chart_alarms_as_often_as_published(shift, published, most):
    draws, count = np.random.default_rng(7), 2_000
    fits, signal, alarm = steady(count), np.zeros(count), np.full(count, most)
    places = np.arange(count + 1)
    for period in range(most):
        _, signal = track_ets(fits, signal, draws.normal(shift, 1.0, count), places)
        new = has_drifted(signal) & (alarm == most)
        alarm[new] = period + 1
    error = alarm.std() / np.sqrt(count)
    # Four standard errors, and half the last digit printed.
    assert abs(alarm.mean() - published) < 4.0 * error + 0.05


def test_a_model_drifts_on_demand_that_it_cannot_have_given():
    fits = steady(3)
    fits.model[0], fits.level[0] = MODEL_NAMES["MNN"], 5.0
    fits.variance[1] = 0.0
    _, signal = track_ets(fits, np.zeros(3), np.array([0.0, 0.5, 0.5]), np.arange(4))
    assert has_drifted(signal).tolist() == [True, True, False]


def test_a_constant_history_has_no_model_any_more():
    series = series_of(3, count=2)
    fits = fit_ets(np.concatenate(series), offsets_of(series), 4)
    flat = np.full(60, 4.0)
    again = run_ets(fits, np.concatenate([flat, series[1]]), offsets_of(series))
    assert again.model[0] == NO_MODEL
    assert again.model[1] == fits.model[1]
