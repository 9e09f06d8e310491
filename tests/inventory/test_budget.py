"""One budget for a night's orders."""

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import PlanError
from inventory.budget import share_budget
from tests.inventory.night import item_row, plan_night, stock_row

NAMES = ["bolt", "cog", "dial"]


def night():
    # A low target leaves the choice to cost, as sharing does.
    stock = [stock_row(name, on_hand=0.0, service_target=0.01) for name in NAMES]
    items = [item_row(name, case_pack=2.0, unit_cost=4.0) for name in NAMES]
    return plan_night(stock, items), pd.DataFrame(items)


RESULT, ITEMS = night()


def test_without_a_limit_orders_are_those_of_least_cost():
    shared, found = share_budget(RESULT.plans, RESULT.curves, ITEMS, math.inf)
    columns = ["order_up_to", "order_quantity", "order_value", "expected_cost", "fill_rate"]
    pd.testing.assert_frame_equal(shared[columns], RESULT.plans[columns])
    assert (found.shadow_price, len(found.cut)) == (0.0, 0)


@given(st.floats(0.0, 1.0))
@settings(max_examples=30, deadline=None)
def test_orders_stay_within_the_budget(share):
    limit = share * RESULT.plans["order_value"].sum()
    shared, found = share_budget(RESULT.plans, RESULT.curves, ITEMS, limit)
    assert shared["order_value"].sum() == pytest.approx(found.used)
    assert found.used <= limit + 1e-9
    assert shared["expected_cost"].sum() == pytest.approx(found.cost)
    assert found.cost >= RESULT.plans["expected_cost"].sum() - 1e-9
    assert (shared["order_quantity"] % 2.0 == 0.0).all()


def test_a_tight_budget_has_a_price():
    _, found = share_budget(RESULT.plans, RESULT.curves, ITEMS, 0.0)
    assert found.used == 0.0
    assert list(found.cut) == [0, 1, 2]
    assert found.shadow_price > 0.0
    assert found.saving_of(10.0) == pytest.approx(10.0 * found.shadow_price)


def test_a_negative_budget_is_refused():
    with pytest.raises(PlanError, match="the budget must not be negative; got -1"):
        share_budget(RESULT.plans, RESULT.curves, ITEMS, -1.0)
