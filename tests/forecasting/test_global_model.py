"""The model of all series: taught, written down, read back, and causal."""

from dataclasses import replace

import numpy as np
import pytest

from forecasting import PanelError, PlanError
from forecasting.models.global_model import FeatureRecipe, make_features, read_booster
from forecasting.training import TrainingPlan, train_global_model, training_rows
from kernels.global_features import N_FEATURES, fill_features
from tests.forecasting.drivers.promoted import HORIZON, demand_plan, promoted_panel
from tests.optional import library_or_skip

SMALL = TrainingPlan(rounds=40, leaves=15, least_rows=20, most_rows=40_000)
PLAN = demand_plan(windows=2)


def recipe_of(names, groups):
    return FeatureRecipe("D", 7, 365.25, HORIZON, names, groups)


@pytest.fixture(scope="module")
def promoted():
    return promoted_panel(n=30, periods=260, seed=21)


@pytest.fixture(scope="module")
def taught(promoted):
    library_or_skip("lightgbm", "global")
    panel, names, groups = promoted
    return train_global_model(panel, names, groups, PLAN, SMALL)


def naive_features(y, step, season=7, year=365):
    """The definitions, as they are written."""
    scale = y[-8 * season :].mean()
    means = [y[-(season << i) :].mean() if len(y) >= season << i else np.nan for i in range(4)]
    recent = y[-8 * season :]
    earlier = y[-16 * season : -8 * season].mean() if len(y) >= 16 * season else np.nan
    origin = [
        y[-1], *means, (recent == 0).mean() * scale, earlier,
        np.sqrt(((recent / scale - 1) ** 2).mean()) * scale,
    ]  # fmt: skip
    same = y[(len(y) - 1 + step) % season :: season]
    target = [same[-count:].mean() if len(same) >= count else np.nan for count in (1, 4, 8)]
    past = len(y) - 1 + step - year
    around, before = y[past - 3 : past + 4], y[len(y) - year - 56 : len(y) - year]
    known = past >= 3 and len(y) >= year + 56
    growth = around.mean() / before.mean() if known else np.nan
    return np.array([*np.array(origin) / scale, step, *np.array(target) / scale, growth])


@pytest.mark.parametrize("periods", [30, 60, 200, 500])
def test_features_are_those_of_their_definitions(periods):
    draws = np.random.default_rng(periods)
    y = draws.poisson(4.0, periods).astype(float)
    out, scales = np.empty((1, HORIZON, N_FEATURES)), np.empty(1)
    stops = np.array([periods])
    fill_features(y, np.array([0]), stops, 7, 365.25, HORIZON, out, scales)
    for step in (1, 7, 8, HORIZON):
        np.testing.assert_allclose(out[0, step - 1], naive_features(y, step), rtol=1e-12)


def test_features_of_an_origin_know_nothing_after_it(promoted):
    """Demand and lagged drivers after the origin are drawn anew; nothing that is told moves."""
    panel, names, groups = promoted
    other, _, _ = promoted_panel(n=30, periods=260, seed=21, rewritten=30)
    some = [each.batch.cut(np.arange(30), np.full(30, 30), None) for each in (panel, other)]
    codes = np.arange(len(groups))
    before, after = (make_features(recipe_of(names, groups), each, codes, HORIZON) for each in some)
    np.testing.assert_array_equal(before[0], after[0])
    np.testing.assert_array_equal(before[1], after[1])


def test_what_is_taught_for_the_backtest_knows_nothing_of_it(promoted):
    panel, names, groups = promoted
    other, _, _ = promoted_panel(n=30, periods=260, seed=21, rewritten=28)
    until = int(panel.last_periods.max()) - 28
    recipe = recipe_of(names, groups)
    before, after = (training_rows(recipe, each, PLAN, SMALL, until) for each in (panel, other))
    np.testing.assert_array_equal(before[0], after[0])
    np.testing.assert_array_equal(before[1], after[1])
    late = training_rows(recipe, other, PLAN, SMALL, until + 1)
    assert len(late[1]) != len(before[1]) or (late[1] != before[1]).any()


