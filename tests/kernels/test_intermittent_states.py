"""Stored models of intermittent demand: carried forward as run from the start."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.drift import WEIGHT
from kernels.intermittent import IntermittentModel, intermittent_rates
from kernels.intermittent_states import (
    CARRIED,
    fit_intermittent,
    forecast_intermittent,
    run_intermittent,
    track_intermittent,
)
from tests.kernels.flat import flat
from tests.oracles import smoothing as oracle

PARAMETERS = {IntermittentModel.TSB: (0.2, 0.15)}


def series_of(seed, count=8):
    """Return series of rare demand; in the first two it begins at once, and never."""
    draws = np.random.default_rng(seed)
    shares = draws.uniform(0.1, 0.9, count)
    series = [
        draws.poisson(3.0, n) * (draws.random(n) < share).astype(float)
        for n, share in zip(draws.integers(25, 80, count), shares, strict=True)
    ]
    series[0][0], series[1][:] = 2.0, 0.0
    return series


@pytest.mark.parametrize("model", CARRIED)
def test_a_state_forecasts_as_the_model_does_at_its_fits_end(model):
    series = [*series_of(1, 40), np.array([0.0, 5.0])]
    parameters = PARAMETERS.get(model, ())
    states = fit_intermittent(*flat(series), model, *parameters)
    found = forecast_intermittent(states, model, 3)
    rates = intermittent_rates(*flat(series), model, *parameters)
    if model == IntermittentModel.TSB:
        # The model takes two periods a turn.
        assert np.allclose(found, rates[:, None], rtol=1e-12, atol=0.0)
    else:
        assert np.array_equal(found, np.repeat(rates[:, None], 3, axis=1))


@given(st.integers(0, 2**31), st.sampled_from(CARRIED), st.integers(0, 20))
@settings(max_examples=40)
def test_a_state_carried_forward_is_that_of_its_model_run_through_everything(seed, model, news):
    series = series_of(seed)
    known, new = ([y[: len(y) - news] for y in series], [y[len(y) - news :] for y in series])
    states = fit_intermittent(*flat(known), model, *PARAMETERS.get(model, ()))
    rolled, _ = track_intermittent(states, model, np.zeros(len(series)), *flat(new))
    again = run_intermittent(states, model, *flat(series))
    for ours, theirs in zip(rolled, again, strict=True):
        assert np.array_equal(ours, theirs)


@given(st.integers(0, 2**31), st.integers(1, 20))
@settings(max_examples=25)
def test_rates_after_new_periods_are_those_of_the_papers(seed, news):
    series = series_of(seed)
    new = flat([y[-news:] for y in series])
    for model, rate in (
        (IntermittentModel.CROSTON, lambda y: oracle.croston(y, 0.1)),
        (IntermittentModel.SBA, lambda y: 0.95 * oracle.croston(y, 0.1)),
        (IntermittentModel.TSB, lambda y: oracle.tsb(y, 0.2, 0.15)),
    ):
        known = flat([y[:-news] for y in series])
        states = fit_intermittent(*known, model, *PARAMETERS.get(model, ()))
        rolled, _ = track_intermittent(states, model, np.zeros(len(series)), *new)
        ours = forecast_intermittent(rolled, model, 1)[:, 0]
        assert np.allclose(ours, [rate(y.tolist()) for y in series], rtol=1e-12)


@pytest.mark.parametrize("model", CARRIED)
def test_errors_are_those_of_the_rate_known_the_period_before(model):
    series = series_of(4)
    known, parameters = [y[:-1] for y in series], PARAMETERS.get(model, ())
    states = fit_intermittent(*flat(known), model, *parameters)
    expected = np.array([y[-1] for y in series]) - forecast_intermittent(states, model, 1)[:, 0]
    begun = np.array([y[:-1].any() for y in series])
    scale = np.sqrt(np.where(states.variance > 0.0, states.variance, 1.0))
    last = flat([y[-1:] for y in series])
    _, signal = track_intermittent(states, model, np.zeros(len(series)), *last)
    assert np.allclose(signal, np.where(begun, WEIGHT * expected / scale, 0.0), rtol=1e-12)
    errors = []
    for t in range(1, len(known[0])):
        before = run_intermittent(states, model, *flat([known[0][:t], *known[1:]]))
        errors.append(known[0][t] - forecast_intermittent(before, model, 1)[0, 0])
    assert states.variance[0] == pytest.approx(np.mean(np.square(errors)), rel=1e-12)


@pytest.mark.parametrize("model", [IntermittentModel.ADIDA, IntermittentModel.IMAPA])
def test_a_model_whose_buckets_move_is_refused_by_name(model):
    with pytest.raises(ValueError, match=f"CROSTON.*TSB; got {model.name}"):
        fit_intermittent(*flat(series_of(1)), model)
