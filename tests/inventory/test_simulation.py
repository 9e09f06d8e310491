"""Simulation: what it walks and refuses, beside a replay decision by decision."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import BaseStock, Costs, Draws, Opening, PlanError, StockError, Supply, simulate
from inventory.estimates import money_spent
from kernels import stock_terms as places
from kernels.stock_lead_times import discrete_lead_time, fixed_lead_time
from tests.inventory.one_replay import HeldPlan
from tests.oracles.replays import MovingAverage, replay

COSTS = Costs(0.5, 6.0, 2.0, owing=1.0, waste=3.0)
DEMAND = st.lists(st.integers(0, 20).map(float), min_size=12, max_size=30)


@given(
    DEMAND,
    st.integers(0, 4),
    st.integers(1, 3),
    st.sampled_from([0.0, 0.3, 1.0]),
    st.booleans(),
    st.sampled_from([(0, False), (2, False), (3, True)]),
)
@settings(max_examples=80)
def test_a_fixed_level_replays_as_simulation_walks(demand, lead_time, review, lost, cases, shelf):
    terms = review, 6.0 if cases else 0.0, 3.0, 70.0, lost, *shelf
    supply = Supply(fixed_lead_time(lead_time), *terms)
    own = np.array(demand)
    found = replay(own, 0, lambda _: BaseStock(40.0), supply, COSTS, on_hand=11.0)
    (totals,) = simulate(supply, [BaseStock(40.0)], own[None], Opening(11.0), Draws(1))
    assert found.sold.sum() == pytest.approx(totals[0, places.SOLD])
    assert found.held.sum() == pytest.approx(totals[0, places.HELD])
    assert found.owed.sum() == pytest.approx(totals[0, places.OWED])
    assert found.ordered.sum() == pytest.approx(totals[0, places.ORDERED])
    assert found.wasted.sum() == pytest.approx(totals[0, places.WASTED])
    assert found.cost == pytest.approx(money_spent(totals, COSTS)[0])


def test_a_held_plan_asks_again_only_after_its_reviews():
    demand = np.arange(1.0, 13.0)
    planner = HeldPlan(MovingAverage(1, 1.0), 3)
    found = replay(demand, 3, planner, Supply(), COSTS, on_hand=0.0)
    assert list(found.level) == [3.0, 3.0, 3.0, 6.0, 6.0, 6.0, 9.0, 9.0, 9.0]


def test_the_moving_average_covers_the_mean_of_its_window():
    found = replay(np.array([2.0, 4.0, 9.0]), 2, MovingAverage(2, 5.0), Supply(), COSTS, on_hand=0)
    assert (found.level[0], found.ordered[0]) == (15.0, 15.0)


def test_random_lead_times_come_from_the_draws_given():
    supply = Supply(discrete_lead_time(np.array([0.0, 0.5, 0.5])))

    def sold(draw):
        own = {"on_hand": 0.0, "lead_draws": np.full(4, draw)}
        return list(replay(np.full(4, 3.0), 0, lambda _: BaseStock(9.0), supply, COSTS, **own).sold)

    assert sold(0.1) == [0.0, 3.0, 3.0, 3.0]
    assert sold(0.9) == [0.0, 0.0, 3.0, 3.0]


@pytest.mark.parametrize(
    ("demand", "told"),
    [
        (np.full(8, 1.0), r"shape \(n_paths, horizon\); got shape \(8,\)"),
        (np.full((1, 2, 8), 1.0), r"got shape \(1, 2, 8\)"),
        (np.empty((0, 8)), r"got shape \(0, 8\)"),
        (np.array([[1.0, np.nan]]), "finite and not negative; got nan"),
        (np.array([[1.0, np.inf]]), "finite and not negative; got inf"),
        (np.array([[1.0, -2.0]]), "finite and not negative; got -2"),
    ],
)
def test_demand_that_is_none_is_not_walked(demand, told):
    with pytest.raises(StockError, match=told):
        simulate(Supply(), [BaseStock(4.0)], demand, Opening(4.0), Draws(seed=1))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Opening(on_hand=-4.0), "on_hand must be finite and not negative; got -4"),
        (lambda: Opening(np.nan), "on_hand must be finite and not negative; got nan"),
        (lambda: Opening(4.0, owed=np.inf), "owed must be finite and not negative; got inf"),
        (lambda: Opening(4.0, np.array([0.0, -2.0])), r"receipts\[1\] must be .*; got -2"),
        (lambda: Opening(4.0, np.array([np.nan, 0.0])), r"receipts\[0\] must be .*; got nan"),
        (lambda: Costs(np.nan, 4.0, 1.0), "holding must be finite and not negative; got nan"),
        (lambda: Costs(1.0, -4.0, 1.0), "shortage must be finite and not negative; got -4"),
        (lambda: Costs(1.0, 4.0, np.inf), "ordering must be finite and not negative; got inf"),
        (lambda: Costs(1.0, 4.0, 1.0, owing=-1.0), "owing must be finite and not negative"),
        (lambda: Costs(1.0, 4.0, 1.0, waste=np.nan), "waste must be finite and not negative"),
    ],
)
def test_stock_and_prices_that_are_none_are_refused_by_name(make, told):
    with pytest.raises(StockError, match=told):
        make()


def test_what_is_owed_at_the_start_is_ordered_and_met_first():
    supply = Supply(lost_share=0.0)
    opening, demand = Opening(owed=4.0), np.full((2, 1), 3.0)
    totals = simulate(supply, [BaseStock(10.0)], demand, opening, Draws(seed=1))
    assert totals[0, :, places.ORDERED].tolist() == [14.0, 14.0]
    assert totals[0, :, places.HELD].tolist() == [7.0, 7.0]


def test_without_a_policy_nothing_is_walked():
    with pytest.raises(PlanError, match="one policy at least"):
        simulate(Supply(), [], np.ones((2, 8)), Opening(4.0), Draws(seed=1))
