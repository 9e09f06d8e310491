"""Exact theory: nothing in reach is cheaper than what it calls best, and what it refuses."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import PlanError
from inventory.theory import (
    best_lost_sales_cost,
    best_reorder_quantity,
    best_reorder_up_to,
    best_serial_levels,
    count_newsvendor,
    economic_order,
    lost_sales_base_stock_cost,
    normal_newsvendor,
    plan_known_demand,
    reorder_up_to_cost,
)
from inventory.theory.loss import mean_shortages, normal_loss
from tests.oracles.stock import poisson_law

PRICES = st.floats(0.1, 20.0)
LAWS = st.lists(st.floats(0.0, 1.0), min_size=2, max_size=8).filter(lambda w: sum(w[1:]) > 0.1)


def law_of(weights):
    return np.array(weights) / np.sum(weights)


@given(LAWS, st.integers(1, 15))
@settings(max_examples=100)
def test_mean_shortages_are_those_of_the_law(weights, n_levels):
    law = law_of(weights)
    units = np.arange(len(law))
    expected = [law @ np.maximum(units - level, 0.0) for level in range(n_levels)]
    np.testing.assert_allclose(mean_shortages(law, n_levels), expected, atol=1e-12)


def test_normal_loss_is_the_mean_shortage_of_draws():
    draws = np.random.default_rng(2).normal(10.0, 3.0, 400_000)
    short = np.maximum(draws - 12.0, 0.0)
    error = short.std() / np.sqrt(short.size)
    assert abs(normal_loss(12.0, 10.0, 3.0) - short.mean()) < 4.0 * error


@given(LAWS, PRICES, PRICES)
@settings(max_examples=100)
def test_no_level_is_cheaper_than_the_newsvendors(weights, holding, shortage):
    law = law_of(weights)
    units = np.arange(len(law))
    costs = [
        law @ (holding * np.maximum(n - units, 0) + shortage * np.maximum(units - n, 0))
        for n in units
    ]
    found = count_newsvendor(holding, shortage, law)
    assert found.cost == pytest.approx(min(costs))
    assert costs[int(found.level)] == pytest.approx(min(costs))


@given(LAWS, PRICES, PRICES, st.floats(0.0, 30.0), st.integers(0, 2))
@settings(max_examples=40)
def test_no_pair_is_cheaper_than_the_best_reorder_up_to(weights, holding, owing, ordering, lead):
    law = law_of(weights)
    found = best_reorder_up_to(holding, owing, ordering, law, lead)
    asked = reorder_up_to_cost(
        holding, owing, ordering, law, found.reorder_point, found.order_up_to, lead
    )
    assert asked == pytest.approx(found.cost)
    for point, above in itertools.product(range(-4, 22), range(1, 25)):
        other = reorder_up_to_cost(holding, owing, ordering, law, point, point + above, lead)
        assert other >= found.cost * (1.0 - 1e-12)


@given(PRICES, PRICES, st.floats(0.5, 50.0), st.floats(0.2, 4.0), st.floats(0.2, 3.0))
@settings(max_examples=30)
def test_no_pair_is_cheaper_than_the_best_reorder_quantity(holding, owing, ordering, demand, lead):
    found = best_reorder_quantity(holding, owing, ordering, demand, lead)
    mean = demand * lead
    law = poisson_law(mean)
    units = np.arange(len(law))

    def cost(point, quantity):
        held = [
            law @ (holding * np.maximum(y - units, 0) + owing * np.maximum(units - y, 0))
            for y in range(point + 1, point + quantity + 1)
        ]
        return (ordering * demand + sum(held)) / quantity

    point, quantity = int(found.reorder_point), int(found.quantity)
    assert cost(point, quantity) == pytest.approx(found.cost)
    for step, size in itertools.product((-2, -1, 0, 1, 2), (-2, -1, 0, 1, 2)):
        if quantity + size > 0:
            assert cost(point + step, quantity + size) >= found.cost * (1.0 - 1e-12)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6), PRICES, PRICES)
@settings(max_examples=60)
def test_no_plan_is_cheaper_than_that_of_known_demand(demand, ordering, holding):
    orders, cost = plan_known_demand(ordering, holding, np.array(demand, float))

    def spent(plan):
        stock = np.cumsum(plan) - np.cumsum(demand)
        return ordering * np.count_nonzero(plan) + holding * stock.sum()

    assert (np.cumsum(orders) >= np.cumsum(demand)).all()
    assert spent(orders) == pytest.approx(cost)
    for starts in itertools.product([False, True], repeat=len(demand) - 1):
        places = [0, *(n + 1 for n, start in enumerate(starts) if start), len(demand)]
        plan = np.zeros(len(demand))
        for start, end in itertools.pairwise(places):
            plan[start] = sum(demand[start:end])
        assert spent(plan) >= cost - 1e-9


def test_economic_order_is_the_least_of_its_neighbours():
    found = economic_order(8.0, 0.225, 1300.0)
    for factor in (0.9, 1.1):
        quantity = found.quantity * factor
        assert 8.0 * 1300.0 / quantity + 0.225 * quantity / 2.0 > found.cost


def test_the_best_orders_cost_less_than_base_stock_and_more_room_changes_nothing():
    law = poisson_law(3.0)
    narrow = best_lost_sales_cost(1.0, 9.0, law, 2, most_stock=18, most_ordered=9)
    wide = best_lost_sales_cost(1.0, 9.0, law, 2, most_stock=28, most_ordered=14)
    assert narrow == pytest.approx(wide, abs=3e-6)
    base = min(
        lost_sales_base_stock_cost(1.0, 9.0, law, 2, n, most_ordered=n) for n in range(8, 18)
    )
    assert wide < base


def test_one_stage_in_series_is_a_newsvendor_over_its_lead_time():
    # With one stage, units owed cost `owing` and units held `echelon_holding`, both per unit.
    found = best_serial_levels(np.array([1.0]), np.array([2.0]), 3.0, 4.0)
    alone = count_newsvendor(1.0, 4.0, poisson_law(6.0))
    assert (found.levels[0], found.cost) == (alone.level, pytest.approx(alone.cost))


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        (lambda: normal_newsvendor(0.0, 1.0, 5.0, 1.0), "holding must be finite and above 0"),
        (lambda: normal_newsvendor(1.0, 1.0, 5.0, 0.0), "deviation must be finite and above 0"),
        (lambda: count_newsvendor(1.0, 1.0, np.array([0.5, 0.4])), "must sum to 1; got 0.9"),
        (lambda: count_newsvendor(1.0, 1.0, np.array([1.5, -0.5])), "not negative"),
        (lambda: best_reorder_up_to(1.0, 1.0, 1.0, np.array([1.0])), "some demand"),
        (lambda: best_reorder_up_to(1.0, 1.0, -1.0, np.array([0.5, 0.5])), "ordering must not"),
        (
            lambda: reorder_up_to_cost(1.0, 1.0, 1.0, np.array([0.5, 0.5]), 4, 4),
            "order_up_to must be above the reorder point 4; got 4",
        ),
        (lambda: economic_order(1.0, 1.0, 5.0, production=5.0), "production must be above"),
        (lambda: plan_known_demand(1.0, 1.0, np.array([-1.0])), "not negative"),
        (
            lambda: best_lost_sales_cost(
                1.0, 1.0, np.array([0.5, 0.5]), 0, most_stock=3, most_ordered=2
            ),
            "lead_time must be at least 1; got 0",
        ),
        (
            lambda: best_serial_levels(np.ones(2), np.ones(1), 1.0, 1.0),
            "one number a stage; got 2 and 1",
        ),
    ],
)
def test_theory_refuses_what_is_out_of_range(refused, message):
    with pytest.raises(PlanError, match=message):
        refused()
