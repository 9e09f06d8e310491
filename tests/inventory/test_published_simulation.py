"""Simulated costs against exact ones, within four standard errors.

Every path starts at its level and its first periods do not count, so that the walk is close to
its steady state: by then the chance of still seeing the start is far below the errors.
"""

import numpy as np
import pytest

from inventory import (
    BaseStock,
    CappedBaseStock,
    Costs,
    Draws,
    Newsvendor,
    Opening,
    ReorderBatches,
    ReorderUpTo,
    Supply,
    estimate,
    simulate,
    simulate_law,
)
from inventory.policies import newsvendor_level
from inventory.theory import (
    best_lost_sales_cost,
    lost_sales_base_stock_cost,
    reorder_up_to_cost,
)
from inventory.theory.loss import mean_shortages
from kernels.stock_lead_times import fixed_lead_time
from tests.oracles.stock import poisson_law

N_PATHS = 2_000
HORIZON = 240
WARM = 120


def cost_of(supply, policy, law, costs, on_hand):
    """Return mean cost per period and its standard error."""
    totals = simulate_law(
        supply,
        [policy],
        law,
        N_PATHS,
        HORIZON,
        Opening(on_hand),
        Draws(seed=20),
        first_counted=WARM,
        first_reached=WARM,
    )
    found = estimate(totals, costs)
    return found.cost[0] / (HORIZON - WARM), found.cost_error[0] / (HORIZON - WARM)


def assert_within_errors(found, expected):
    mean, error = found
    assert error < 0.01 * expected
    assert abs(mean - expected) < 4.0 * error


def test_base_stock_owes_as_theory_says():
    # Snyder & Shen (2019), example 4.4: cost 4.466781, no shortage in 79.545% of periods and a
    # fill rate of 95.8894%.
    draws = np.random.default_rng(5)
    demand = draws.normal(50.0, 8.0, (N_PATHS, HORIZON))
    totals = simulate(
        Supply(fixed_lead_time(4.0), lost_share=0.0),
        [BaseStock(264.766894)],
        demand,
        Opening(264.766894),
        Draws(seed=1),
        first_counted=WARM,
        first_reached=WARM,
    )
    found = estimate(totals, Costs(0.18, 0.0, 0.0, owing=0.7))
    periods = HORIZON - WARM
    assert_within_errors((found.cost[0] / periods, found.cost_error[0] / periods), 4.466781)
    assert abs(found.cycle_service[0] - 0.79545) < 4.0 * found.cycle_service_error[0]
    assert abs(found.fill_rate[0] - 0.958894) < 4.0 * found.fill_rate_error[0]


def test_reorder_up_to_costs_what_snyder_and_shen_say():
    # Example 4.7.
    supply = Supply(lost_share=0.0)
    found = cost_of(
        supply, ReorderUpTo(4.0, 10.0), poisson_law(6.0), Costs(1.0, 0.0, 5.0, owing=4.0), 10.0
    )
    assert_within_errors(found, 8.0341116)


@pytest.mark.parametrize(
    ("mean", "point", "level", "published"),
    [(10, 6, 40, 35.022), (40, 33, 87, 64.512), (75, 67, 86, 79.554)],
)
def test_reorder_up_to_costs_what_zheng_and_federgruen_say(mean, point, level, published):
    found = cost_of(
        Supply(lost_share=0.0),
        ReorderUpTo(float(point), float(level)),
        poisson_law(float(mean)),
        Costs(1.0, 0.0, 64.0, owing=9.0),
        float(level),
    )
    assert_within_errors(found, published)


@pytest.mark.parametrize("lead_time", [1, 3])
def test_reorder_up_to_with_a_lead_time_costs_what_theory_says(lead_time):
    law = poisson_law(6.0)
    expected = reorder_up_to_cost(1.0, 9.0, 30.0, law, 20, 38, lead_time)
    found = cost_of(
        Supply(fixed_lead_time(lead_time), lost_share=0.0),
        ReorderUpTo(20.0, 38.0),
        law,
        Costs(1.0, 0.0, 30.0, owing=9.0),
        38.0,
    )
    assert_within_errors(found, expected)


