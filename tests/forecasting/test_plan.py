"""Plans: every setting has a range, and the message names it."""

import pytest

from forecasting import MODELS, ForecastPlan, PlanError, UnknownModelError
from forecasting.classes import CLASSES
from forecasting.plan import DEFAULT_LINE_UP, SEASON_LENGTHS, WITH_GROUPS, default_line_up
from tests.forecasting.demand import daily_plan


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("horizon", 0, "horizon must be at least 1; got 0"),
        ("windows", 0, "windows must be at least 1; got 0"),
        ("step", -3, "step must be at least 1; got -3"),
        ("minimum_history", 0, "minimum_history must be at least 1; got 0"),
        ("history", 0, "history must be at least 1; got 0"),
        ("history", {"AutoETS": 0}, "history.AutoETS must be at least 1; got 0"),
        ("seed", 2**32, r"seed must be in \[0, 4294967295\]; got 4294967296"),
        ("score", "rmse", "score must be one of pinball, crps, mase, rmsse; got 'rmse'"),
        ("line_up", {"rough": ("Naive",)}, "demand class must be one of smooth, .* got 'rough'"),
        ("line_up", {"smooth": ()}, "line_up.smooth must name a model"),
    ],
)
def test_a_setting_out_of_range_is_named_with_its_value(setting, value, message):
    with pytest.raises(PlanError, match=message):
        daily_plan(**{setting: value})


def test_an_unknown_frequency_is_named():
    with pytest.raises(PlanError, match="frequency must be one of h, D, W, MS, QS; got 'Q'"):
        ForecastPlan(frequency="Q", season_length=4, horizon=4)


@pytest.mark.parametrize("where", ["line_up", "history"])
def test_an_unknown_model_is_answered_with_those_there_are(where):
    value = {"smooth": ("Prophet",)} if where == "line_up" else {"Prophet": 10}
    with pytest.raises(UnknownModelError, match=r"'Prophet' is not registered; .*AutoETS.*TSB"):
        daily_plan(**{where: value})


def test_a_class_left_out_takes_the_default():
    plan = daily_plan(line_up={"smooth": ("Naive",)})
    assert plan.models_for("smooth") == ("Naive",)
    assert plan.models_for("lumpy") == default_line_up("D")["lumpy"]


def test_history_is_for_all_models_or_by_name():
    assert daily_plan(history=365).history_of("AutoETS") == 365
    by_name = daily_plan(history={"AutoETS": 365})
    assert by_name.history_of("AutoETS") == 365
    assert by_name.history_of("Naive") is None


@pytest.mark.parametrize("frequency", SEASON_LENGTHS)
def test_the_default_line_up_is_registered(frequency):
    line_up = default_line_up(frequency)
    assert set(line_up) == set(CLASSES)
    assert {name for names in line_up.values() for name in names} <= set(MODELS)


@pytest.mark.parametrize(
    ("frequency", "added"), [("MS", "AutoETS"), ("QS", "AutoETS"), ("QS", "SeasonalARIMA")]
)
def test_months_and_quarters_have_defaults_of_their_own(frequency, added):
    plan = ForecastPlan(frequency, SEASON_LENGTHS[frequency], 4)
    for demand_class in ("smooth", "erratic"):
        assert added in plan.models_for(demand_class)
        assert added not in daily_plan().models_for(demand_class)
    assert plan.models_for("lumpy") == DEFAULT_LINE_UP["lumpy"]


def test_days_and_hours_take_the_season_of_their_kind_out():
    for frequency in ("h", "D"):
        plan = ForecastPlan(frequency, SEASON_LENGTHS[frequency], 4)
        for demand_class, names in DEFAULT_LINE_UP.items():
            expected = tuple(WITH_GROUPS.get(name, name) for name in names)
            assert plan.models_for(demand_class) == expected


def test_every_grid_has_a_season_and_a_year():
    for frequency, length in SEASON_LENGTHS.items():
        plan = ForecastPlan(frequency=frequency, season_length=length, horizon=2)
        assert plan.seasons.year >= length
