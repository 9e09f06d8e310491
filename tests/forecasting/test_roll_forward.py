"""Models rolled from one night to the next: as if run through everything, or fitted as ever."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecasting import (
    LASTING,
    PanelError,
    PlanError,
    RefitRules,
    RollForward,
    SeriesStates,
    UnknownModelError,
    category_profiles,
    find_lasting,
    forecast_demand,
)
from forecasting.anomalies import find_anomalies
from forecasting.histories import HistoryHashes
from forecasting.panel import find_series
from tests.forecasting.demand import daily_plan, mixed_series, panel_of
from tests.frames import in_text

NIGHT = date(2023, 1, 1)
CLASSES = ("smooth", "erratic", "intermittent", "lumpy")
SHORT = {"late"}
# One of each recursion.
MODELS = ("AutoETS", "Theta", "DynamicOptimizedTheta", "SeasonalExponentialSmoothing", "TSB")


def plan_of(*names):
    return daily_plan(line_up=dict.fromkeys(CLASSES, names), combine=False)


def nothing(plan, *names):
    """Return what a first night takes."""
    none = {name: find_lasting(name).none(plan.seasons) for name in names}
    return RollForward({name: SeriesStates.none(fits) for name, fits in none.items()})


def first_night(panel, plan, name="AutoETS"):
    """Return what a night leaves of a model that it fits to every series."""
    return night(panel, plan, nothing(plan, name)).states


@pytest.fixture
def plan():
    return plan_of("AutoETS")


@pytest.fixture(scope="module")
def series():
    return mixed_series(seed=4, days=240)


def panel_until(series, days, censored=None, first=0):
    """Return the panel of the first days; short series stay whole."""
    cut = {key: y[first:days] if key[1] not in SHORT else y for key, y in series.items()}
    flags = {key: each[first:days] for key, each in (censored or {}).items()}
    start = pd.Timestamp("2023-01-02") + pd.Timedelta(days=first)
    return panel_of(cut, censored=flags, start=start)


def night(panel, plan, before):
    categories = pd.Series(dtype=object)
    profiles = category_profiles(panel, categories, plan)
    return forecast_demand(panel, plan, NIGHT, profiles, categories, None, before)


def outcomes(result):
    return dict(zip(result.carried["item_id"], result.carried["outcome"], strict=True))


def means_of(result, states):
    """Return the forecasts of series that have a state, (n_series, horizon)."""
    table = result.forecasts.set_index(["warehouse_id", "item_id"])["mean"]
    keys = zip(states.warehouse_id, states.item_id, strict=True)
    return np.array([table.loc[[key]].to_numpy() for key in keys])


def expected_means(panel, plan, name, states):
    """Return forecasts of stored parameters run through all that models learn from tonight."""
    learnt = find_anomalies(panel, panel.uncensored(7), plan.seasons).capped
    places = find_series((panel.warehouse_id, panel.item_id), (states.warehouse_id, states.item_id))
    part = learnt.take(places)
    model = find_lasting(name)
    part = replace(part, fitted={model: model.run(states.fits, part)})
    return np.maximum(model.forecast(part, plan.seasons, plan.horizon).means, 0.0)


@pytest.mark.parametrize("name", LASTING)
def test_a_first_night_is_a_night_without_stored_models(series, name):
    plan, panel = plan_of(name), panel_until(series, 220)
    first, plain = night(panel, plan, nothing(plan, name)), night(panel, plan, None)
    # TSB takes two periods a turn where it stores nothing.
    exact = {"rtol": 1e-12} if name == "TSB" else {"check_exact": True}
    pd.testing.assert_frame_equal(first.forecasts, plain.forecasts, **exact)
    pd.testing.assert_frame_equal(first.champions, plain.champions, **exact)
    assert set(first.carried["forecaster"]) == {name}
    assert set(outcomes(first).values()) <= {"new", "no model"}
    assert plain.states is None


def test_a_constant_series_has_no_model_of_those_that_are_chosen_by_their_errors(series, plan):
    found = night(panel_until(series, 220), plan, nothing(plan, "AutoETS"))
    assert [item for item, what in outcomes(found).items() if what == "no model"] == ["constant"]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("stock_outs", [False, True])
def test_a_rolled_night_forecasts_as_its_parameters_run_through_everything(
    series, name, stock_outs
):
    plan, draws = plan_of(name), np.random.default_rng(5)
    censored = {key: draws.random(240) < 0.05 for key in series} if stock_outs else None
    censored = {k: v[: len(series[k])] for k, v in censored.items()} if stock_outs else None
    whole = {**series, ("W2", "spiked"): series[("W1", "smooth")].astype(float)}
    whole[("W2", "spiked")][219] = 400.0
    before = first_night(panel_until(whole, 220, censored), plan, name)
    panel = panel_until(whole, 226, censored)
    after = night(panel, plan, RollForward(before, RefitRules(drift=1e9)))
    found = outcomes(after)
    kept = {item for item, what in found.items() if what in {"rolled", "run again"}}
    assert len(kept) >= 7
    # The spike was the last period when it was new, and no outlier yet.
    assert found["spiked"] == "run again"
    rows = np.flatnonzero(before[name].item_id.among(kept))
    states = before[name].of(rows)
    ours, theirs = means_of(after, states), expected_means(panel, plan, name, states)
    # The recursion forgets at every step what the step before rounded.
    assert (np.abs(ours - theirs) <= 1e-9 * np.abs(theirs).max(axis=1, keepdims=True)).all()


@pytest.mark.parametrize("name", MODELS)
def test_nights_one_by_one_end_where_one_after_them_all_does(series, name):
    plan, rules = plan_of(name), RefitRules(drift=1e9)
    states = first_night(panel_until(series, 220), plan, name)
    once = night(panel_until(series, 223), plan, RollForward(states, rules))
    for days in (221, 222, 223):
        result = night(panel_until(series, days), plan, RollForward(states, rules))
        states = result.states
    both = states[name], once.states[name]
    untreated = ~both[0].treated & ~both[1].treated
    assert untreated.sum() >= 4
    frames = [each.of(np.flatnonzero(untreated)).to_frame() for each in both]
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def test_a_series_is_rolled_the_same_in_any_company(series, plan):
    states = first_night(panel_until(series, 220), plan)
    together = night(panel_until(series, 224), plan, RollForward(states))
    key = ("W1", "smooth")
    alone = night(panel_until({key: series[key]}, 224), plan, RollForward(states))
    rows = together.forecasts["item_id"] == "smooth"
    pd.testing.assert_frame_equal(
        in_text(together.forecasts[rows]).reset_index(drop=True),
        in_text(alone.forecasts),
        check_exact=True,
    )


@pytest.mark.parametrize("change", ["value", "stock-out", "shorter", "older start"])
def test_a_changed_history_is_fitted_as_a_night_without_stored_models_fits_it(series, plan, change):
    key = ("W1", "smooth")
    first = 10 if change == "older start" else 0
    states = first_night(panel_until(series, 220, first=first), plan)
    other = {name: np.array(y, dtype=float) for name, y in series.items()}
    flags = {key: np.zeros(240, bool)}
    if change == "value":
        other[key][30] += 1.0
    if change == "stock-out":
        flags[key][30] = True
    days = 215 if change == "shorter" else 224
    panel = panel_until({key: other[key]}, days, flags)
    found = night(panel, plan, RollForward(states))
    assert outcomes(found) == {"smooth": "changed"}
    plain = night(panel, plan, None)
    pd.testing.assert_frame_equal(found.forecasts, plain.forecasts, check_exact=True)


def test_a_history_that_loses_its_oldest_periods_is_still_known(series, plan):
    states = first_night(panel_until(series, 220), plan)
    result = night(panel_until(series, 221, first=1), plan, RollForward(states))
    found = outcomes(result)
    assert found["smooth"] == found["high"] == "rolled"
    again = night(panel_until(series, 222, first=2), plan, RollForward(result.states))
    assert outcomes(again)["smooth"] == "rolled"
    moved = {**series, ("W1", "smooth"): np.array(series[("W1", "smooth")], float)}
    moved[("W1", "smooth")][200] += 1.0
    changed = night(panel_until(moved, 221, first=1), plan, RollForward(states))
    assert outcomes(changed)["smooth"] == "changed"


def test_a_model_is_fitted_again_when_it_is_old_or_demand_has_left_it(series, plan):
    states = first_night(panel_until(series, 220), plan)
    panel = panel_until(series, 224)
    aged = night(panel, plan, RollForward(states, RefitRules(periods=4)))
    assert set(outcomes(aged).values()) == {"aged", "no model"}
    plain = night(panel, plan, None)
    pd.testing.assert_frame_equal(aged.forecasts, plain.forecasts, check_exact=True)
    assert (aged.states["AutoETS"].fitted == aged.states["AutoETS"].last).all()
    shifted = {**series, ("W2", "high"): np.array(series[("W2", "high")], dtype=float)}
    shifted[("W2", "high")][220:] *= 2.0
    found = outcomes(night(panel_until(shifted, 224), plan, RollForward(states)))
    assert found["high"] == "drifted"
    assert found["smooth"] == "rolled"


@pytest.mark.parametrize("name", LASTING)
def test_states_come_back_from_their_frame_to_the_bit(series, name):
    plan = plan_of(name)
    states = first_night(panel_until(series, 220), plan, name)[name]
    frame = states.to_frame()
    back = SeriesStates.from_frame(frame, find_lasting(name).none(plan.seasons))
    pd.testing.assert_frame_equal(back.to_frame(), frame, check_exact=True)
    for ours, theirs, column in zip(back.fits, states.fits, states.fits._fields, strict=True):
        # What a search took is not stored.
        assert column == "points" or np.array_equal(ours, theirs), column
        assert ours.dtype == theirs.dtype


def test_several_models_of_a_series_are_rolled_each_by_itself(series):
    names = ("AutoETS", "DynamicOptimizedTheta", "SimpleExponentialSmoothing")
    panel, plan = panel_until(series, 220), plan_of(*names)
    together = night(panel, plan, nothing(plan, *names))
    panel = panel_until(series, 222)
    later = night(panel, plan, RollForward(together.states))
    for name in names:
        own = plan_of(name)
        alone = night(panel, own, RollForward({name: together.states[name]}))
        ours = later.carried[later.carried["forecaster"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(in_text(ours), in_text(alone.carried))
        frames = [each.states[name].to_frame() for each in (later, alone)]
        pd.testing.assert_frame_equal(*frames, check_exact=True)


@pytest.mark.parametrize("name", ["DynamicOptimizedTheta", "SimpleExponentialSmoothing"])
def test_a_model_that_demand_has_left_is_fitted_again(series, name):
    plan = plan_of(name)
    states = first_night(panel_until(series, 220), plan, name)
    shifted = {**series, ("W2", "high"): np.array(series[("W2", "high")], dtype=float)}
    shifted[("W2", "high")][220:] *= 3.0
    found = outcomes(night(panel_until(shifted, 224), plan, RollForward(states)))
    assert found["high"] == "drifted"
    assert found["smooth"] == "rolled"


def test_a_frame_of_no_states_is_refused(series, plan):
    none = find_lasting("AutoETS").none(plan.seasons)
    frame = first_night(panel_until(series, 220), plan)["AutoETS"].to_frame()
    with pytest.raises(PanelError, match="'alpha'"):
        SeriesStates.from_frame(frame.drop(columns="alpha"), none)
    with pytest.raises(PanelError, match="model must be one of AAA"):
        SeriesStates.from_frame(frame.assign(model="AAM"), none)
    theta = find_lasting("Theta").none(plan.seasons)
    with pytest.raises(PanelError, match="'kind'"):
        SeriesStates.from_frame(frame, theta)


@pytest.mark.parametrize("name", ["AutoETS", "Theta", "SeasonalExponentialSmoothing"])
def test_states_of_another_season_are_refused(series, name):
    plan = plan_of(name)
    other = nothing(replace(plan, season_length=12), name)
    with pytest.raises(PlanError, match="season of 12 periods, tonight's 7"):
        night(panel_until(series, 220), plan, other)


def test_rules_out_of_range_and_models_without_a_state_are_refused():
    with pytest.raises(PlanError, match="drift must be above 0; got 0"):
        RefitRules(drift=0.0)
    with pytest.raises(PlanError, match="periods must be at least 1; got 0"):
        RefitRules(periods=0)
    with pytest.raises(UnknownModelError, match="'IMAPA' cannot be stored; those of Simple"):
        find_lasting("IMAPA")


def test_hashes_of_histories_do_not_depend_on_what_was_asked_before(series):
    panel = panel_until(series, 220)
    every, ends = np.arange(len(panel)), panel.batch.offsets[1:]
    hashes = HistoryHashes(panel)
    draws = np.random.default_rng(3)
    for _ in range(4):
        stops = ends - draws.integers(0, 2, len(panel))
        chosen = every[draws.random(len(panel)) < 0.7]
        found = hashes.up_to(chosen, stops[chosen])
        expected = HistoryHashes(panel).up_to(chosen, stops[chosen])
        for ours, theirs in zip(found, expected, strict=True):
            assert np.array_equal(ours, theirs)
