"""A warehouse's budget: plans kept where it pays for them, targets restored, cuts explained."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import share_budget, share_warehouse_budget, unused_budget
from storage.tables import OUTPUT_TABLES
from tests.inventory.night import item_row, plan_night, stock_row

NAMES = ["bolt", "cog", "dial"]


def night(shortage_cost, service_target):
    terms = {"on_hand": 0.0, "shortage_cost": shortage_cost, "service_target": service_target}
    stock = [stock_row(name, **terms) for name in NAMES]
    items = [item_row(name, case_pack=2.0, unit_cost=4.0) for name in NAMES]
    return plan_night(stock, items), pd.DataFrame(items)


# A shortage costs little and the target is high: service, not cost, sets the levels.
RESULT, ITEMS = night(0.3, 0.97)
# The other way round.
DEAR, _ = night(4.0, 0.01)
TOTAL = float(RESULT.plans["order_value"].sum())


@pytest.mark.parametrize("limit", [TOTAL, 2.0 * TOTAL])
def test_plans_that_the_budget_pays_for_stay_to_the_bit(limit):
    found = share_warehouse_budget(RESULT.plans, RESULT.curves, ITEMS, limit)
    pd.testing.assert_frame_equal(found.plans, RESULT.plans, check_exact=True)
    assert found.cuts == {}
    assert (found.row["shadow_price"], found.row["saving_of_more"]) == (0.0, 0.0)
    assert found.row["used"] == found.row["wanted"] == TOTAL


@given(st.floats(0.0, 1.2))
@settings(max_examples=30, deadline=None)
def test_the_budget_holds_and_every_cut_is_named(share):
    limit = share * TOTAL
    found = share_warehouse_budget(RESULT.plans, RESULT.curves, ITEMS, limit)
    assert found.plans["order_value"].sum() <= limit * (1.0 + 1e-12)
    less = found.plans["order_quantity"] < RESULT.plans["order_quantity"]
    assert {key[1] for key in found.cuts} == set(found.plans.loc[less, "item_id"])
    assert found.row["items_cut"] == less.sum()
    said = found.plans["reason"].str.contains("budget of")
    assert (said == less).all()
    # No order grows because another shrinks.
    assert (found.plans["order_quantity"] <= RESULT.plans["order_quantity"]).all()


def test_what_is_left_restores_targets_that_cost_alone_would_miss():
    one_short = TOTAL - 1.0
    shared, found = share_budget(RESULT.plans, RESULT.curves, ITEMS, one_short)
    # One item gives way; the two others serve their targets though cost would not ask for it.
    assert len(found.cut) == 1
    kept = shared.drop(index=found.cut)
    pd.testing.assert_frame_equal(kept, RESULT.plans.drop(index=found.cut), check_exact=True)
    assert (kept["fill_rate"] >= kept["service_target"]).all()


def test_more_money_never_costs_more():
    worth = float(DEAR.plans["order_value"].sum())
    costs = [
        share_warehouse_budget(DEAR.plans, DEAR.curves, ITEMS, limit).row
        for limit in (0.0, 0.4 * worth, 0.8 * worth)
    ]
    spent = [row["expected_cost"] for row in costs]
    assert spent[0] > spent[1] > spent[2]
    assert costs[0]["shadow_price"] > 0.0


def test_a_row_fits_its_table():
    rows = [
        share_warehouse_budget(DEAR.plans, DEAR.curves, ITEMS, 90.0).row,
        unused_budget("nowhere", 5.0, "USD"),
    ]
    stamped = pd.DataFrame(rows).assign(run_id="night", as_of=pd.Timestamp("2026-01-01"))
    found = OUTPUT_TABLES["warehouse_budgets"].validate(stamped).set_index("warehouse_id")
    assert found.loc["nowhere", "used"] == 0.0 < found.loc["north", "used"] <= 90.0
