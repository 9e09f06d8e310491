"""The model on what drivers leave: its answers, its refusals, and its place in a contest."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecasting import category_profiles, forecast_demand
from forecasting.classes import CLASSES
from forecasting.drivers import enter_model, enter_regression, learn_effects
from forecasting.models import find_model
from forecasting.models.regression_model import RegressionModel
from tests.forecasting.drivers.promoted import HORIZON, demand_plan, promoted_panel

N, PERIODS = 24, 300
NIGHT = date(2024, 6, 30)


@pytest.fixture(scope="module")
def promoted():
    panel, names, groups = promoted_panel(n=N, periods=PERIODS, seed=11)
    effects = learn_effects(panel, names, groups, demand_plan())
    return panel, RegressionModel(find_model("WindowAverage"), effects), names


def _forecast(panel, model):
    plan = demand_plan()
    return model.forecast(panel.batch, plan.seasons, HORIZON)


def _unplan(panel, series, column):
    known = panel.batch.drivers
    columns = known.columns.copy()
    columns[known.ends[series] + 5, column] = np.nan
    return panel.with_drivers(replace(known, columns=columns))


def test_the_forecast_follows_the_plan_of_the_drivers(promoted):
    panel, model, names = promoted
    means = _forecast(panel, model).means
    known = panel.batch.drivers
    columns = known.columns[known.ahead(HORIZON)]
    effects = model.effects.effects[-1, 1]
    # A window's average is flat, so all that moves ahead is what drivers do.
    np.testing.assert_allclose(means / np.exp(columns @ effects), means[:, :1] / np.exp(
        columns[:, :1] @ effects
    ) * np.ones(HORIZON))  # fmt: skip
    promoted = columns[:, :, names.index("promotion")] == 1.0
    assert means[promoted].mean() > 1.4 * means[~promoted].mean()


def test_a_model_of_no_effects_is_the_model_within_to_the_bit(promoted):
    panel, model, _ = promoted
    none = replace(model.effects, effects=np.zeros_like(model.effects.effects))
    plain = model.within.forecast(panel.batch, demand_plan().seasons, HORIZON)
    np.testing.assert_array_equal(
        _forecast(panel, RegressionModel(model.within, none)).means, plain.means
    )


def test_a_driver_that_is_not_planned_is_an_error_of_its_series_alone(promoted):
    panel, model, names = promoted
    found = _forecast(_unplan(panel, 4, names.index("price")), model)
    assert list(found.errors) == [4]
    assert str(found.errors[4]) == "price is not known in 1 of the 14 periods ahead"
    whole = _forecast(panel, model).means
    others = np.arange(N) != 4
    np.testing.assert_array_equal(found.means[others], whole[others])
    assert np.isnan(found.means[4]).all()


def test_a_series_answer_does_not_depend_on_the_others(promoted):
    panel, model, _ = promoted
    chosen = np.array([3, 17])
    some = panel.batch.cut(chosen, np.zeros(2, np.int64), None)
    np.testing.assert_array_equal(
        model.forecast(some, demand_plan().seasons, HORIZON).means,
        _forecast(panel, model).means[chosen],
    )


def test_there_is_no_answer_from_before_the_first_vintage_or_without_drivers(promoted):
    panel, model, _ = promoted
    everything, early = np.arange(N), np.full(N, 60)
    before = panel.batch.cut(everything, early, None)
    assert np.isnan(model.forecast(before, demand_plan().seasons, HORIZON).means).all()
    bare = replace(panel.batch, drivers=None)
    assert np.isnan(model.forecast(bare, demand_plan().seasons, HORIZON).means).all()


def test_from_an_origin_it_uses_the_effects_of_that_time(promoted):
    panel, model, _ = promoted
    once = panel.batch.cut(np.arange(N), np.full(N, HORIZON), None)
    early = replace(model.effects, until=model.effects.until[:3], effects=model.effects.effects[:3])
    np.testing.assert_array_equal(
        model.forecast(once, demand_plan().seasons, HORIZON).means,
        RegressionModel(model.within, early).forecast(once, demand_plan().seasons, HORIZON).means,
    )


def _night(panel, model):
    line_up = ("WindowAverage", "SeasonalNaive", "Regression")
    plan = demand_plan(
        trained={"Regression": model}, line_up=dict.fromkeys(("smooth", "erratic"), line_up)
    )
    categories = pd.Series(dtype=object)
    profiles = category_profiles(panel, categories, plan)
    return forecast_demand(panel, plan, NIGHT, profiles, categories)


def test_it_wins_where_drivers_move_demand_and_a_missing_plan_is_a_named_failure(promoted):
    panel, model, names = promoted
    whole = _night(panel, model)
    pinball = whole.accuracy.groupby("model", observed=True)["pinball"].mean()
    assert pinball["Regression"] < 0.97 * pinball["WindowAverage"]
    part = _night(_unplan(panel, 4, names.index("promotion")), model)
    (failure,) = [each for each in part.failures if each.error_type == "DriverError"]
    assert (failure.entity, failure.stage) == ("W/i004", "backtest Regression")
    own = part.forecasts["item_id"] == "i004"
    assert own.sum() == HORIZON
    pd.testing.assert_frame_equal(part.forecasts[~own], whole.forecasts[~own])


def test_models_that_know_drivers_take_the_place_of_those_that_do_not(promoted):
    effects = promoted[1].effects
    own = {"smooth": ("SeasonalNaive", "DynamicOptimizedTheta"), "erratic": ("WindowAverage",)}
    plan = demand_plan(line_up=own)
    entered = enter_regression(plan, effects)
    assert entered.models_for("smooth") == ("SeasonalNaive", "RegressionTheta")
    assert entered.models_for("erratic") == ("WindowAverage", "RegressionTheta")
    for demand_class in ("intermittent", "lumpy"):
        assert entered.models_for(demand_class) == plan.models_for(demand_class)
    assert entered.find("RegressionTheta").within == find_model("DynamicOptimizedTheta")


def test_models_that_know_drivers_take_the_place_of_those_with_a_season_of_their_kind(promoted):
    plan = demand_plan(line_up={"smooth": ("GroupSeasonalTheta", "GroupSeasonalSmoothing")})
    entered = enter_regression(plan, promoted[1].effects)
    assert entered.models_for("smooth") == ("RegressionTheta", "RegressionSmoothing")


def test_a_model_of_all_series_competes_for_every_class(promoted):
    entered = enter_model(demand_plan(), "Global", promoted[1])
    assert all(entered.models_for(name)[-1] == "Global" for name in CLASSES)
    assert entered.find("Global") is promoted[1]
