"""The forecast-driven order-up-to and the newsvendor: what moves a level, and what they order."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import Costs, Draws, Opening, PolicyKind, StockPlan, Supply, Target, simulate
from inventory.moving_forecast import MovingForecast, level_moves
from inventory.policies import BaseStock, ForecastOrderUpTo, newsvendor_level
from inventory.policy import decide_order
from inventory.position import Position
from kernels import stock_terms as places
from kernels.stock_lead_times import gamma_lead_time
from tests.oracles import stock as oracle


def dependent_paths(n_paths, horizon, rho, seed=0, mean=100.0):
    """Return normal demand of an autoregression of order one, deviation 10."""
    draws = np.random.default_rng(seed).normal(size=(n_paths, horizon))
    score = draws.copy()
    for t in range(1, horizon):
        score[:, t] = rho * score[:, t - 1] + math.sqrt(1.0 - rho * rho) * draws[:, t]
    return mean + 10.0 * score


def position(**changes):
    terms = {
        "entity": "north/bolt",
        "on_hand": 0.0,
        "receipts": np.zeros(12),
        "late_receipts": 0.0,
        "lead_time_mean": 2.0,
        "lead_time_deviation": 0.0,
        "review_period": 1,
        "case_pack": 1.0,
        "minimum_order": 0.0,
        "unit_cost": 3.0,
        "service_target": 0.9,
        "costs": Costs(0.2, 4.0, 0.0),
    }
    return Position(**{**terms, **changes})


def test_a_forecast_moves_with_the_demand_before_as_its_law_says():
    rho, interval = 0.7, 3
    paths = dependent_paths(20_000, 8, rho)
    found = MovingForecast.of(paths, interval)
    # The interval's mean, given the demand before: rho + rho^2 + rho^3 units more for each.
    expected = rho + rho**2 + rho**3
    # Deviation of what is left of three dependent periods, at most 3 x 10, over that of demand.
    error = 3.0 / math.sqrt(20_000)
    np.testing.assert_allclose(found.slopes[1:6], expected, atol=4.0 * error)
    lifts = found.lifts(paths[:5])
    assert (lifts[:, 0] == 0.0).all()
    known = paths[:5, :-1] - found.centres[1:]
    np.testing.assert_allclose(
        lifts[:, 1:], found.means[1:] - found.means[0] + found.slopes[1:] * known
    )


def test_levels_move_by_what_an_order_must_last_more_than_tonights_in_whole_steps():
    season = np.array([1.0, 2.0, 4.0, 8.0, 8.0, 2.0])
    paths = np.tile(season, (3, 5, 1))
    paths[2] = 3.0
    found = level_moves(paths, np.array([2, 9, 1]), np.array([1.0, 1.0, 1.0]))
    # Of two periods 3, 6, 12, 16, 10 units, and the last once more; nine are more than there are.
    np.testing.assert_array_equal(found[0], [0.0, 3.0, 9.0, 13.0, 7.0, 7.0])
    assert (found[1:] == 0.0).all()
    halves = level_moves(0.3 * paths[:1], np.array([2]), np.array([0.5]))
    np.testing.assert_array_equal(halves[0], [0.0, 1.0, 2.5, 4.0, 2.0, 2.0])


def test_moves_that_chance_may_have_made_are_none():
    paths = np.random.default_rng(3).poisson(20.0, (200, 50, 8)).astype(float)
    found = level_moves(paths, np.full(200, 2), np.ones(200))
    assert (found[:, 0] == 0.0).all()
    # Beyond two errors one time in twenty.
    assert 0.02 < (found[:, 1:] != 0.0).mean() < 0.08
    moved = paths + np.where(np.arange(8) >= 4, 10.0, 0.0)
    apart = level_moves(moved, np.full(200, 2), np.ones(200))[:, 4:]
    assert apart.mean() == pytest.approx(20.0, abs=0.5)


def test_what_is_independent_does_not_move_a_level_but_a_season_does():
    season = np.tile([50.0, 100.0, 150.0, 100.0], 3)
    paths = dependent_paths(4_000, 12, 0.0) + season
    found = MovingForecast.of(paths, 2)
    # A slope beyond two errors comes by chance one time in twenty.
    assert np.count_nonzero(found.slopes) <= 3
    sums = 200.0 + season[:-1] + season[1:]
    np.testing.assert_allclose(found.means[:-1], sums, atol=4.0 * 15.0 / math.sqrt(4_000))
    # Half of the last interval lies within the paths.
    assert found.means[-1] == pytest.approx(2.0 * paths[:, -1].mean())


@given(st.integers(3, 40), st.integers(1, 9), st.integers(1, 12), st.integers(0, 99))
@settings(max_examples=40)
def test_a_forecast_does_not_know_the_demand_to_come(n_paths, horizon, interval, seed):
    paths = np.random.default_rng(seed).poisson(3.0, (n_paths, horizon)).astype(float)
    found = MovingForecast.of(paths, interval)
    changed = paths.copy()
    changed[:, horizon // 2 :] += 7.0
    own, other = found.lifts(paths), found.lifts(changed)
    np.testing.assert_array_equal(own[:, : horizon // 2 + 1], other[:, : horizon // 2 + 1])
    assert np.isfinite(own).all()


@pytest.mark.parametrize("deviation", [0.0, 0.8])
@pytest.mark.parametrize("shelf_life", [0, 3])
def test_levels_that_do_not_move_walk_as_those_that_stay(deviation, shelf_life):
    supply = Supply(gamma_lead_time(2.0, deviation, 12), 2, 3.0, shelf_life=shelf_life)
    demand = np.random.default_rng(3).poisson(5.0, (150, 12)).astype(float)
    told = supply, [BaseStock(20.0), BaseStock(33.0)], demand, Opening(9.0), Draws(3, 8, 40)
    stays = simulate(*told, first_reached=2)
    moves = simulate(*told, first_reached=2, lifts=np.zeros(demand.shape))
    np.testing.assert_array_equal(moves, stays)


def test_an_order_is_what_lacks_to_the_level_of_its_period():
    demand = np.full((1, 5), 4.0)
    lifts = np.array([[0.0, 3.0, 3.0, -2.0, 9.0]])
    totals = simulate(
        Supply(), [ForecastOrderUpTo(10.0)], demand, Opening(0.0), Draws(1), lifts=lifts
    )[0, 0]
    # Ordered to 10, 13, 13, 8 (9 are there) and 19: 10 + 7 + 4 + 0 + 14.
    assert totals[places.ORDERED] == 35.0
    assert totals[places.ORDERS] == 4.0
    assert totals[places.HELD] == 6.0 + 9.0 + 9.0 + 5.0 + 15.0


def test_following_the_forecast_costs_less_where_demand_moves():
    season = np.tile([0.0, 0.0, 90.0, 90.0], 5)[:18]
    paths, others = (
        np.maximum(np.rint(dependent_paths(400, 18, 0.8, seed, 20.0) + season), 0.0)
        for seed in (1, 2)
    )
    own = position(receipts=np.zeros(18), on_hand=60.0)
    costs = {}
    for kind in (PolicyKind.BASE_STOCK, PolicyKind.FORECAST_ORDER_UP_TO):
        plan = StockPlan(policy=kind, target=Target.COST)
        found = decide_order(own, paths, others, np.uint64(5), 3, plan)
        costs[kind] = found.estimates.cost[found.chosen], found.estimates.cost_error[found.chosen]
    (stays, error), (moves, other_error) = costs.values()
    assert moves < stays - 4.0 * math.hypot(error, other_error)


def test_a_newsvendor_orders_once_what_the_critical_ratio_asks_for():
    # One period of selling, so that holding is of what is left.
    season = np.rint(np.random.default_rng(4).gamma(9.0, 5.0, (400, 1)))
    own = position(
        receipts=np.zeros(1), lead_time_mean=0.0, costs=Costs(1.0, 4.0, 0.0), service_target=0.5
    )
    plan = StockPlan(policy=PolicyKind.NEWSVENDOR, target=Target.COST, candidates=60)
    found = decide_order(own, season, season, np.uint64(5), 3, plan)
    expected = newsvendor_level(season[:, 0], 1.0, 4.0)
    assert found.policy.level == pytest.approx(expected, abs=1.0)
    spent = [
        np.maximum(level - season, 0.0).mean() + 4.0 * np.maximum(season - level, 0.0).mean()
        for level in (found.policy.level, expected)
    ]
    assert spent[0] == pytest.approx(spent[1], rel=1e-3)
    assert found.in_sample.cost[found.chosen] == pytest.approx(spent[0])


def test_a_newsvendor_orders_nothing_after_tonight():
    demand = np.random.default_rng(6).poisson(5.0, (2, 50, 12)).astype(float)
    plan = StockPlan(policy=PolicyKind.NEWSVENDOR)
    found = decide_order(position(), *demand, np.uint64(5), 3, plan)
    terms = position(review_period=12).supply(12, 1.0).terms
    walked = oracle.walk(demand[1][0], [2] * 12, 0.0, [0.0] * 12, terms, found.policy.rule)
    assert walked.sizes == [found.order_quantity] + [0.0] * 11
    assert found.order_quantity > 40.0
