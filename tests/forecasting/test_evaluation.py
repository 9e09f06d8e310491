"""Evaluation: errors of the chosen forecasts beside seasonal naive's, by part of the horizon."""

import numpy as np
import pytest

from forecasting.backtest import place_origins
from forecasting.calibration import bands_of
from forecasting.champions import BENCHMARK, hold_contest
from forecasting.evaluation import PART_MEASURES, evaluate_horizon, evaluate_series
from forecasting.scores import seasonal_scale
from tests.forecasting.demand import daily_plan, mixed_series, panel_of

SPARSE = ("TSB", "WindowAverage")


def held(names, plan):
    panel = panel_of(mixed_series())
    origins = place_origins(panel.batch, panel.censored, plan)
    chosen = np.flatnonzero(np.isfinite(origins.actuals).any(axis=(1, 2)))
    batch = panel.batch.take(chosen)
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
    np.testing.assert_array_equal(contest.scale, scale)
    told = evaluate_horizon("smooth", contest, actuals, bands_of(14))
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
    contest, _, origins = held((BENCHMARK,), plan)
    told = evaluate_horizon("smooth", contest, origins.actuals, bands_of(plan.horizon))
    assert (told["value_added"] == 0.0).all()
    parts = evaluate_series(contest, origins.actuals, bands_of(plan.horizon))
    matched, naive = (parts[:, :, PART_MEASURES.index(name)] for name in PART_MEASURES[-2:])
    np.testing.assert_array_equal(matched, naive)


def test_parts_of_a_series_have_the_errors_of_its_own_steps_and_of_what_seasonal_naive_answered():
    plan = daily_plan(windows=3, horizon=14, step=14)
    contest, batch, origins = held(("SimpleExponentialSmoothing", "WindowAverage"), plan)
    actuals, bands = origins.actuals, bands_of(14)
    contest.benchmark[0, 1] = np.nan
    contest.past[1, 0, :5] = np.nan
    contest.scale[2] = np.nan
    told = evaluate_series(contest, actuals, bands)
    assert told.shape == (len(batch), 4, len(PART_MEASURES))
    for number, band in np.ndindex(told.shape[:2]):
        steps = np.flatnonzero(bands == band)
        own = (contest.past[number] - actuals[number])[:, steps]
        naive = (contest.benchmark[number] - actuals[number])[:, steps]
        both = np.isfinite(own) & np.isfinite(naive)
        scale = contest.scale[number]
        expected = {
            "mase": np.abs(own[np.isfinite(own)]).mean() / scale,
            "bias": own[np.isfinite(own)].mean(),
            "bias_scaled": own[np.isfinite(own)].mean() / scale,
            "coverage_80": np.nanmean(contest.covered[number][:, steps]),
            "matched_mase": np.abs(own[both]).mean() / scale,
            "naive_mase": np.abs(naive[both]).mean() / scale,
        }
        found = dict(zip(PART_MEASURES, told[number, band], strict=True))
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


def test_parts_of_series_have_the_accuracy_of_the_whole_horizon_as_their_mean():
    plan = daily_plan(windows=3, horizon=4, step=7)
    contest, _, origins = held((BENCHMARK, *SPARSE), plan)
    told = evaluate_series(contest, origins.actuals, bands_of(4))
    whole = contest.accuracy.set_index(["number", "model"])
    for number, champion in enumerate(contest.champion):
        own = whole.loc[(number, contest.names[champion])]
        for name in ("mase", "bias", "coverage_80"):
            mean = told[number, :, PART_MEASURES.index(name)].mean()
            assert mean == pytest.approx(own[name], rel=1e-9, abs=1e-12, nan_ok=True)
