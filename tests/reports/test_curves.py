"""Curves on the page: the dearest items, tonight's point, and nothing without curves."""

import pandas as pd
import pytest

from reports.sections.curves import MOST_ITEMS, curve_explorer
from storage.tables import SERVICE_COST_CURVES

N_ITEMS = MOST_ITEMS + 20


@pytest.fixture
def plans():
    return pd.DataFrame(
        {
            "warehouse_id": "north",
            "item_id": [f"<i>{number:03d}" for number in range(N_ITEMS)],
            "order_quantity": 5.0,
            "order_up_to": 9.0,
            "order_value": [float(number) for number in range(N_ITEMS)],
            "no_order_cost": 100.0,
            "expected_cost": [50.0 + number / 10 for number in range(N_ITEMS)],
            "target_measure": "fill rate",
            "fill_rate": 0.97,
            "service_target": 0.95,
            "currency": "EUR",
        }
    )


@pytest.fixture
def curves(plans):
    rows = [
        {
            "run_id": "night",
            "as_of": pd.Timestamp("2026-01-01"),
            "warehouse_id": plan.warehouse_id,
            "item_id": plan.item_id,
            "number": number,
            "point": point,
            "chosen": number == 1,
            "order_up_to": level,
            "reorder_point": level - 1.0,
            "expected_cost": cost,
            "expected_cost_standard_error": 1.0,
            "in_sample_cost": cost - 1.0,
            "fill_rate": rate,
            "fill_rate_standard_error": 0.01,
            "cycle_service": rate / 2.0,
            "cycle_service_standard_error": 0.01,
            "cost_over_chosen": cost - 50.0,
            "cost_over_chosen_standard_error": 0.5,
            "currency": "EUR",
        }
        for plan in plans.itertuples()
        for number, (point, level, cost, rate) in enumerate(
            [
                ("candidate", 6.0, 55.0, 0.9),
                ("candidate", 9.0, 50.0, 0.97),
                ("today", 4.0, 70.0, 0.6),
                ("no order", 0.0, 100.0, 0.1),
            ]
        )
    ]
    return SERVICE_COST_CURVES.validate(pd.DataFrame(rows))


def test_without_curves_there_is_no_explorer(plans):
    assert curve_explorer({"order_plans": plans}) is None
    empty = {"order_plans": plans, "service_cost_curves": SERVICE_COST_CURVES.empty()}
    assert curve_explorer(empty) is None


def test_the_dearest_orders_come_first_and_then_the_largest_savings(plans, curves):
    found = curve_explorer({"order_plans": plans, "service_cost_curves": curves})
    assert len(found.choices) == MOST_ITEMS
    assert found.choices[0].endswith(f"{N_ITEMS - 1:03d}")
    assert any(choice.endswith("000") for choice in found.choices)


def test_tonights_point_is_on_the_curve_and_in_the_sentence(plans, curves):
    found = curve_explorer({"order_plans": plans, "service_cost_curves": curves})
    one = found.data[found.choices[0]]
    assert one["point"] == ["candidate", "chosen", "today", "no order"]
    assert one["cost"] == [55.0, 50.0, 70.0, 100.0]
    assert one["service"] == [0.9, 0.97, 0.6, 0.1]
    assert one["target"] == 0.95
    assert "Keeping tonight's 4 instead serves 60.0% and costs 20.0 EUR more" in one["text"]


@pytest.mark.parametrize(
    ("asked", "measure", "service", "target"),
    [
        ("cycle service", "cycle service", [0.45, 0.485, 0.3, 0.05], 0.95),
        ("cost", "fill rate", [0.9, 0.97, 0.6, 0.1], None),
    ],
)
def test_service_is_drawn_as_the_target_measures_it(plans, curves, asked, measure, service, target):
    own = plans.assign(target_measure=asked)
    found = curve_explorer({"order_plans": own, "service_cost_curves": curves})
    one = found.data[found.choices[0]]
    assert (one["measure"], one["service"], one["target"]) == (measure, service, target)
