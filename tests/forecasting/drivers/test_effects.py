"""Effects of drivers: found where they are known, whatever the unit, and causal."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting import PanelError
from forecasting.drivers import DriverEffects, DriverPipeline, group_series, learn_effects
from forecasting.drivers.effects import GroupEffects
from tests.forecasting.drivers.promoted import PLAN, demand_plan, laid_panel, promoted_panel

LIFT, ELASTICITY = np.log(1.7), -2.0


@pytest.fixture(scope="module")
def learnt():
    panel, names, groups = promoted_panel(n=60, periods=400, seed=3)
    return learn_effects(panel, names, groups, demand_plan())


def test_effects_that_made_the_demand_are_found_within_their_errors(learnt):
    promotion, price = learnt.names.index("promotion"), learnt.names.index("price")
    found = learnt.latest[0]
    # Three standard errors of a seeded draw: one in 370 misses by more.
    assert abs(found.effects[promotion] - LIFT) < 3 * found.errors[promotion]
    assert abs(found.effects[price] - ELASTICITY) < 3 * found.errors[price]
    assert found.errors[promotion] < 0.05
    heat = learnt.names.index("heat")
    assert abs(found.effects[heat]) < 3 * found.errors[heat]


def test_errors_are_as_large_as_effects_stray():
    """Over independent draws, z-values have a variance of one: 24 of them, within [0.5, 1.8].

    The bounds are those of chi-square over 24 degrees of freedom at 1% and 99%, widened for the
    few blocks of time that each error is counted from.
    """
    scores = []
    for seed in range(12):
        panel, names, groups = promoted_panel(n=20, periods=250, seed=100 + seed)
        found = learn_effects(panel, names, groups, demand_plan(windows=1)).latest[0]
        for name, truth in (("promotion", LIFT), ("heat", 0.0)):
            j = names.index(name)
            scores.append((found.effects[j] - truth) / found.errors[j])
    assert 0.45 < np.mean(np.square(scores)) < 1.9


@settings(max_examples=5)
@given(st.floats(0.001, 1000.0))
def test_effects_do_not_depend_on_the_unit_of_demand(unit):
    panel, names, groups = promoted_panel(n=6, periods=120, seed=4)
    scaled, _, _ = promoted_panel(n=6, periods=120, seed=4, unit=unit)
    plan = demand_plan(windows=1)
    one, other = (learn_effects(each, names, groups, plan) for each in (panel, scaled))
    # Newton's steps end below 1e-7.
    np.testing.assert_allclose(one.effects, other.effects, atol=1e-6)


def test_a_vintage_knows_nothing_of_later_demand():
    panel, names, groups = promoted_panel(n=8, periods=200, seed=5)
    other, _, _ = promoted_panel(n=8, periods=200, seed=5, rewritten=30)
    plan = demand_plan(windows=3)
    one, two = (learn_effects(each, names, groups, plan) for each in (panel, other))
    # The last 30 days differ: the origins 14 and 28 days before the end have seen them in part.
    np.testing.assert_array_equal(one.effects[0], two.effects[0])
    assert (one.effects[1:] != two.effects[1:]).any(axis=(1, 2)).all()
    last = int(panel.last_periods.max())
    np.testing.assert_array_equal(one.until, last - np.array([42, 28, 14, 0]))
    np.testing.assert_array_equal(one.vintage_of(last - np.array([43, 42, 15, 0])), [-1, 0, 1, 3])


def test_a_driver_that_moved_once_has_the_error_of_any_block_and_one_that_never_did_has_none():
    panel, names, groups = promoted_panel(n=4, periods=70, seed=6, fairs=1)
    found = learn_effects(panel, names, groups, demand_plan(windows=1)).latest[0]
    fair = names.index("Fair")
    assert found.occasions[fair] == 1
    # A week of four series of some eight units a day, with a variation of a half in each.
    assert 0.02 < found.errors[fair] < 0.5
    assert abs(found.effects[fair]) < 1.0
    known = panel.batch.drivers
    columns = known.columns.copy()
    columns[:, fair] = 0.0
    still = panel.with_drivers(replace(known, columns=columns))
    never = learn_effects(still, names, groups, demand_plan(windows=1)).latest[0]
    assert never.effects[fair] == 0.0
    assert np.isnan(never.errors[fair])


def test_a_group_that_tells_nothing_has_the_effects_of_all():
    panel, names, groups = promoted_panel(n=8, periods=200, seed=5)
    found = learn_effects(panel, names, (*groups, "empty"), demand_plan(windows=1))
    np.testing.assert_allclose(found.effects[:, -1], found.effects[:, 0])
    assert found.latest[-1].series == 0


def test_groups_learn_their_own_effects_and_keep_near_to_all():
    panel, names, groups = promoted_panel(n=40, periods=300, seed=7, lifts=(0.2, 0.9))
    found = learn_effects(panel, names, groups, demand_plan(windows=1))
    j = names.index("promotion")
    everything, low, high = (group.effects[j] for group in found.latest)
    assert 0.1 < low < everything < high < 1.0


def test_the_frame_of_effects_gives_the_same_to_the_bit(learnt):
    again = DriverEffects.from_frame(learnt.to_frame())
    assert (again.names, again.groups) == (learnt.names, learnt.groups)
    np.testing.assert_array_equal(again.effects, learnt.effects)
    np.testing.assert_array_equal(again.until, learnt.until)


def test_what_is_reported_is_a_share_of_demand(learnt):
    _, rows = laid_panel(60, 400)
    pipeline = DriverPipeline.fit(rows, PLAN, int(rows.periods.max()))
    report = learnt.report(pipeline).set_index(["driver", "category"])
    j = learnt.names.index("promotion")
    row = report.loc[("promotion", "")]
    assert row["change"] == "promoted"
    assert row["effect"] == pytest.approx(np.exp(learnt.latest[0].effects[j]) - 1)
    # The delta method.
    slope = np.exp(learnt.latest[0].effects[j])
    assert row["standard_error"] == pytest.approx(slope * learnt.latest[0].errors[j])
    row = report.loc[("price", "")]
    assert row["change"] == "10% below its usual"
    elasticity = learnt.latest[0].effects[learnt.names.index("price")]
    assert row["effect"] == pytest.approx(0.9**elasticity - 1)


def test_series_without_a_category_are_a_group():
    import pandas as pd

    numbers, names = group_series(pd.Series(["b", None, "a"]))
    assert names == ("", "a", "b", "no category")
    np.testing.assert_array_equal(numbers, [2, 3, 1])


def test_a_panel_without_drivers_is_refused():
    from tests.forecasting.drivers.promoted import panel_of

    with pytest.raises(PanelError, match="must have 1 columns of drivers; it has 0"):
        learn_effects(panel_of(np.ones((2, 50))), ("price",), ("", "a"), demand_plan())


def test_the_pipeline_of_the_panel_has_the_columns_of_the_plan():
    _, names, _ = promoted_panel(n=4, periods=100, seed=1)
    assert set(PLAN.names) <= set(names)
    assert DriverPipeline.__dataclass_params__.frozen


def test_series_that_fit_without_error_do_not_rule_the_others():
    """Two series that no error has been seen of leave the effects of twenty that vary."""
    panel, names, groups = promoted_panel(n=22, periods=200, seed=8, still=2)
    found = learn_effects(panel, names, groups, demand_plan(windows=1)).latest[0]
    promotion = names.index("promotion")
    assert np.isfinite(found.effects).all()
    assert 0.0 <= found.effects[promotion] < LIFT


def test_what_may_be_chance_is_taken_off():
    found = GroupEffects(
        np.array([0.5, 0.1, -0.2, 0.0, 0.3]),
        np.array([0.05, 0.2, 0.1, 0.1, np.nan]),
        np.array([9, 9, 9, 9, 1]),
        5,
        np.zeros(5),
    )
    np.testing.assert_allclose(found.shrunk, [0.5 * 0.99, 0.0, -0.2 * 0.75, 0.0, 0.3])
    apart = replace(found, effects=found.effects + 1.0, prior=np.ones(5))
    np.testing.assert_allclose(apart.shrunk, found.shrunk + 1.0)
