"""The decision backtest in the night: known pasts alone, and the same for every chunking."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from flows.demo import write_demo
from flows.run import prepare_run
from flows.sample import SampleSize
from flows.spec import DecisionBacktestSpec, load_job
from flows.steps import decision_backtest
from flows.steps.check import check
from flows.steps.past_drivers import learn_past_drivers, past_drivers_of
from flows.steps.past_forecasts import (
    PastLearnt,
    forecast_past,
    past_calibration,
    past_closed_days,
    past_drivers,
    past_profiles,
    past_shared_seasons,
)
from flows.steps.predict_plan import forecast_plan
from forecasting import Calibration, SharedSeasons
from inventory import positions_of
from storage.stores import open_store
from storage.tables import OUTPUT_TABLES
from tests.survival.plain import run_plain

SMALL = SampleSize(warehouses=2, items=8, days=200, portfolios=4)
PAST = DecisionBacktestSpec(periods=12, refresh=5, series=9, windows=2, paths=30, window=14)
LIGHT = dict.fromkeys(
    ("smooth", "erratic", "intermittent", "lumpy"), ("SimpleExponentialSmoothing", "WindowAverage")
)
NOTHING = Calibration.nothing()
TABLES = ("decision_backtests", "decision_backtest_periods", "decision_backtest_items")


def job_in(folder, chunk_entities):
    job = load_job(write_demo(folder, SMALL)).restricted("stock")
    return job.model_copy(
        update={
            "demand": job.demand.model_copy(update={"windows": 2, "horizon": 20, "line_up": LIGHT}),
            "stock": job.stock.model_copy(update={"paths": 30, "budgets": {}, "backtest": PAST}),
            "execution": job.execution.model_copy(update={"chunk_entities": chunk_entities}),
        }
    )


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    found = []
    for chunk_entities in (4, 100):
        job = job_in(tmp_path_factory.mktemp("past"), chunk_entities)
        run_plain(job, report=False)
        run = prepare_run(job)
        with open_store(run.store_url) as store:
            found.append((run, {name: store.read(name, run_id=run.run_id) for name in TABLES}))
    return found


def test_every_table_is_valid_and_as_large_as_asked_for(nights):
    _, tables = nights[0]
    for name in TABLES:
        OUTPUT_TABLES[name].validate(tables[name])
    items = tables["decision_backtest_items"]
    assert len(items) == 4 * PAST.series
    assert set(items["periods"]) == {PAST.periods}
    assert len(tables["decision_backtest_periods"]) == 4 * PAST.periods


def test_items_and_periods_add_up_to_the_whole(nights):
    _, tables = nights[0]
    whole = tables["decision_backtests"].set_index("planner")
    for name in TABLES[1:]:
        sums = tables[name].groupby("planner")[["cost", "demanded"]].sum()
        for column in sums:
            np.testing.assert_allclose(sums[column], whole.loc[sums.index, column])


def test_chunks_change_nothing(nights):
    (one, first), (other, second) = nights
    assert len(decision_backtest.prepare(one)) > len(decision_backtest.prepare(other)) == 1
    for name in TABLES:
        stamps = ["run_id"]
        pd.testing.assert_frame_equal(
            first[name].drop(columns=stamps), second[name].drop(columns=stamps), check_exact=True
        )


def _learnt(run, demand, first):
    return PastLearnt(
        past_drivers_of(past_drivers(run, demand, first)),
        SharedSeasons.from_frame(past_shared_seasons(run, demand, first)),
        past_closed_days(run, demand, first),
    )


def test_a_past_forecast_does_not_know_what_came_after(nights):
    run, _ = nights[1]
    first = pd.Timestamp(run.as_of) - pd.Timedelta(days=PAST.periods - 1)
    demand = pd.read_parquet(run.staging.clean("demand"))
    demand = demand.sort_values(["warehouse_id", "item_id", "ds"], ignore_index=True)
    profiles = past_profiles(run, demand, first)
    later = demand["ds"] >= first + pd.Timedelta(days=PAST.refresh)
    changed = demand.assign(quantity=demand["quantity"].where(~later, 999.0))
    learnt = _learnt(run, demand, first)
    assert len(learnt.drivers) == 3
    told = profiles, learnt, past_calibration(run, demand, first, learnt)
    known = forecast_past(run, demand, first, *told).paths
    unknown = forecast_past(run, changed, first, *told).paths
    assert known
    for key, paths in known.items():
        # Two origins lie before the change takes effect: the first day, and five days on.
        for origin in range(2):
            np.testing.assert_array_equal(paths[origin], unknown[key][origin])
        assert not np.array_equal(paths[2], unknown[key][2])


def test_past_forecasts_are_calibrated_on_what_came_before(nights):
    run, _ = nights[1]
    first = pd.Timestamp(run.as_of) - pd.Timedelta(days=PAST.periods - 1)
    demand = pd.read_parquet(run.staging.clean("demand"))
    demand = demand.sort_values(["warehouse_id", "item_id", "ds"], ignore_index=True)
    changed = demand.assign(quantity=demand["quantity"].where(demand["ds"] < first, 999.0))
    plainly = replace(_learnt(run, demand, first), drivers={})
    own, other = (past_calibration(run, part, first, plainly) for part in (demand, changed))
    pd.testing.assert_frame_equal(own.levels, other.levels, check_exact=True)
    pd.testing.assert_frame_equal(own.weighings, other.weighings, check_exact=True)
    profiles = past_profiles(run, demand, first)
    calibrated, plain = (
        forecast_past(run, demand, first, profiles, plainly, calibration).paths
        for calibration in (own, NOTHING)
    )
    moved = [not np.array_equal(paths[0], plain[key][0]) for key, paths in calibrated.items()]
    assert np.mean(moved) > 0.9


def test_effects_of_drivers_are_learnt_from_what_came_before(nights):
    run, _ = nights[1]
    first = pd.Timestamp(run.as_of) - pd.Timedelta(days=PAST.periods - 1)
    demand = pd.read_parquet(run.staging.clean("demand"))
    changed = demand.assign(quantity=demand["quantity"].where(demand["ds"] < first, 999.0))
    plan = replace(forecast_plan(run), windows=PAST.windows)
    own, other = (learn_past_drivers(run, part, [first], plan) for part in (demand, changed))
    pd.testing.assert_frame_equal(own, other, check_exact=True)


def test_an_origin_knows_nothing_of_drivers_that_moved_later(nights):
    run, _ = nights[1]
    first = pd.Timestamp(run.as_of) - pd.Timedelta(days=PAST.periods - 1)
    demand = pd.read_parquet(run.staging.clean("demand"))
    plan = replace(forecast_plan(run), windows=PAST.windows)
    early = learn_past_drivers(run, demand, [first], plan)
    late = early.assign(origin=first + pd.Timedelta(days=PAST.refresh), flood=0.5)
    learnt = past_drivers_of(pd.concat([early, late], ignore_index=True))[first]
    assert learnt.effects.names == learnt.pipeline.names
    assert np.isfinite(learnt.effects.effects).all()


def test_a_past_forecast_knows_the_promotions_that_were_planned(nights):
    run, _ = nights[1]
    first = pd.Timestamp(run.as_of) - pd.Timedelta(days=PAST.periods - 1)
    demand = pd.read_parquet(run.staging.clean("demand"))
    demand = demand.sort_values(["warehouse_id", "item_id", "ds"], ignore_index=True)
    profiles = past_profiles(run, demand, first)
    learnt = _learnt(run, demand, first)
    later = demand["ds"] >= first
    means = {}
    for promoted in (False, True):
        planned = demand.assign(promotion=demand["promotion"].where(~later, promoted))
        found = forecast_past(run, planned, first, profiles, learnt, NOTHING).paths
        means[promoted] = np.array([paths[0].mean() for paths in found.values()])
    # Series that sell rarely are forecast without drivers.
    assert (means[True] >= means[False]).mean() > 0.9
    assert means[True].sum() > 1.05 * means[False].sum()
    # Without what was learnt, a promotion changes nothing.
    plainly = replace(learnt, drivers={})
    plain = forecast_past(run, demand, first, profiles, plainly, NOTHING).paths
    other = demand.assign(promotion=demand["promotion"].where(~later, True))
    for key, paths in forecast_past(run, other, first, profiles, plainly, NOTHING).paths.items():
        np.testing.assert_array_equal(paths[0], plain[key][0])


def test_series_that_were_not_known_long_enough_are_not_replayed(nights):
    run, _ = nights[1]
    # Two hundred days less these leave fewer than the history a model needs.
    spec = PAST.model_copy(update={"periods": 190})
    stock = run.job.stock.model_copy(update={"backtest": spec})
    long = prepare_run(run.job.model_copy(update={"stock": stock}))
    check(long)
    assert decision_backtest.prepare(long) == []


def test_an_item_that_cannot_be_replayed_fails_alone(nights, monkeypatch):
    run, _ = nights[1]
    series = pd.read_parquet(run.staging.folder / "replay" / "series.parquet")
    series = series.sort_values(["warehouse_id", "item_id"], ignore_index=True)
    whole = decision_backtest._replay(run, series)
    assert not whole.failures

    def spoiled(*told):
        positions = positions_of(*told)
        positions.unit_cost[2] = np.nan
        return positions

    monkeypatch.setattr(decision_backtest, "positions_of", spoiled)
    found = decision_backtest._replay(run, series)
    bad = series.loc[2, ["warehouse_id", "item_id"]]
    (failure,) = found.failures
    assert (failure.entity, failure.error_type) == ("/".join(bad), "StockError")
    assert failure.message == "unit_cost must be finite and not negative; got nan"
    for table, frame in found.tables.items():
        own = whole.tables[table]
        kept = ~((own["warehouse_id"] == bad.iloc[0]) & (own["item_id"] == bad.iloc[1]))
        left = own[kept].reset_index(drop=True)
        ids = dict.fromkeys(["warehouse_id", "item_id"], str)
        pd.testing.assert_frame_equal(frame.astype(ids), left.astype(ids), check_exact=True)


@pytest.mark.parametrize("periods", [185, 500])
def test_demand_too_short_to_be_replayed_is_told_of_and_stops_no_night(tmp_path, periods):
    """Of 200 days 185 leave 15 before them, of the 28 that a window of 14 needs."""
    job = job_in(tmp_path, 100)
    past = PAST.model_copy(update={"periods": periods})
    job = job.model_copy(update={"stock": job.stock.model_copy(update={"backtest": past})})
    outcome = run_plain(job, report=False)
    told = f"demand has 200 periods, and a replay of the last {periods} needs 28 before them"
    assert any(notice.startswith(told) for notice in outcome.notices)
    run = prepare_run(job)
    with open_store(run.store_url) as store:
        assert store.published(run.run_id)
        assert all(store.read(name, run_id=run.run_id).empty for name in TABLES)
