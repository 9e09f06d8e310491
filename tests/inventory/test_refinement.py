"""Policies near the best of those tried: never worse on the same paths, near the best of all."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import Costs, PlanError, PolicyKind, StockPlan, Target
from inventory.estimates import estimate_items
from inventory.levels import levels_of
from inventory.policy import decide_order
from inventory.position import Position
from inventory.positions import Positions
from inventory.proposal import propose_levels, walk
from inventory.refinement import Tried, most_refined, refine_together
from inventory.theory import best_reorder_up_to, reorder_up_to_cost
from tests.inventory.night import demand_paths, item_row, plan_night, stock_row
from tests.oracles.stock import poisson_law

KINDS = list(PolicyKind)
ENTITY, SEED = np.uint64(11), 3
COARSE = StockPlan(candidates=8, refinements=0)


def position(**changes):
    terms = {
        "entity": "north/bolt",
        "on_hand": 8.0,
        "receipts": np.zeros(12),
        "late_receipts": 0.0,
        "lead_time_mean": 2.0,
        "lead_time_deviation": 0.5,
        "review_period": 1,
        "case_pack": 1.0,
        "minimum_order": 0.0,
        "unit_cost": 3.0,
        "service_target": 0.9,
        "costs": Costs(0.1, 4.0, 3.0),
    }
    return Position(**{**terms, **changes})


def demand(mean, n_paths=40, horizon=12, seed=5):
    return np.random.default_rng(seed).poisson(mean, (n_paths, horizon)).astype(float)


def decided(own, paths, plan):
    return decide_order(own, paths, paths, ENTITY, SEED, plan)


def served(decision, target):
    return decision.in_sample.served(target)[decision.chosen]


def cost(decision):
    return decision.in_sample.cost[decision.chosen]


@given(
    st.sampled_from(KINDS),
    st.sampled_from(list(Target)),
    st.sampled_from([0.5, 9.0, 400.0]),
    st.sampled_from([1.0, 6.0]),
    st.sampled_from([0.0, 3.0, 60.0]),
    st.sampled_from([math.inf, 30.0]),
    st.sampled_from([0, 3]),
)
@settings(max_examples=60)
def test_a_refined_policy_never_costs_more_on_the_same_paths(
    kind, target, mean, case_pack, ordering, capacity, shelf_life
):
    own = position(
        case_pack=case_pack,
        costs=Costs(0.1, 4.0, ordering, waste=1.0),
        capacity=capacity,
        shelf_life=shelf_life,
    )
    plan, paths = replace(COARSE, policy=kind, target=target), demand(mean)
    coarse = decided(own, paths, plan)
    refined = decided(own, paths, replace(plan, refinements=6))
    assert refined.reachable >= coarse.reachable
    if coarse.reachable:
        assert cost(refined) <= cost(coarse)
    elif not refined.reachable:
        assert served(refined, target) >= served(coarse, target) - 1e-12
    assert refined.order_up_to % 1.0 == 0.0
    assert refined.order_up_to <= capacity


@pytest.mark.parametrize("kind", [PolicyKind.REORDER_QUANTITY, PolicyKind.REORDER_BATCHES])
def test_a_lot_between_those_tried_at_first_costs_less(kind):
    own, paths = position(on_hand=100.0), demand(60.0)
    coarse = decided(own, paths, replace(COARSE, policy=kind))
    refined = decided(own, paths, replace(COARSE, policy=kind, refinements=6))
    assert cost(refined) < cost(coarse)
    assert refined.lot not in {coarse.lot, 60.0, 120.0, 240.0, 480.0}


def tried_at_first(plan, *means):
    """Return the policies of an item for each mean demand, walked."""
    paths, positions = np.array([demand(mean) for mean in means]), [position() for _ in means]
    entities = np.full(len(means), ENTITY)
    proposal = propose_levels(Positions.stacked(positions), paths, entities, plan)
    return Tried.of(proposal, walk(proposal.walks, SEED, 0, "cpu"))


def rules(tried, item):
    """Return the rules of an item and the totals of their walks."""
    ends = tried.proposal.walks.offsets[item : item + 2]
    return tried.proposal.walks.rules[slice(*ends)], tried.totals[slice(*ends)]


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_tried_at_first_is_walked_to_the_bit(kind):
    plan = replace(COARSE, policy=kind, refinements=3)
    first = tried_at_first(plan, 20.0)
    found, totals = refine_together(first, 3, SEED, "cpu"), first.totals
    n_first, n_all = len(totals) - 2, len(found.totals) - 2
    np.testing.assert_array_equal(found.totals[:n_first], totals[:-2])
    np.testing.assert_array_equal(found.totals[-2:], totals[-2:])
    assert 0 < n_all - n_first <= most_refined(3, plan.candidates)
    tried = found.proposal.tried
    assert len({tried.policy(kind, number) for number in range(len(tried))}) == n_all
    # All at once is what all one by one is.
    np.testing.assert_array_equal(walk(found.proposal.walks, SEED, 0, "cpu"), found.totals)


def test_without_rounds_nothing_is_added():
    first = tried_at_first(replace(COARSE, policy=PolicyKind.REORDER_QUANTITY), 20.0)
    found = refine_together(first, 0, SEED, "cpu")
    np.testing.assert_array_equal(found.totals, first.totals)


@pytest.mark.parametrize("kind", KINDS)
def test_items_are_refined_together_as_alone(kind):
    plan, means = replace(COARSE, policy=kind, refinements=3), (0.5, 20.0, 300.0)
    together = refine_together(tried_at_first(plan, *means), 3, SEED, "cpu")
    for item, mean in enumerate(means):
        alone = refine_together(tried_at_first(plan, mean), 3, SEED, "cpu")
        for found, expected in zip(rules(together, item), rules(alone, 0), strict=True):
            np.testing.assert_array_equal(found, expected)


class OneSearch:
    """The search around the best policy of one item, in plain numbers."""

    def __init__(self, first):
        self.proposal, self.tried = first.proposal, first.proposal.tried
        self.own, self.kind = self.proposal.positions, self.proposal.plan.policy
        self.least = float(self.own.least_step[0]), float(self.own.case_pack[0])
        self.most = float(self.own.most_cases[0]) * self.least[1]
        best = self.best()
        level, size = self.tried.level[best], self.tried.size[best]
        level_gaps = gaps(self.tried.level[self.tried.size == size].tolist(), level)
        sizes = sorted({own for own in self.tried.size.tolist() if math.isfinite(own)})
        size_gaps = gaps(sizes, size) if math.isfinite(size) else []
        self.steps = self.halves([max(own, default=0.0) for own in (level_gaps, size_gaps)])
        self.done = level_gaps == [self.least[0]] * 2 and self.steps[1] == 0.0

    def best(self):
        offsets = np.array([0, len(self.tried)])
        walks = self.proposal.walks._replace(rules=self.tried.rules(self.kind), offsets=offsets)
        found = estimate_items(walk(walks, SEED, 0, "cpu"), self.own.prices, offsets)
        best, _ = found.cheapest(self.proposal.plan.target, self.own.service_target, offsets)
        return int(best[0])

    def halves(self, steps):
        return [
            max(math.floor(0.5 * step / least), 1) * least if step > 0.0 else 0.0
            for step, least in zip(steps, self.least, strict=True)
        ]

    def around(self, one, step, least):
        if not math.isfinite(one):
            return [one]
        return sorted({min(max(own, least), self.most) for own in (one - step, one, one + step)})

    def add(self, levels, sizes):
        """Try all levels with all sizes; whether there was one that was not tried."""
        found = levels_of(self.kind, self.own, np.array([levels]), np.array([sizes]))
        known = {tuple(rule) for rule in self.tried.rules(self.kind)}
        new = [n for n, rule in enumerate(found.rules(self.kind)) if tuple(rule) not in known]
        self.tried = self.tried.and_then(found.of(np.array(new, dtype=int)))
        return bool(new)

    def go_on(self):
        best, (level_step, size_step) = self.best(), self.steps
        least = float(self.tried.size.min())
        levels = self.around(float(self.tried.level[best]), level_step, 0.0)
        sizes = self.around(float(self.tried.size[best]), size_step, least)
        self.steps = self.halves([level_step, size_step])
        self.done = not self.add(levels, sizes) and self.steps == [level_step, size_step]

    def end(self):
        first, size = self.proposal.tried, self.tried.size[self.best()]
        if size not in first.size:
            self.add(sorted(set(first.level.tolist())), [size])


def gaps(ascending, one):
    place = ascending.index(one)
    return [b - a for a, b in pairwise(ascending[max(place - 1, 0) : place + 2])]


@pytest.mark.parametrize("target", [Target.FILL_RATE, Target.COST])
@pytest.mark.parametrize("kind", KINDS)
def test_items_are_refined_as_in_a_search_of_each(kind, target):
    plan, means = replace(COARSE, policy=kind, target=target), (0.0, 0.5, 20.0, 300.0)
    together = refine_together(tried_at_first(plan, *means), 6, SEED, "cpu")
    for item, mean in enumerate(means):
        search = OneSearch(tried_at_first(plan, mean))
        for _ in range(6):
            if not search.done:
                search.go_on()
        search.end()
        found, _ = rules(together, item)
        np.testing.assert_array_equal(found[:-2], search.tried.rules(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_curve_has_all_levels_with_the_refined_lot_or_cap(kind):
    stock = stock_row("bolt", ordering_cost=3.0, on_hand=4.0)
    plan = StockPlan(policy=kind, candidates=8)
    found = plan_night([stock], [item_row("bolt")], paths=4.0 * demand_paths(["bolt"]), plan=plan)
    row, curve = found.plans.iloc[0], found.curves
    tried = curve[curve["point"] == "candidate"]
    assert len(tried) >= 8
    assert (np.diff(tried["order_up_to"]) > 0.0).all()
    assert list(curve["point"].tail(2)) == ["today", "no order"]
    assert tried.loc[tried["chosen"], "order_up_to"].item() == row["order_up_to"]
    if kind == PolicyKind.REORDER_UP_TO:
        assert np.ptp(tried["order_up_to"] - tried["reorder_point"]) == 0.0
    assert pd.notna(row["lot"]) == kind.orders_lots


@pytest.mark.parametrize("mean", [10.0, 30.0, 65.0])
def test_a_refined_pair_comes_within_its_error_of_the_best(mean):
    # Zheng & Federgruen (1991), table 1: Poisson demand, K 64, h 1, p 9, no lead time.
    law = poisson_law(mean)
    best = best_reorder_up_to(1.0, 9.0, 64.0, law)
    horizon = 200
    own = position(
        on_hand=float(best.order_up_to),
        receipts=np.zeros(horizon),
        lead_time_mean=0.0,
        lead_time_deviation=0.0,
        costs=Costs(1.0, 0.0, 64.0, owing=9.0),
    )
    paths = demand(mean, n_paths=100, horizon=horizon)
    plan = StockPlan(shortage="backorder", target=Target.COST, candidates=16)
    costs = {}
    for rounds in (0, 6):
        found = decided(own, paths, replace(plan, refinements=rounds))
        pair = int(found.reorder_point), int(found.order_up_to)
        costs[rounds] = reorder_up_to_cost(1.0, 9.0, 64.0, law, *pair)
        error = found.estimates.cost_error[found.chosen] / horizon
    assert best.cost <= costs[6] <= best.cost + 2.0 * error
    assert costs[6] <= costs[0]


def test_rounds_are_not_negative():
    with pytest.raises(PlanError, match="refinements must not be negative; got -1"):
        StockPlan(refinements=-1)
