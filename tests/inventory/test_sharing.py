"""A budget and a room for a night's orders."""

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import PlanError, share_limits
from tests.inventory.night import item_row, plan_night, stock_row

NAMES = ["bolt", "cog", "dial"]
# Litres: dial takes most room, and costs least.
VOLUMES = np.array([1.0, 2.5, 8.0])
COSTS = np.array([9.0, 4.0, 1.0])


ROWS = [
    item_row(name, case_pack=2.0, unit_cost=cost, volume=volume)
    for name, cost, volume in zip(NAMES, COSTS, VOLUMES, strict=True)
]
ITEMS = pd.DataFrame(ROWS)
SHARES = st.floats(0.0, 1.1)


@cache
def night():
    # A low target leaves the choice to cost, as sharing does.
    return plan_night([stock_row(name, on_hand=0.0, service_target=0.01) for name in NAMES], ROWS)


def wanted():
    return float(VOLUMES @ night().plans["order_quantity"])


def worth():
    return float(night().plans["order_value"].sum())


def shared(items=ITEMS, **limits):
    return share_limits(night().plans, night().curves, items, **limits)


def test_without_a_limit_orders_are_those_of_least_cost():
    found = shared()
    columns = ["order_up_to", "order_quantity", "order_value", "expected_cost", "fill_rate"]
    pd.testing.assert_frame_equal(found.plans[columns], night().plans[columns])
    for resource in (found.money, found.space):
        assert (resource.shadow_price, len(resource.cut)) == (0.0, 0)


@given(SHARES, SHARES)
@settings(max_examples=40)
def test_orders_stay_within_both_limits(money, space):
    budget, room = money * worth(), space * wanted()
    found = shared(budget=budget, room=room)
    quantities = found.plans["order_quantity"].to_numpy()
    # Nothing is on hand: stock lasts as long as what is left of each order.
    own = night().plans
    lasts = own["cover_after_order"] / own["order_quantity"] * quantities
    np.testing.assert_allclose(found.plans["cover_after_order"], lasts, rtol=1e-12)
    assert found.plans["order_value"].sum() == pytest.approx(found.money.used)
    assert VOLUMES @ quantities == pytest.approx(found.space.used)
    assert found.money.used <= budget + 1e-9
    assert found.space.used <= room + 1e-9
    chosen = night().curves[night().curves["chosen"]]["in_sample_cost"]
    assert found.money.cost == found.space.cost >= chosen.sum() - 1e-9
    assert found.money.bound <= found.money.cost + 1e-9
    assert (quantities % 2.0 == 0.0).all()


@given(SHARES, SHARES)
@settings(max_examples=40)
def test_a_looser_limit_never_costs_more(one, other):
    tight, loose = sorted((one, other))
    for name, whole in (("budget", worth()), ("room", wanted())):
        costs = [shared(**{name: share * whole}).money.cost for share in (loose, tight)]
        assert costs[0] <= costs[1] + 1e-9


@given(SHARES)
@settings(max_examples=20)
def test_a_room_in_units_of_money_is_a_budget(share):
    priced = ITEMS.assign(volume=COSTS)
    as_room = shared(priced, room=share * worth())
    as_budget = shared(budget=share * worth())
    pd.testing.assert_frame_equal(as_room.plans, as_budget.plans, check_exact=True)
    assert as_room.space.shadow_price == as_budget.money.shadow_price
    assert as_room.space.saving_of(10.0) == as_budget.money.saving_of(10.0)


@pytest.mark.parametrize("resource", ["budget", "room"])
def test_a_tight_limit_has_a_price(resource):
    found = shared(**{resource: 0.0})
    own, other = (found.money, found.space) if resource == "budget" else (found.space, found.money)
    assert (found.money.used, found.space.used) == (0.0, 0.0)
    assert list(own.cut) == [0, 1, 2]
    assert own.shadow_price > 0.0 == other.shadow_price
    # No first step of a hull uses as little as a hundredth of a unit.
    assert own.saving_of(0.01) == pytest.approx(0.01 * own.shadow_price)


def test_where_both_bind_each_has_a_price():
    # Money cuts bolt, room cuts dial.
    found = shared(budget=0.7 * worth(), room=0.5 * wanted())
    for resource in (found.money, found.space):
        assert resource.shadow_price > 0.0
        assert resource.saving_of(10.0) <= 10.0 * resource.shadow_price * (1.0 + 1e-12)
    alone = [shared(budget=0.7 * worth()), shared(room=0.5 * wanted())]
    assert found.money.cost >= max(own.money.cost for own in alone) - 1e-9
    assert alone[0].space.used > 0.5 * wanted()
    assert alone[1].money.used > 0.7 * worth()


@pytest.mark.parametrize("name", ["budget", "room"])
@pytest.mark.parametrize("limit", [-1.0, math.nan])
def test_a_limit_below_nothing_is_refused(name, limit):
    with pytest.raises(PlanError, match=f"the {name} must not be negative; got {limit}"):
        shared(**{name: limit})


@pytest.mark.parametrize("volume", [0.0, -2.0, math.inf])
def test_a_volume_that_is_none_is_refused(volume):
    bad = ITEMS.assign(volume=[1.0, volume, 1.0])
    with pytest.raises(PlanError, match=f"volume of cog must be finite and above 0; got {volume}"):
        shared(bad, room=10.0)


def test_without_volumes_room_is_counted_in_units():
    found = shared(ITEMS.drop(columns="volume"), room=20.0)
    assert 0.0 < found.plans["order_quantity"].sum() == found.space.used <= 20.0
