"""A warehouse's limits: plans kept where they fit, targets restored, cuts explained."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import (
    ExceptionKind,
    Limits,
    PlanError,
    share_limits,
    share_warehouse,
    unused_budget,
    unused_capacity,
)
from storage.tables import OUTPUT_TABLES
from tests.inventory.night import item_row, plan_night, stock_row

NAMES = ["bolt", "cog", "dial"]
VOLUMES = np.array([0.5, 1.0, 3.0])


ROWS = [
    item_row(name, case_pack=2.0, unit_cost=4.0, volume=volume)
    for name, volume in zip(NAMES, VOLUMES, strict=True)
]
ITEMS = pd.DataFrame(ROWS)


def night(shortage_cost, service_target):
    terms = {"on_hand": 0.0, "shortage_cost": shortage_cost, "service_target": service_target}
    return plan_night([stock_row(name, **terms) for name in NAMES], ROWS)


@cache
def served():
    """Return a night whose service sets the levels: a shortage costs little, the target is high."""
    return night(0.3, 0.97)


@cache
def dear():
    """Return a night whose cost sets them."""
    return night(4.0, 0.01)


def total():
    return float(served().plans["order_value"].sum())


@pytest.mark.parametrize("share", [1.0, 2.0])
def test_plans_that_the_budget_pays_for_stay_to_the_bit(share):
    limit = share * total()
    found = share_warehouse(served().plans, served().curves, ITEMS, Limits(budget=limit))
    pd.testing.assert_frame_equal(found.plans, served().plans, check_exact=True)
    assert found.cuts == {}
    assert (found.budget["shadow_price"], found.budget["saving_of_more"]) == (0.0, 0.0)
    assert found.budget["used"] == found.budget["wanted"] == total()


@given(st.floats(0.0, 1.2))
@settings(max_examples=30)
def test_the_budget_holds_and_every_cut_is_named(share):
    limit = share * total()
    found = share_warehouse(served().plans, served().curves, ITEMS, Limits(budget=limit))
    assert found.plans["order_value"].sum() <= limit * (1.0 + 1e-12)
    less = found.plans["order_quantity"] < served().plans["order_quantity"]
    assert {key[1] for key in found.cuts} == set(found.plans.loc[less, "item_id"])
    assert found.budget["items_cut"] == less.sum()
    said = found.plans["reason"].str.contains("budget of")
    assert (said == less).all()
    # No order grows because another shrinks.
    assert (found.plans["order_quantity"] <= served().plans["order_quantity"]).all()


def test_what_is_left_restores_targets_that_cost_alone_would_miss():
    one_short = total() - 1.0
    found = share_limits(served().plans, served().curves, ITEMS, budget=one_short)
    # One item gives way; the two others serve their targets though cost would not ask for it.
    assert len(found.money.cut) == 1
    kept = found.plans.drop(index=found.money.cut)
    pd.testing.assert_frame_equal(
        kept, served().plans.drop(index=found.money.cut), check_exact=True
    )
    assert (kept["fill_rate"] >= kept["service_target"]).all()


def test_more_money_never_costs_more():
    worth = float(dear().plans["order_value"].sum())
    costs = [
        share_warehouse(dear().plans, dear().curves, ITEMS, Limits(budget=limit)).budget
        for limit in (0.0, 0.4 * worth, 0.8 * worth)
    ]
    spent = [row["expected_cost"] for row in costs]
    assert spent[0] > spent[1] > spent[2]
    assert costs[0]["shadow_price"] > 0.0


def test_a_row_fits_its_table():
    rows = [
        share_warehouse(dear().plans, dear().curves, ITEMS, Limits(budget=90.0)).budget,
        unused_budget("nowhere", 5.0, "USD"),
    ]
    stamped = pd.DataFrame(rows).assign(run_id="night", as_of=pd.Timestamp("2026-01-01"))
    found = OUTPUT_TABLES["warehouse_budgets"].validate(stamped).set_index("warehouse_id")
    assert found.loc["nowhere", "used"] == 0.0 < found.loc["north", "used"] <= 90.0


ON_HAND = 4.0
STOCKED_ROWS = [item_row(name, volume=volume) for name, volume in zip(NAMES, VOLUMES, strict=True)]
STOCKED_ITEMS = pd.DataFrame(STOCKED_ROWS)
HELD = ON_HAND * float(VOLUMES.sum())


@cache
def stocked():
    return plan_night([stock_row(name, on_hand=ON_HAND) for name in NAMES], STOCKED_ROWS)


def space():
    return float(VOLUMES @ stocked().plans["order_quantity"])


def within(capacity, budget=np.inf):
    limits = Limits(budget=budget, capacity=capacity)
    return share_warehouse(stocked().plans, stocked().curves, STOCKED_ITEMS, limits)


@given(st.floats(0.01, 1.5))
@settings(max_examples=30)
def test_stock_and_orders_never_fill_more_than_the_capacity(share):
    capacity = share * (HELD + space())
    found = within(capacity)
    filled = VOLUMES @ (found.plans["on_hand"] + found.plans["order_quantity"])
    # What was there before cannot be unordered.
    assert filled <= max(capacity, HELD) * (1.0 + 1e-9)
    assert found.capacity["held"] == pytest.approx(HELD)
    assert found.capacity["held"] + found.capacity["used"] == pytest.approx(filled)
    less = found.plans["order_quantity"] < stocked().plans["order_quantity"]
    assert {key[1] for key in found.cuts} == set(found.plans.loc[less, "item_id"])
    assert found.capacity["items_cut"] == less.sum()
    assert {cut.kind for cut in found.cuts.values()} <= {ExceptionKind.OVER_CAPACITY}
    said = f"the warehouse's capacity of {capacity:,.10g} cuts the order from"
    assert (found.plans["reason"].str.contains(said, regex=False) == less).all()
    assert found.budget is None


@pytest.mark.parametrize("share", [1.0, 2.0])
def test_plans_that_fit_stay_to_the_bit(share):
    capacity = share * (HELD + space())
    found = within(capacity)
    pd.testing.assert_frame_equal(found.plans, stocked().plans, check_exact=True)
    assert (found.cuts, found.capacity["shadow_price"]) == ({}, 0.0)
    assert found.capacity["used"] == found.capacity["wanted"] == space()
    assert found.capacity["cost_without_capacity"] == found.capacity["expected_cost"]


def test_a_warehouse_fuller_than_its_capacity_orders_nothing():
    found = within(HELD - 1.0)
    assert (found.plans["order_quantity"] == 0.0).all()
    assert found.capacity["held"] > found.capacity["capacity"]
    assert found.capacity["shadow_price"] > 0.0


def test_where_both_limits_bind_each_cut_names_both_and_each_row_its_own_cost():
    worth = float(stocked().plans["order_value"].sum())
    found = within(HELD + 0.5 * space(), budget=0.6 * worth)
    alone = [within(HELD + 0.5 * space()), within(np.inf, budget=0.6 * worth)]
    assert found.budget["used"] <= 0.6 * worth < found.budget["wanted"]
    assert found.capacity["used"] <= 0.5 * space() < found.capacity["wanted"]
    assert found.budget["cost_without_budget"] == alone[0].capacity["expected_cost"]
    assert found.capacity["cost_without_capacity"] == alone[1].budget["expected_cost"]
    assert found.budget["expected_cost"] == found.capacity["expected_cost"]
    for row in (found.budget, found.capacity):
        assert row["shadow_price"] > 0.0
        assert row["items_cut"] == len(found.cuts) > 0
    assert all(
        "budget of" in cut.reason and "capacity of" in cut.reason for cut in found.cuts.values()
    )


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"budget": -1.0}, "the budget must not be negative; got -1"),
        ({"capacity": 0.0}, "the capacity must be above 0; got 0"),
        ({"capacity": -3.0}, "the capacity must be above 0; got -3"),
        ({"capacity": np.nan}, "the capacity must be above 0; got nan"),
    ],
)
def test_limits_out_of_range_are_refused(limits, message):
    with pytest.raises(PlanError, match=message):
        Limits(**limits)


def test_a_row_of_a_capacity_fits_its_table():
    rows = [within(HELD + 0.5 * space()).capacity, unused_capacity("nowhere", 5.0, "USD")]
    stamped = pd.DataFrame(rows).assign(run_id="night", as_of=pd.Timestamp("2026-01-01"))
    found = OUTPUT_TABLES["warehouse_capacities"].validate(stamped).set_index("warehouse_id")
    assert found.loc["nowhere", "used"] == 0.0 < found.loc["north", "used"] <= 0.5 * space()
    assert (found["more"] == 0.01 * found["capacity"]).all()