@pytest.mark.parametrize(
    ("shortage", "lead_time", "level", "published"),
    [
        (4, 1, 12, 4.1628),
        (4, 2, 16, 4.6386),
        (4, 3, 20, None),
        (4, 4, None, 5.20),
        (19, 4, None, 9.23),
    ],
)
def test_base_stock_loses_what_zipkin_says(shortage, lead_time, level, published):
    law = poisson_law(5.0)
    supply, costs = Supply(fixed_lead_time(lead_time)), Costs(1.0, float(shortage), 0.0)
    if level is None:
        # The level is not published; the best of all must cost what is, to its two digits.
        levels = range(5 * lead_time + 3, 5 * lead_time + 14)
        found = min(cost_of(supply, BaseStock(float(n)), law, costs, float(n)) for n in levels)
        assert abs(found[0] - published) < 4.0 * found[1] + 0.005
        return
    expected = published or lost_sales_base_stock_cost(
        1.0, shortage, law, lead_time, level, most_ordered=16
    )
    assert_within_errors(
        cost_of(supply, BaseStock(float(level)), law, costs, float(level)), expected
    )


def test_batches_cost_what_theory_says():
    # Under (s, nQ) the position after ordering is uniform on s + 1 ... s + Q (Hadley & Whitin
    # 1963, section 5-3), and a review orders with the chance that demand has taken it to s.
    law, point, batch, lead_time = poisson_law(6.0), 12, 8, 2
    interval = law
    for _ in range(lead_time):
        interval = np.convolve(interval, law)
    positions = np.arange(point + 1, point + batch + 1)
    short = mean_shortages(interval, positions[-1] + 1)[positions]
    held = positions - np.arange(len(interval)) @ interval + short
    orders = np.mean([law[n - point :].sum() for n in positions])
    expected = np.mean(1.0 * held + 9.0 * short) + 20.0 * orders
    found = cost_of(
        Supply(fixed_lead_time(lead_time), lost_share=0.0),
        ReorderBatches(float(point), float(batch)),
        law,
        Costs(1.0, 0.0, 20.0, owing=9.0),
        float(point + batch),
    )
    assert_within_errors(found, expected)


def test_the_newsvendor_costs_what_snyder_and_shen_say():
    # Example 4.7: one season, and 8 the best level; found on draws of the same law.
    law, costs = poisson_law(6.0), Costs(1.0, 4.0, 0.0)
    season = np.random.default_rng(20).choice(len(law), 20_000, p=law).astype(float)
    level = newsvendor_level(season, 1.0, 4.0)
    assert level == 8.0
    totals = simulate_law(Supply(), [Newsvendor(level)], law, 20_000, 1, Opening(), Draws(seed=20))
    found = estimate(totals, costs)
    assert_within_errors((found.cost[0], found.cost_error[0]), 3.570107)


@pytest.mark.parametrize(("shortage", "lead_time"), [(4.0, 2), (19.0, 2)])
def test_a_cap_closes_half_of_the_gap_to_the_best_orders(shortage, lead_time):
    # The least cost is that of dynamic programming; Xin (2021) on why a cap comes near it.
    law, supply = poisson_law(5.0), Supply(fixed_lead_time(lead_time))
    least = best_lost_sales_cost(1.0, shortage, law, lead_time, most_stock=30, most_ordered=15)
    levels = range(5 * lead_time + 3, 5 * lead_time + 16)
    capped = [CappedBaseStock(float(level), float(cap)) for level in levels for cap in range(4, 10)]
    free = [BaseStock(float(level)) for level in levels]
    totals = simulate_law(
        supply,
        [*capped, *free],
        law,
        N_PATHS,
        HORIZON,
        Opening(5.0 * (lead_time + 1)),
        Draws(seed=20),
        first_counted=WARM,
        first_reached=WARM,
    )
    found = estimate(totals, Costs(1.0, shortage, 0.0))
    cost, error = found.cost / (HORIZON - WARM), found.cost_error / (HORIZON - WARM)
    best = int(np.argmin(cost[: len(capped)]))
    plain = len(capped) + int(np.argmin(cost[len(capped) :]))
    assert cost[best] > least - 4.0 * error[best]
    assert cost[plain] - cost[best] > 0.5 * (cost[plain] - least)
