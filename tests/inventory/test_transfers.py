"""Transfers between warehouses, and one stock for all against one each."""

import math
from dataclasses import replace

import numpy as np
import pytest

from inventory import (
    BaseStock,
    Costs,
    Draws,
    Opening,
    PlanError,
    StockError,
    Supply,
    estimate,
    simulate,
)
from inventory.estimates import money_spent
from inventory.transfers import Lane, Site, compare_pooling, judge_transfers
from inventory.transfers import plan_transfers as plan_lanes
from kernels.stock_lead_times import fixed_lead_time, gamma_lead_time

COSTS = Costs(0.2, 5.0, 0.0)
SUPPLY = Supply(fixed_lead_time(3.0), case_pack=1.0)


def site(name, on_hand, *, mean=5.0, capacity=math.inf, number=0):
    demand = np.random.default_rng(number).poisson(mean, (300, 10)).astype(float)
    supply = Supply(fixed_lead_time(3.0), case_pack=1.0, capacity=capacity)
    policy, opening = BaseStock(6.0 * mean), Opening(on_hand)
    return Site(name, supply, policy, opening, COSTS, Draws(1, number), demand)


def plan_transfers(sites, *, lead_time, unit_cost, lot):
    """Plan with a lane from every site to every other."""
    names = [place.name for place in sites]
    lanes = [Lane(a, b, lead_time, unit_cost) for a in names for b in names if a != b]
    return plan_lanes(sites, lanes, lot=lot)


def cost_of(place, on_hand, arriving=0.0, at=0):
    receipts = np.zeros(10)
    receipts[at] = arriving
    opening = Opening(on_hand, receipts)
    totals = simulate(place.supply, [place.policy], place.demand, opening, place.draws)
    return estimate(totals, place.costs).cost[0]


def test_stock_moves_from_where_it_lies_idle_to_where_it_is_short():
    full, empty = site("full", 60.0), site("empty", 0.0, number=1)
    (found,) = plan_transfers([full, empty], lead_time=1, unit_cost=0.1, lot=2.0)
    assert (found.lane.source, found.lane.target) == ("full", "empty")
    before = cost_of(full, 60.0) + cost_of(empty, 0.0)
    after = cost_of(full, 60.0 - found.quantity) + cost_of(empty, 0.0, found.quantity, 1)
    assert found.saving == pytest.approx(before - after - 0.1 * found.quantity)
    assert found.saving > 10.0 * found.saving_error
    # One lot more or less saves less: it is the best quantity.
    for other in (found.quantity - 2.0, found.quantity + 2.0):
        changed = cost_of(full, 60.0 - other) + cost_of(empty, 0.0, other, 1)
        assert before - changed - 0.1 * other <= found.saving + 1e-9


def test_nothing_moves_where_moving_costs_more_than_it_saves():
    places = [site("full", 60.0), site("empty", 0.0, number=1)]
    assert plan_transfers(places, lead_time=1, unit_cost=1e3, lot=1.0) == []


def drawn(place, number, n_paths):
    demand = np.random.default_rng(number).poisson(5.0, (n_paths, 10)).astype(float)
    return replace(place, demand=demand)


def test_what_moves_saves_on_other_demand_too():
    """The best of many moves that are worth about what they cost is often so by chance."""
    saved = []
    for seed in range(40):
        places = [site("more", 36.0), site("less", 28.0, number=1)]
        few, many = (
            [drawn(place, [seed, number, n], n) for number, place in enumerate(places)]
            for n in (50, 4_000)
        )
        found = plan_transfers(few, lead_time=1, unit_cost=0.4, lot=2.0)
        saved += [move.saving for move in judge_transfers(many, found, lot=2.0)]
    assert len(saved) > 20
    assert min(saved) > 0.0


def test_no_site_gives_more_than_it_holds_or_takes_more_than_its_room():
    places = [site("little", 3.0, mean=0.2), site("empty", 0.0, number=1)]
    (found,) = plan_transfers(places, lead_time=0, unit_cost=0.0, lot=1.0)
    assert found.quantity <= 3.0
    places = [site("full", 60.0), site("small", 0.0, capacity=4.0, number=1)]
    (found,) = plan_transfers(places, lead_time=0, unit_cost=0.0, lot=3.0)
    assert found.quantity == 3.0


def test_a_late_transfer_saves_less():
    places = [site("full", 60.0), site("empty", 0.0, number=1)]
    savings = [
        sum(t.saving for t in plan_transfers(places, lead_time=n, unit_cost=0.1, lot=2.0))
        for n in (0, 2, 5)
    ]
    assert savings[0] > savings[1] > savings[2]


def test_pooling_independent_normal_demand_saves_by_the_square_root():
    # Eppen (1979): with n equal sites, cost falls from n to the square root of n of one site's.
    demand, held_out = np.random.default_rng(7).normal(50.0, 8.0, (2, 4, 4_000, 1))
    supply, costs = Supply(lost_share=0.0), Costs(0.18, 0.7, 0.0)
    found = compare_pooling(demand, held_out, supply, costs, 1, levels=200)
    ratio = found.pooled / found.separate
    # Steps between levels cost below a part in a thousand; the rest is Monte Carlo error.
    error = found.saving_error / found.separate
    assert abs(ratio - 0.5) < 4.0 * error + 1e-3
    assert found.saving == pytest.approx(found.separate - found.pooled)


