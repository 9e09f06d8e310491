"""Evaluation: errors of the chosen forecasts beside seasonal naive's, by part of the horizon."""

import numpy as np
import pytest

from forecasting.backtest import place_origins
from forecasting.calibration import bands_of
from forecasting.champions import BENCHMARK, hold_contest
from forecasting.evaluation import evaluate_horizon
from forecasting.scores import seasonal_scale
from tests.forecasting.demand import daily_plan, mixed_series, panel_of

SPARSE = ("TSB", "WindowAverage")


def held(names, plan):
    panel = panel_of(mixed_series())
    origins = place_origins(panel.batch, panel.censored, plan)
    chosen = np.flatnonzero(np.isfinite(origins.actuals).any(axis=(1, 2)))
    batch = panel.batch.cut(chosen, np.zeros(len(chosen), np.int64), None)
    entities = [str(number) for number in chosen]
    return hold_contest(names, batch, origins.of(chosen), entities, plan), batch, origins.of(chosen)


def test_what_every_forecast_is_compared_with_need_not_compete():
    plan = daily_plan(windows=3)
    beside, _, _ = held(SPARSE, plan)
    within, _, _ = held((BENCHMARK, *SPARSE), plan)
    assert BENCHMARK not in beside.names
    own = {}
    for name, contest in (("beside", beside), ("within", within)):
        rows = contest.accuracy[contest.accuracy["model"] == BENCHMARK]
        own[name] = rows.set_index("number")[["windows", "bias", "coverage_80", "mase"]]
    assert own["beside"].equals(own["within"])
    np.testing.assert_array_equal(beside.benchmark, within.benchmark)


def test_a_benchmark_beside_a_contest_changes_nothing_in_it():
    plan = daily_plan(windows=3)
    contest, _, _ = held(SPARSE, plan)
    others = contest.accuracy[contest.accuracy["model"] != BENCHMARK]
    assert set(others["model"]) <= set(contest.names)
    assert not contest.weights.shape[0] > len(SPARSE)


def test_parts_of_the_horizon_have_the_errors_of_their_own_steps():
    plan = daily_plan(windows=3, horizon=14, step=14)
    contest, batch, origins = held(("SimpleExponentialSmoothing", "WindowAverage"), plan)
    held_out = plan.horizon + (origins.counts - 1) * plan.step
    scale, actuals = seasonal_scale(batch, 7, held_out), origins.actuals
    told = evaluate_horizon("smooth", contest, actuals, scale, bands_of(14))
    assert told["first_step"].tolist()[0] == 1
    assert told["last_step"].tolist()[-1] == 14
    assert (told["first_step"].to_numpy()[1:] == told["last_step"].to_numpy()[:-1] + 1).all()
    for row in told.itertuples():
        own, signed, theirs, mine = [], [], [], []
        for number in range(len(batch)):
            for window in range(plan.windows):
                for step in range(row.first_step - 1, row.last_step):
                    place = (number, window, step)
                    error = (contest.past[place] - actuals[place]) / scale[number]
                    naive = (contest.benchmark[place] - actuals[place]) / scale[number]
                    if np.isnan(error):
                        continue
                    own.append(abs(error))
                    signed.append(error)
                    if not np.isnan(naive):
                        theirs.append(abs(naive))
                        mine.append(abs(error))
        assert row.mase == pytest.approx(np.mean(own), rel=1e-12)
        assert row.bias == pytest.approx(np.mean(signed), rel=1e-9, abs=1e-12)
        assert row.value_added == pytest.approx(1.0 - sum(mine) / sum(theirs), rel=1e-9)


def test_seasonal_naive_adds_nothing_to_itself():
    plan = daily_plan(windows=3)
    contest, batch, origins = held((BENCHMARK,), plan)
    scale = np.ones(len(batch))
    told = evaluate_horizon("smooth", contest, origins.actuals, scale, bands_of(plan.horizon))
    assert (told["value_added"] == 0.0).all()
