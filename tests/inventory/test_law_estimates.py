"""Estimates of a law are those of its paths, in memory that does not grow with them."""

import tracemalloc

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
    estimate,
    estimate_law,
    simulate_law,
)
from kernels.stock_lead_times import discrete_lead_time

SUPPLY = Supply(discrete_lead_time(np.array([0.1, 0.5, 0.4])), lost_share=0.5)
POLICIES = [BaseStock(20.0), ReorderUpTo(8.0, 25.0)]
CHANCES = np.array([0.2, 0.3, 0.1, 0.2, 0.1, 0.1])
COSTS = Costs(0.1, 4.0, 2.0, owing=0.5, waste=1.0)
OPENING, DRAWS = Opening(5.0), Draws(seed=3, entity=9, first_path=100)
FIELDS = [
    "cost",
    "cost_error",
    "fill_rate",
    "fill_rate_error",
    "cycle_service",
    "cycle_service_error",
]


# Below, at and above the paths that are walked together.
@pytest.mark.parametrize("n_paths", [2, 300, 4096, 9000])
@pytest.mark.parametrize("first_reached", [0, 3, 12])
def test_estimates_are_those_of_the_paths_kept(n_paths, first_reached):
    own = (SUPPLY, POLICIES, CHANCES, n_paths, 12, OPENING, DRAWS)
    found = estimate_law(*own, COSTS, first_counted=1, first_reached=first_reached)
    totals = simulate_law(*own, first_counted=1, first_reached=first_reached)
    expected = estimate(totals, COSTS)
    for name in FIELDS:
        # Sums in another order; where two paths agree, the square root of a rounding is left.
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), rtol=1e-9, atol=1e-9, err_msg=name
        )


def test_memory_does_not_grow_with_the_paths():
    peaks = []
    for n_paths in (8_192, 81_920):
        tracemalloc.start()
        estimate_law(SUPPLY, POLICIES, CHANCES, n_paths, 4, OPENING, DRAWS, COSTS)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Ten times the paths; what is kept of 4,096 of them is 768 KiB.
    assert peaks[1] < 1.1 * peaks[0]


def test_one_path_has_no_error_and_is_refused():
    with pytest.raises(PlanError, match="n_paths must be at least 2; got 1"):
        estimate_law(SUPPLY, POLICIES, CHANCES, 1, 12, OPENING, DRAWS, COSTS)
