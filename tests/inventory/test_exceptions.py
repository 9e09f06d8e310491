"""Exceptions with their reasons."""

import re

import numpy as np
import pandas as pd
import pytest

from inventory import PlanError, StockPlan, Target
from inventory.exceptions import (
    EXCEPTION_COLUMNS,
    Cut,
    ExceptionKind,
    find_exceptions,
)
from inventory.names import periods
from tests.inventory.night import item_row, plan_night, stock_row


@pytest.fixture(scope="module")
def plans():
    stock = [
        stock_row("fine", on_hand=20.0),
        stock_row("empty", on_hand=0.0),
        stock_row("full", on_hand=500.0),
        stock_row("tight", on_hand=4.0, capacity=11.0),
    ]
    return plan_night(stock, [item_row(row["item_id"]) for row in stock]).plans


def test_each_exception_names_its_reason(plans):
    cuts = {
        ("north", "empty"): Cut(ExceptionKind.OVER_BUDGET, 5.0, "the budget of 10 cuts the order")
    }
    found = find_exceptions(plans, most_cover=30.0, most_risk=0.25, cuts=cuts)
    kinds = {(row.item_id, row.kind): row.reason for row in found.itertuples()}
    assert "stock lasts" in kinds["full", "overstock"]
    assert "with a chance of 100%" in kinds["empty", "stock-out risk"]
    assert re.search(r"lead time of [\d.]+ periods?$", kinds["empty", "stock-out risk"])
    assert kinds["empty", "over budget"] == "the budget of 10 cuts the order"
    assert "below the target of 95.0%" in kinds["tight", "no feasible plan"]
    assert ("full", "stock-out risk") not in kinds
    assert ("fine", "overstock") not in kinds
    assert found["money"].is_monotonic_decreasing


def test_an_order_is_long_where_stock_would_last_too_long_for_it_alone():
    """Five units a period: the minimum of 400 lasts 80 periods, of 100 20."""
    stock = [stock_row("large"), stock_row("small"), stock_row("full", on_hand=500.0)]
    items = [
        item_row("large", minimum_order=400.0),
        item_row("small", minimum_order=100.0),
        item_row("full", minimum_order=400.0),
    ]
    plans = plan_night(stock, items).plans.set_index("item_id")
    assert plans.loc["large", "order_quantity"] >= 400.0
    after = plans["on_hand"] + plans["on_order"] + plans["order_quantity"]
    np.testing.assert_allclose(
        plans["cover_after_order"] * (plans["on_hand"] + plans["on_order"]),
        plans["periods_of_cover"] * after,
    )
    found = find_exceptions(plans.reset_index(), most_cover=50.0, most_risk=0.5)
    (row,) = found[found["kind"] == "long order"].to_dict("records")
    assert row["item_id"] == "large"
    assert row["money"] == plans.loc["large", "order_value"]
    told = r"order of 4\d\d, where \d+ would do, makes stock last 8\d periods, more than 50"
    assert re.search(told, row["reason"])
    # What the rule itself asks for is no such order: it weighs what it costs.
    asked = plans.assign(order_up_to=plans["on_hand"] + plans["on_order"] + plans["order_quantity"])
    found = find_exceptions(asked.reset_index(), most_cover=50.0, most_risk=0.5)
    assert "long order" not in set(found["kind"])


def test_a_cover_of_nothing_is_refused(plans):
    with pytest.raises(PlanError, match="most_cover must be above 0"):
        find_exceptions(plans, most_cover=0.0, most_risk=0.25)


def test_a_certain_risk_is_refused_as_a_bound(plans):
    with pytest.raises(PlanError, match=r"most_risk must be in \(0, 1\); got 1"):
        find_exceptions(plans, most_cover=30.0, most_risk=1.0)


@pytest.mark.parametrize(("error", "told"), [(0.04, True), (0.06, False)])
def test_stock_out_risk_is_told_beyond_its_error_alone(plans, error, told):
    changes = {"stock_out_risk": 0.6, "stock_out_risk_standard_error": error}
    found = find_exceptions(plans.iloc[[0]].assign(**changes), most_cover=30.0, most_risk=0.5)
    reasons = list(found.loc[found["kind"] == "stock-out risk", "reason"])
    assert len(reasons) == told
    assert all(f"a chance of 60% (±{error:.1%})" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("feasible", "served", "told"), [(False, 0.9, 1), (True, 0.9, 0), (False, 0.96, 0)]
)
def test_a_plan_that_met_its_target_where_it_was_chosen_is_feasible(plans, feasible, served, told):
    own = plans.iloc[[0]].assign(feasible=feasible, fill_rate=served)
    found = find_exceptions(own, most_cover=30.0, most_risk=0.5)
    assert (found["kind"] == "no feasible plan").sum() == told


def test_stock_out_risk_does_not_count_what_an_order_still_prevents(plans):
    # Twenty units last four periods of five; the order is there after two or three.
    own = plans.set_index("item_id").loc["fine"]
    assert own["no_order_fill_rate"] < own["service_target"]
    found = find_exceptions(plans, most_cover=30.0, most_risk=0.25)
    assert "fine" not in set(found.loc[found["kind"] == "stock-out risk", "item_id"])


@pytest.mark.parametrize("measure", Target)
def test_no_feasible_plan_is_one_that_misses_what_its_target_asks_for(measure):
    stock = [stock_row("tight", on_hand=4.0, capacity=11.0)]
    plans = plan_night(stock, [item_row("tight")], plan=StockPlan(target=measure)).plans
    found = find_exceptions(plans, most_cover=30.0, most_risk=0.25)
    reasons = list(found.loc[found["kind"] == "no feasible plan", "reason"])
    served = {"fill rate": "fill_rate", "cycle service": "cycle_service"}.get(str(measure))
    row = plans.iloc[0]
    expected = []
    if served:
        error = row[f"{served}_standard_error"]
        expected = [f"the best plan serves {row[served]:.1%} (±{error:.1%}), below"]
    assert [reason[: len(text)] for reason, text in zip(reasons, expected, strict=True)] == expected


def test_exceptions_of_many_items_are_those_of_each(plans):
    cuts = {("north", "tight"): Cut(ExceptionKind.OVER_CAPACITY, 2.0, "no room")}
    bounds = {"most_cover": 3.0, "most_risk": 0.01, "cuts": cuts}
    found = find_exceptions(plans, **bounds)
    alone = [find_exceptions(plans.iloc[[n]], **bounds) for n in range(len(plans))]
    expected = sorted(row for own in alone for row in own.astype(object).to_numpy().tolist())
    assert len(expected) > len(plans)
    assert sorted(found.astype(object).to_numpy().tolist()) == expected


def test_no_plans_have_no_exceptions(plans):
    found = find_exceptions(plans.iloc[:0], most_cover=30.0, most_risk=0.5)
    assert found.empty
    assert list(found.columns) == EXCEPTION_COLUMNS
    nothing = pd.DataFrame(columns=plans.columns)
    assert find_exceptions(nothing, most_cover=30.0, most_risk=0.5).empty


@pytest.mark.parametrize(
    ("number", "told"),
    [(0.6, "1 period"), (1.4, "1 period"), (0.2, "0 periods"), (2036, "2,036 periods")],
)
def test_periods_are_told_in_their_number(number, told):
    assert periods(number) == told
