"""Stored theta models: carried forward as run from the start, and forecast as their fit does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.drift import WEIGHT, has_drifted
from kernels.theta import (
    ThetaModel,
    fit_best_theta_states,
    fit_best_thetas,
    fit_theta_states,
    fit_thetas,
)
from kernels.theta_forward import run_thetas, track_thetas
from kernels.theta_series import ADDED, RATIO
from kernels.theta_states import NO_MODEL, STATIC, forecast_thetas
from tests.kernels.flat import flat
from tests.oracles.theta import theta_path

MODELS = list(ThetaModel)
MOVING = ("seen", "level", "power", "intercept", "slope", "mean")


def series_of(seed, count=9, periods=80):
    """Return series with a season and a trend; every third has days without demand."""
    draws = np.random.default_rng(seed)
    t = np.arange(periods)
    season = np.array([0.6, 1.0, 1.5, 0.9])[t % 4]
    series = [draws.gamma(9.0, (1 + n) * season * (1.0 + 0.01 * t)) for n in range(count)]
    for y in series[::3]:
        y[draws.random(periods) < 0.2] = 0.0
    return series


def fit(series, model):
    """Return the states of a `ThetaModel`, or of the best of them where it is None."""
    if model is None:
        return fit_best_theta_states(*flat(series), 4)
    return fit_theta_states(*flat(series), 4, model)


def assert_same_states(ours, theirs):
    for name in ours._fields:
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name


@pytest.mark.parametrize("model", [*MODELS, None])
def test_a_state_forecasts_as_the_model_does_at_its_fits_end(model):
    series = [*series_of(3), np.full(30, 4.0), np.array([1.0, 2.0, 3.0])]
    states = fit(series, model)
    if model is None:
        means = fit_best_thetas(*flat(series), 4, 14)[0].means
    else:
        means = fit_thetas(*flat(series), 4, 14, model).means
    assert np.array_equal(forecast_thetas(states, 14), means)
    assert states.kind[-2:].tolist() == [NO_MODEL, NO_MODEL]
    assert set(states.season) == {0, ADDED, RATIO}


@given(st.integers(0, 2**31), st.sampled_from([*MODELS, None]), st.integers(0, 30))
@settings(max_examples=25)
def test_a_state_carried_forward_is_that_of_its_model_run_through_everything(seed, model, news):
    series = series_of(seed)
    fitted = fit([y[: len(y) - news] for y in series], model)
    # A fit sums with one rounding where two would be: its own end is run to first.
    states = run_thetas(fitted, *flat([y[: len(y) - news] for y in series]))
    new = flat([y[len(y) - news :] for y in series])
    rolled, _ = track_thetas(states, np.zeros(len(series)), *new)
    assert_same_states(rolled, run_thetas(fitted, *flat(series)))
    # Eighty steps that forget what the step before rounded.
    from_fit, _ = track_thetas(fitted, np.zeros(len(series)), *new)
    ours, theirs = forecast_thetas(from_fit, 9), forecast_thetas(rolled, 9)
    assert np.allclose(ours, theirs, rtol=1e-11, atol=1e-11 * fitted.scale.max())


@given(st.integers(0, 2**31), st.sampled_from([*MODELS, None]))
@settings(max_examples=25)
def test_a_model_run_from_its_start_stands_where_its_fit_left_it(seed, model):
    series = series_of(seed)
    states = fit(series, model)
    again = run_thetas(states, *flat(series))
    for name in MOVING:
        ours, theirs = getattr(again, name), getattr(states, name)
        # In units of the series' mean size.
        assert np.allclose(ours, theirs, rtol=1e-11, atol=1e-12), name


@given(st.integers(0, 2**31), st.sampled_from(MODELS), st.integers(1, 20))
@settings(max_examples=25)
def test_a_state_and_its_errors_are_those_of_the_published_recursion(seed, model, news):
    y = series_of(seed, count=2)[1]
    known, new = y[:-news], y[-news:]
    states = fit_theta_states(*flat([known]), 1, model)
    rolled, signal = track_thetas(states, np.zeros(1), *flat([new]))
    static = states.kind[0] == STATIC
    means, errors = theta_path(
        (y / states.scale[0]).tolist(),
        6,
        alpha=states.alpha[0],
        weight=states.weight[0],
        start=states.start[0],
        line=(states.intercept[0], states.slope[0]) if static else None,
    )
    assert np.allclose(forecast_thetas(rolled, 6)[0] / states.scale[0], means, rtol=1e-10)
    variance = np.mean(np.square(errors[3 : len(known)]))
    # A sum of squares, here term by term and there from products as large as the series' squares.
    assert states.variance[0] == pytest.approx(variance, rel=1e-8)
    expected = 0.0
    for error in errors[len(known) :]:
        expected += WEIGHT * (error / np.sqrt(states.variance[0]) - expected)
    assert signal[0] == pytest.approx(expected, rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("model", MODELS)
def test_news_move_a_state_and_leave_its_parameters(model):
    series = series_of(5)
    states = fit([y[:-4] for y in series], model)
    before = [part.copy() for part in states]
    rolled, _ = track_thetas(states, np.zeros(len(series)), *flat([y[-4:] for y in series]))
    assert all(np.array_equal(part, kept) for part, kept in zip(states, before, strict=True))
    assert (rolled.level != states.level).all()
    for name in set(states._fields) - set(MOVING):
        assert getattr(rolled, name) is getattr(states, name)
    assert (rolled.seen == states.seen + 4).all()


def test_a_series_without_a_model_repeats_the_newest_value():
    states = fit([np.full(30, 4.0)], ThetaModel.STANDARD)
    rolled, signal = track_thetas(states, np.zeros(1), *flat([np.array([4.0, 6.0])]))
    assert np.array_equal(forecast_thetas(rolled, 3), [[6.0, 6.0, 6.0]])
    assert (rolled.seen[0], signal[0]) == (32, 0.0)


def test_a_model_drifts_where_demand_left_it_and_not_where_it_stayed():
    series = series_of(7, periods=120)
    known = [y[:100] for y in series]
    states = fit(known, ThetaModel.DYNAMIC_OPTIMISED)
    stayed = [y[100:] for y in series]
    left = [3.0 * y for y in stayed]
    signals = [track_thetas(states, np.zeros(9), *flat(news))[1] for news in (stayed, left)]
    drifted = [has_drifted(signal) for signal in signals]
    assert drifted[1].sum() >= 7
    assert drifted[0].sum() <= 2
