"""Dynamic programming over a horizon: against walks, against every plan, and against theory."""

import itertools

import numpy as np
import pytest

from inventory import (
    BaseStock,
    Costs,
    Draws,
    Opening,
    PlanError,
    ReorderUpTo,
    Supply,
    estimate_law,
)
from inventory.theory import FiniteHorizon, best_lost_sales_cost
from kernels.stock_lead_times import fixed_lead_time
from tests.oracles.stock import poisson_law


def problem(**changes):
    mean = 2.0 + np.sin(np.arange(changes.pop("horizon", 12)))
    laws = np.zeros((len(mean), 16))
    for t, own in enumerate(mean):
        law = poisson_law(own)[:16]
        laws[t, : len(law)] = law / law.sum()
    receipts = np.zeros(len(mean), np.int64)
    receipts[:2] = 1, 2
    settings = {
        "holding": 0.5,
        "shortage": 4.0,
        "ordering": 0.0,
        "laws": laws,
        "lead_time": 2,
        "review_period": 1,
        "case_pack": 1,
        "minimum_order": 0,
        "on_hand": 3,
        "receipts": receipts,
        "most": 20,
    }
    return FiniteHorizon(**{**settings, **changes})


def walked(own, policy, n_paths=40_000):
    supply = Supply(
        fixed_lead_time(own.lead_time),
        own.review_period,
        float(own.case_pack),
        float(own.minimum_order),
    )
    found = estimate_law(
        supply,
        [policy],
        own.laws,
        n_paths,
        len(own.laws),
        Opening(float(own.on_hand), own.receipts.astype(float)),
        Draws(seed=7),
        Costs(own.holding, own.shortage, own.ordering),
    )
    return found.cost[0], found.cost_error[0]


@pytest.mark.parametrize(
    ("changes", "policy"),
    [
        ({}, BaseStock(9.0)),
        ({"review_period": 3, "lead_time": 2}, BaseStock(12.0)),
        ({"ordering": 6.0, "review_period": 2, "lead_time": 3}, ReorderUpTo(6.0, 13.0)),
        ({"case_pack": 3, "minimum_order": 6, "lead_time": 1}, ReorderUpTo(5.0, 10.0)),
        ({"lead_time": 4, "review_period": 2, "case_pack": 2}, BaseStock(14.0)),
    ],
)
def test_a_policy_costs_what_its_walks_do_and_no_less_than_the_best(changes, policy):
    own = problem(**changes)
    cost, error = walked(own, policy)
    assert abs(own.cost_of(policy) - cost) < 4.0 * error
    assert own.least_cost() <= own.cost_of(policy) + 1e-12


@pytest.mark.parametrize("changes", [{}, {"review_period": 3}, {"ordering": 6.0, "lead_time": 1}])
def test_the_best_first_order_leaves_the_least_cost(changes):
    own = problem(**changes)
    costs = [own.cost_after(float(order)) for order in range(15)]
    assert min(costs) == pytest.approx(own.least_cost(), rel=1e-12)
    assert max(costs) > own.least_cost()
    followed = own.cost_of(BaseStock(9.0))
    # From six units, base-stock first orders three.
    assert own.least_cost() <= costs[3] <= followed


def test_without_chance_the_best_orders_are_the_best_of_all_plans():
    demand = np.array([1, 0, 2, 1, 0, 1])
    laws = np.eye(4)[demand]
    own = problem(
        laws=laws, receipts=np.zeros(6, np.int64), on_hand=1, lead_time=1, most=5, ordering=1.5
    )

    def cost(orders):
        stock, spent = 1, 0.0
        for t, units in enumerate(demand):
            stock += orders[t - 1] if t else 0
            spent += 1.5 * (orders[t] > 0) + 4.0 * max(units - stock, 0)
            stock = max(stock - units, 0)
            spent += 0.5 * stock
        return spent

    # No plan gains by more than 5 units: that is all there is to sell.
    assert own.least_cost() == min(cost(o) for o in itertools.product(range(6), repeat=6))


def test_over_a_long_horizon_a_period_costs_what_the_stationary_theory_says():
    law = poisson_law(1.0)[:8]
    law = law / law.sum()
    common = {"lead_time": 2, "most": 12, "holding": 1.0, "shortage": 4.0, "on_hand": 2}
    costs = [
        problem(**common, laws=np.tile(law, (n, 1)), receipts=np.zeros(n, np.int64)).least_cost()
        for n in (60, 80)
    ]
    expected = best_lost_sales_cost(1.0, 4.0, law, 2, most_stock=12, most_ordered=12)
    assert (costs[1] - costs[0]) / 20 == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lead_time": 0}, "lead_time must be at least 1; got 0"),
        ({"case_pack": 0}, "case_pack must be at least 1; got 0"),
        ({"most": 5}, "most must be at least the 6 units held; got 5"),
    ],
)
def test_what_is_out_of_range_is_refused(changes, message):
    with pytest.raises(PlanError, match=message):
        problem(**changes)


def test_a_policy_above_what_may_be_held_is_refused():
    with pytest.raises(PlanError, match="an order of 30 units is none of"):
        problem().cost_of(BaseStock(30.0))
