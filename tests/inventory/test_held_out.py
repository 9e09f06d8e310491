"""What a choice is told to cost is what it costs: not the flattery of the paths it was made on."""

import math

import numpy as np
import pytest

from inventory import Costs, Draws, Opening, PolicyKind, StockPlan, Target, estimate, simulate
from inventory.estimates import compare
from inventory.policy import decide_order
from inventory.position import Position

N_ITEMS, N_PATHS, N_LONG, HORIZON = 120, 30, 2_000, 12
SEED = 5


def position(n):
    draws = np.random.default_rng(n)
    return Position(
        entity=f"north/{n}",
        on_hand=float(draws.integers(0, 20)),
        receipts=np.zeros(HORIZON),
        late_receipts=0.0,
        lead_time_mean=2.0,
        lead_time_deviation=0.7,
        review_period=1,
        case_pack=1.0,
        minimum_order=0.0,
        unit_cost=3.0,
        service_target=0.9,
        costs=Costs(0.2, 3.0, 2.0),
    )


def demand(n, n_paths, part):
    draws = np.random.default_rng([n, part])
    return draws.negative_binomial(2.0, 0.25, (n_paths, HORIZON)).astype(float)


def decided(target, kind):
    """Return what every item's choice is told to do, in both ways, and what it does."""
    plan = StockPlan(target=target, policy=kind, candidates=16, refinements=6)
    told, in_sample, truth, errors, others = [], [], [], [], []
    for n in range(N_ITEMS):
        own = position(n)
        paths, held_out = demand(n, N_PATHS, 0), demand(n, N_PATHS, 1)
        found = decide_order(own, paths, held_out, np.uint64(n), SEED, plan)
        chosen = found.chosen
        # The level above the one chosen, or below the highest.
        near = chosen + 1 if chosen + 2 < len(found.levels) else chosen - 1
        long = simulate(
            own.supply(HORIZON, 1.0),
            [found.policy, type(found.policy)(found.levels[near])]
            if kind == PolicyKind.BASE_STOCK
            else [found.policy],
            demand(n, N_LONG, 2),
            Opening(own.on_hand, own.receipts),
            Draws(SEED, n, first_path=1_000_000),
            first_reached=own.first_reached,
        )
        exact = estimate(long, own.costs)
        told.append((found.estimates.cost[chosen], found.estimates.fill_rate[chosen]))
        in_sample.append((found.in_sample.cost[chosen], found.in_sample.fill_rate[chosen]))
        truth.append((exact.cost[0], exact.fill_rate[0]))
        errors.append((found.estimates.cost_error[chosen], found.estimates.fill_rate_error[chosen]))
        if kind == PolicyKind.BASE_STOCK:
            over = found.over_chosen[near]
            others.append((over.cost, compare(long, own.costs, 1, 0).cost, over.cost_error))
    return tuple(map(np.array, (told, in_sample, truth, errors, others)))


def off_by(found, truth):
    """Return mean deviations and their standard errors, over items."""
    apart = found - truth
    return apart.mean(axis=0), apart.std(axis=0, ddof=1) / math.sqrt(len(apart))


@pytest.mark.parametrize("kind", [PolicyKind.REORDER_UP_TO, PolicyKind.BASE_STOCK])
@pytest.mark.parametrize("target", [Target.COST, Target.FILL_RATE])
def test_figures_told_are_those_of_a_long_walk_and_those_chosen_by_flatter(target, kind):
    told, in_sample, truth, errors, others = decided(target, kind)
    apart, error = off_by(told, truth)
    assert (np.abs(apart) < 4.0 * error).all(), (apart, error)
    flattery, flattery_error = off_by(in_sample, truth)
    # Of levels alone few are tried, and flatter less than so many items can tell for sure.
    if kind == PolicyKind.REORDER_UP_TO:
        assert flattery[0] < -4.0 * flattery_error[0]
        if target == Target.FILL_RATE:
            assert flattery[1] > 4.0 * flattery_error[1]
    # Errors are those of thirty paths: two of them hold 95 of a hundred, give or take two.
    within = (np.abs(told - truth) <= 2.0 * errors).mean(axis=0)
    assert (within > 0.85).all(), within
    if len(others):
        gap = others[:, 0] - others[:, 1]
        assert abs(gap.mean()) < 4.0 * gap.std(ddof=1) / math.sqrt(len(gap))
        assert (np.abs(gap) <= 2.0 * others[:, 2]).mean() > 0.85
