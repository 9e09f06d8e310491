"""A plan says what is wrong with it."""

import pytest

from risk import PlanError, RiskPlan


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"levels": (97.5,)}, r"level must be in \(0.5, 1\); got 97.5"),
        ({"levels": ()}, "levels must not be empty"),
        ({"horizons": (0,)}, "horizon must be 1 to 250 trading days; got 0"),
        ({"methods": ("guess",)}, "method must be one of historical, .*, quasi_student_t; got 'gu"),
        ({"scenarios": 10}, "scenarios must be at least 100; got 10"),
        ({"history": 29}, "history must be at least 30; got 29"),
        ({"degrees_of_freedom": 2.0}, "degrees_of_freedom must be above 2; got 2.0"),
        ({"ewma_decay": 1.0}, r"ewma_decay must be in \(0, 1\); got 1.0"),
        ({"seed": -1}, r"seed must be in \[0, 2\*\*32\); got -1"),
    ],
)
def test_a_setting_out_of_range_is_named_with_its_range(setting, message):
    with pytest.raises(PlanError, match=message):
        RiskPlan(**setting)