def spent_one_by_one(demand, held_out, supply, costs, seed, entity, levels):
    """Return what each path costs of a stock held to its best level, a level at a time."""

    def spent(level, paths, first_path):
        draws = Draws(seed, entity, first_path)
        totals = simulate(supply, [BaseStock(level)], paths, Opening(level), draws)
        return money_spent(totals, costs)[0]

    below = [np.count_nonzero(supply.lead_times.cumulative < share) for share in (0.5, 0.975)]
    low, high = (demand[:, : own + supply.review_period].sum(axis=1) for own in below)
    tried = np.linspace(low.min(), high.max(), levels)
    best = min(tried, key=lambda level: spent(level, demand, 0).mean())
    return spent(best, held_out, len(demand))


@pytest.mark.parametrize("shelf_life", [0, 3])
def test_stocks_are_pooled_as_a_level_at_a_time(shelf_life):
    draws, means = np.random.default_rng(8), np.array([0.2, 4.0, 30.0])[:, None, None]
    demand, held_out = draws.poisson(means, (2, 3, 50, 12)).astype(float)
    law = gamma_lead_time(2.0, 0.7, 12)
    supply = Supply(law, 2, 3.0, 5.0, lost_share=0.5, shelf_life=shelf_life)
    costs = Costs(0.2, 4.0, 3.0, 0.5, 1.0)
    found = compare_pooling(demand, held_out, supply, costs, 5, levels=9)
    told = supply, costs, 5
    apart = [spent_one_by_one(demand[n], held_out[n], *told, n, 9) for n in range(3)]
    together = spent_one_by_one(demand.sum(axis=0), held_out.sum(axis=0), *told, 3, 9)
    assert found.separate == np.sum(apart, axis=0).mean()
    assert found.pooled == together.mean()
    assert found.saving == (np.sum(apart, axis=0) - together).mean()


@pytest.mark.parametrize("deviation", [0.0, 0.5, 1.0])
def test_stocks_that_are_pooled_are_each_near_the_best_there_is(deviation):
    demand = np.random.default_rng(9).poisson(5.0, (3, 300, 28)).astype(float)
    supply = Supply(gamma_lead_time(2.0, deviation, 28))
    found = compare_pooling(demand, demand, supply, COSTS, 1)

    def least(paths, number, levels):
        draws = Draws(1, number, 300)
        walks = (simulate(supply, [BaseStock(s)], paths, Opening(s), draws) for s in levels)
        return min(money_spent(totals, COSTS).mean() for totals in walks)

    apart = sum(least(own, n, np.arange(10.0, 50.0)) for n, own in enumerate(demand))
    assert found.separate < 1.05 * apart
    assert found.pooled < 1.05 * least(demand.sum(axis=0), 3, np.arange(30.0, 120.0, 2.0))


def test_demand_that_is_not_finite_is_refused():
    demand = np.ones((2, 10, 5))
    demand[1, 3, 2] = np.nan
    with pytest.raises(StockError, match="demand must be finite and not negative; got nan"):
        compare_pooling(demand, np.ones((2, 10, 5)), SUPPLY, COSTS, 1)


def test_pooling_saves_nothing_where_sites_move_together():
    demand, held_out = np.repeat(
        np.random.default_rng(7).normal(50.0, 8.0, (2, 1, 2_000, 1)), 3, axis=1
    )
    supply, costs = Supply(lost_share=0.0), Costs(0.18, 0.7, 0.0)
    found = compare_pooling(demand, held_out, supply, costs, 1)
    assert found.saving == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lead_time": 10}, r"lead_time must be in \[0, 10\); got 10"),
        ({"unit_cost": -1.0}, "unit_cost must be finite and not negative; got -1"),
        ({"lot": 0.0}, "lot must be finite and above 0; got 0"),
    ],
)
def test_bad_transfers_are_refused(changes, message):
    arguments = {"lead_time": 1, "unit_cost": 0.1, "lot": 1.0, **changes}
    with pytest.raises(PlanError, match=message):
        plan_transfers([site("a", 1.0), site("b", 1.0)], **arguments)


def test_a_single_site_is_refused():
    with pytest.raises(PlanError, match="two sites at least; got 1"):
        plan_transfers([site("a", 1.0)], lead_time=1, unit_cost=0.1, lot=1.0)


def test_stock_moves_only_along_lanes_and_each_at_its_own_terms():
    places = [site("full", 90.0), site("empty", 0.0, number=1), site("bare", 0.0, number=2)]
    assert plan_lanes(places, [Lane("empty", "full", 1, 0.1)], lot=2.0) == []
    lanes = [Lane("full", "empty", 1, 0.1), Lane("full", "bare", 4, 3.0)]
    found = {t.lane.target: t for t in plan_lanes(places, lanes, lot=2.0)}
    empty, bare = places[1:]
    # Four periods on the way is later than an order, and dearer than holding to the end.
    assert set(found) == {"empty"}
    soon = [Lane("full", "empty", 1, 0.1), Lane("full", "bare", 2, 0.5)]
    both = {t.lane.target: t for t in plan_lanes(places, soon, lot=2.0)}
    given = both["empty"].quantity + both["bare"].quantity
    before = cost_of(places[0], 90.0) + cost_of(empty, 0.0) + cost_of(bare, 0.0)
    after = cost_of(places[0], 90.0 - given)
    after += cost_of(empty, 0.0, both["empty"].quantity, 1)
    after += cost_of(bare, 0.0, both["bare"].quantity, 2)
    moving = 0.1 * both["empty"].quantity + 0.5 * both["bare"].quantity
    assert sum(t.saving for t in both.values()) == pytest.approx(before - after - moving)


@pytest.mark.parametrize("ends", [("a", "a"), ("a", "c")])
def test_a_lane_to_nowhere_is_refused(ends):
    with pytest.raises(PlanError, match="a lane must join two sites; got 'a' to"):
        plan_lanes([site("a", 1.0), site("b", 1.0)], [Lane(*ends, 1, 0.1)], lot=1.0)
