"""Estimates: means, their errors, and paired differences."""

import numpy as np
import pytest

from inventory import Costs, compare, estimate
from kernels import stock_terms as places

COSTS = Costs(1.0, 4.0, 10.0, owing=2.0, waste=3.0)


def random_totals(n_rules=3, n_paths=500, seed=0):
    draws = np.random.default_rng(seed)
    totals = draws.gamma(2.0, 3.0, (n_rules, n_paths, places.N_TOTALS))
    totals[..., places.REACHED] = draws.gamma(5.0, 2.0, n_paths)
    totals[..., places.SERVED] = totals[..., places.REACHED] * draws.beta(9, 1, (n_rules, n_paths))
    totals[..., places.REACHED_PERIODS] = 10.0
    totals[..., places.SERVED_PERIODS] = draws.binomial(10, 0.9, (n_rules, n_paths))
    return totals


def test_cost_prices_every_count():
    totals = np.zeros((1, 2, places.N_TOTALS))
    for place in (places.HELD, places.SHORT, places.ORDERS, places.OWED, places.WASTED):
        totals[:, :, place] = 1.0
    found = estimate(totals, COSTS)
    assert (found.cost[0], found.cost_error[0]) == (20.0, 0.0)


def test_errors_are_those_of_the_jackknife():
    totals = random_totals()
    n = totals.shape[1]
    left_out = [estimate(np.delete(totals, path, axis=1), COSTS) for path in range(n)]
    found = estimate(totals, COSTS)
    for name in ("cost", "fill_rate", "cycle_service"):
        values = np.array([getattr(other, name) for other in left_out])
        jackknife = np.sqrt((n - 1) * values.var(axis=0))
        # The delta method and the jackknife differ by terms of order 1 / n.
        np.testing.assert_allclose(getattr(found, f"{name}_error"), jackknife, rtol=10.0 / n)


def test_a_paired_difference_has_the_error_of_the_difference():
    totals = random_totals()
    n = totals.shape[1]
    found = compare(totals, COSTS, 2, 0)
    left_out = [compare(np.delete(totals, path, axis=1), COSTS, 2, 0) for path in range(n)]
    for name in ("cost", "fill_rate"):
        values = np.array([getattr(other, name) for other in left_out])
        error = np.sqrt((n - 1) * values.var())
        assert getattr(found, f"{name}_error") == pytest.approx(error, rel=10.0 / n)
    whole = estimate(totals, COSTS)
    assert found.cost == pytest.approx(whole.cost[2] - whole.cost[0])
    assert found.fill_rate == pytest.approx(whole.fill_rate[2] - whole.fill_rate[0])


def test_without_demand_everything_is_served_without_error():
    found = estimate(np.zeros((1, 5, places.N_TOTALS)), COSTS)
    assert (found.fill_rate[0], found.fill_rate_error[0], found.cycle_service[0]) == (1.0, 0.0, 1.0)