def test_the_trees_are_the_same_each_time_and_say_until_when_they_know(taught, promoted):
    panel, names, groups = promoted
    again = train_global_model(panel, names, groups, PLAN, SMALL)
    assert again.texts == taught.texts
    last = int(panel.last_periods.max())
    np.testing.assert_array_equal(taught.until, [last - 2 * HORIZON, last])
    assert taught.rows[0] < taught.rows[1]


def test_the_model_follows_promotions(taught, promoted):
    panel, names, groups = promoted
    means = taught.model(groups).forecast(panel.batch, PLAN.seasons, HORIZON).means
    known = panel.batch.drivers
    lifted = known.columns[known.ahead(HORIZON)][:, :, names.index("promotion")] == 1.0
    level = means.mean(axis=1)[:, None] * np.ones(HORIZON)
    # Drawn with a lift of 1.7, a tree of few leaves and rounds finds most of it.
    assert (means[lifted] / level[lifted]).mean() / (means[~lifted] / level[~lifted]).mean() > 1.3


def test_an_answer_does_not_depend_on_the_other_series_nor_on_the_unit(taught, promoted):
    panel, _, groups = promoted
    model = taught.model(groups)
    whole = model.forecast(panel.batch, PLAN.seasons, HORIZON).means
    chosen = np.array([2, 19])
    some = panel.batch.cut(chosen, np.zeros(2, np.int64), None)
    found = model.forecast(some, PLAN.seasons, HORIZON).means
    np.testing.assert_array_equal(found, whole[chosen])


def test_from_before_its_teaching_there_is_no_answer(taught, promoted):
    panel, _, groups = promoted
    early = panel.batch.cut(np.arange(30), np.full(30, 29), None)
    assert np.isnan(taught.model(groups).forecast(early, PLAN.seasons, HORIZON).means).all()
    bare = replace(panel.batch, drivers=None)
    assert np.isnan(taught.model(groups).forecast(bare, PLAN.seasons, HORIZON).means).all()


def test_a_driver_that_is_not_planned_is_an_error_of_its_series_alone(taught, promoted):
    panel, names, groups = promoted
    model, known = taught.model(groups), panel.batch.drivers
    columns = known.columns.copy()
    columns[known.ends[5], names.index("price")] = np.nan
    other = panel.with_drivers(replace(known, columns=columns))
    whole = model.forecast(panel.batch, PLAN.seasons, HORIZON)
    found = model.forecast(other.batch, PLAN.seasons, HORIZON)
    assert str(found.errors[5]) == "price is not known in 1 of the 14 periods ahead"
    others = np.arange(30) != 5
    np.testing.assert_array_equal(found.means[others], whole.means[others])


def test_another_horizon_or_other_drivers_are_refused(taught, promoted):
    panel, _, groups = promoted
    model = taught.model(groups)
    with pytest.raises(PlanError, match="taught 14 periods ahead"):
        model.forecast(panel.batch, PLAN.seasons, HORIZON + 1)
    known = panel.batch.drivers
    fewer = panel.with_drivers(replace(known, columns=known.columns[:, :2]))
    with pytest.raises(PlanError, match="columns of drivers; got 2"):
        model.forecast(fewer.batch, PLAN.seasons, HORIZON)


def test_a_text_that_holds_no_trees_is_refused():
    library_or_skip("lightgbm", "global")
    with pytest.raises(PlanError, match="no trees"):
        read_booster("nothing")


def test_without_the_library_the_message_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(PlanError, match=r"pip install \"almanac\[global\]\""):
        read_booster("")


def test_a_panel_of_short_series_teaches_nothing():
    panel, names, groups = promoted_panel(n=3, periods=30, seed=1)
    with pytest.raises(PanelError, match="no series has 28 periods"):
        training_rows(recipe_of(names, groups), panel, PLAN, SMALL, 19_000)


def test_a_recipe_is_read_back_from_plain_values():
    recipe = recipe_of(("price",), ("", "a"))
    assert FeatureRecipe.of(recipe.fields()) == recipe
