"""Backtests: origins are placed, and a model sees what came before them alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting import MODELS
from forecasting.backtest import place_origins, run_model
from forecasting.models import BatchForecast
from forecasting.panel import Batch
from tests.forecasting.demand import daily_plan
from tests.oracles import forecasting as oracle


class Recorder:
    """A model that answers with the last value and keeps what it saw."""

    def __init__(self):
        self.seen = []

    def forecast(self, batch, _seasons, horizon):
        self.seen.append([batch.series(n).copy() for n in range(len(batch))])
        last = batch.values[batch.offsets[1:] - 1]
        return BatchForecast(np.tile(last[:, None], horizon))


@pytest.fixture
def recorder(monkeypatch):
    model = Recorder()
    monkeypatch.setitem(MODELS, "Recorder", model)
    return model


def batch_of(lengths):
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Batch(np.arange(offsets[-1], dtype=float) + 1, offsets)


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=5),
    st.integers(1, 9),
    st.integers(1, 4),
    st.integers(1, 9),
    st.integers(1, 20),
)
@settings(max_examples=80)
def test_origins_stand_where_history_and_horizon_allow(lengths, horizon, windows, step, minimum):
    plan = daily_plan(horizon=horizon, windows=windows, step=step, minimum_history=minimum)
    batch = batch_of(lengths)
    origins = place_origins(batch, np.zeros(len(batch.values), bool), plan)
    for number, length in enumerate(lengths):
        ends = oracle.origins(length, minimum, horizon, windows, step)
        assert origins.counts[number] == len(ends)
        values = batch.series(number)
        for window, end in enumerate(ends):
            assert np.array_equal(origins.actuals[number, window], values[end : end + horizon])
        assert np.isnan(origins.actuals[number, len(ends) :]).all()


def test_a_censored_period_is_not_scored():
    batch = batch_of([30])
    censored = np.zeros(30, bool)
    censored[27] = True
    plan = daily_plan(horizon=5, windows=1, step=5, minimum_history=10)
    actuals = place_origins(batch, censored, plan).actuals[0, 0]
    assert np.isnan(actuals).tolist() == [False, False, True, False, False]


@pytest.mark.parametrize("history", [None, 6])
def test_a_model_sees_what_came_before_the_origin(recorder, history):
    batch = batch_of([40, 20])
    plan = daily_plan(
        horizon=5,
        windows=3,
        step=4,
        minimum_history=10,
        history=None if history is None else {"Recorder": history},
    )
    origins = place_origins(batch, np.zeros(60, bool), plan)
    run = run_model("Recorder", batch, origins, ["W/A", "W/B"], plan)
    ends = [[35, 31, 27, 40], [15, 11, None, 20]]
    keep = history or 40
    # The earliest origin first, the end last.
    for call, window in enumerate([2, 1, 0, 3]):
        expected = [
            batch.series(n)[max(ends[n][window] - keep, 0) : ends[n][window]]
            for n in range(2)
            if ends[n][window] is not None
        ]
        seen = recorder.seen[call]
        assert [y.tolist() for y in seen] == [y.tolist() for y in expected]
    assert run.past[0, 1].tolist() == [31.0] * 5
    assert np.isnan(run.past[1, 2]).all()
    assert run.future[1].tolist() == [60.0] * 5


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
def test_means_below_zero_are_zero_and_infinite_ones_a_failure(monkeypatch, bad):
    class Sign:
        def forecast(self, batch, _seasons, horizon):
            means = np.tile(np.where(batch.lengths > 25, -3.0, bad)[:, None], horizon)
            return BatchForecast(means)

    monkeypatch.setitem(MODELS, "Sign", Sign())
    plan = daily_plan(horizon=5, windows=1, step=5, minimum_history=10)
    batch = batch_of([40, 20])
    origins = place_origins(batch, np.zeros(60, bool), plan)
    run = run_model("Sign", batch, origins, ["W/A", "W/B"], plan)
    assert (run.past[0, 0] == 0.0).all()
    assert (run.future[0] == 0.0).all()
    assert np.isnan(run.future[1]).all()
    (failure,) = run.failures
    assert failure.entity == "W/B"
    assert failure.stage == "backtest Sign"
    assert failure.error_type == "NotFiniteError"
