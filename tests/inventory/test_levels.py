"""Levels to try: one of them is near the best that a fine grid has, whatever the cases."""

from dataclasses import replace

import numpy as np
import pytest

from inventory import Costs, Draws, Opening, StockPlan, Target, estimate, simulate
from inventory.policies import BaseStock, PolicyKind, ReorderUpTo
from inventory.policy import decide_order
from inventory.position import Position

HORIZON, SEED, ENTITY = 28, 3, np.uint64(7)


def position(case_pack, lead_time_deviation, ordering):
    return Position(
        entity="north/bolt",
        on_hand=15.0,
        receipts=np.zeros(HORIZON),
        late_receipts=0.0,
        lead_time_mean=2.0,
        lead_time_deviation=lead_time_deviation,
        review_period=1,
        case_pack=case_pack,
        minimum_order=0.0,
        unit_cost=10.0,
        service_target=0.9,
        costs=Costs(1.0, 9.0, ordering),
    )


def figures(own, policies, paths):
    walked = simulate(
        own.supply(HORIZON, 1.0),
        policies,
        paths,
        Opening(own.on_hand),
        Draws(SEED, int(ENTITY)),
        first_reached=own.first_reached,
    )
    return estimate(walked, own.costs)


# The grid has every reorder point, and levels 1 to 29 units above. Sixteen levels are tried, two or
# three units apart: a service target may ask for as much more than it needs, which is a tenth here.
# Where lead times vary, the lowest level of a service target lasts as long as an order may be late.
@pytest.mark.parametrize("target", [Target.COST, Target.FILL_RATE])
@pytest.mark.parametrize(
    ("case_pack", "deviation", "ordering"),
    [(1.0, 0.0, 30.0), (1.0, 1.0, 30.0), (12.0, 0.0, 0.0), (6.0, 1.0, 0.0), (24.0, 0.0, 15.0)],
)
@pytest.mark.parametrize("kind", [PolicyKind.REORDER_UP_TO, PolicyKind.REORDER_BATCHES])
def test_the_policy_chosen_costs_little_more_than_the_best_of_a_fine_grid(
    kind, case_pack, deviation, ordering, target
):
    own = position(case_pack, deviation, ordering)
    paths = np.random.default_rng(2).poisson(5.0, (400, HORIZON)).astype(float)
    plan = StockPlan(policy=kind, target=target)
    chosen = decide_order(own, paths, paths, ENTITY, SEED, plan)
    grid = [ReorderUpTo(float(s), float(s + lot)) for s in range(48) for lot in range(1, 30, 4)]
    found = figures(own, grid, paths)
    serves = found.served(target) >= own.service_target
    cost = figures(own, [chosen.policy], paths).cost[0]
    allowed = 1.1 if target == Target.COST or deviation == 0.0 else 1.15
    assert cost < allowed * found.cost[serves].min()


def test_nothing_is_ordered_of_what_does_not_sell():
    own, paths = replace(position(6.0, 0.0, 0.0), on_hand=0.0), np.zeros((50, HORIZON))
    chosen = decide_order(own, paths, paths, ENTITY, SEED, StockPlan())
    assert chosen.order_quantity == chosen.order_up_to == 0.0


@pytest.mark.parametrize("shortage", [0.05, 0.5, 2.0])
def test_a_season_is_not_covered_for_longer_than_a_unit_is_worth_holding(shortage):
    own = replace(position(1.0, 0.0, 0.0), on_hand=0.0, costs=Costs(0.1, shortage, 0.0))
    paths = np.random.default_rng(4).poisson(5.0, (400, HORIZON)).astype(float)
    plan = StockPlan(policy=PolicyKind.NEWSVENDOR, target=Target.COST)
    chosen = decide_order(own, paths, paths, ENTITY, SEED, plan)
    once = replace(own, review_period=HORIZON)
    found = figures(once, [BaseStock(float(level)) for level in range(180)], paths)
    assert figures(once, [chosen.policy], paths).cost[0] < 1.01 * found.cost.min()
