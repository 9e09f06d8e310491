"""Stock walked in threads and in chunks: the same bits, for what keeps and what perishes."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from inventory import BaseStock, Draws, Opening, ReorderUpTo, Supply, simulate, simulate_law
from kernels.stock_lead_times import discrete_lead_time, fixed_lead_time, gamma_lead_time

LAWS = {
    "fixed": fixed_lead_time(2.0),
    "discrete": discrete_lead_time(np.array([0.2, 0.3, 0.5])),
    "gamma": gamma_lead_time(3.0, 1.5, 12),
}
SHELVES = {"keeps": (0, False), "oldest first": (4, False), "freshest first": (4, True)}
POLICIES = [BaseStock(40.0), ReorderUpTo(20.0, 50.0)]
DEMAND = np.random.default_rng(3).poisson(6.0, (300, 20)).astype(float)
CHANCES = np.array([0.2, 0.3, 0.1, 0.4])


@pytest.mark.parametrize("shelf", SHELVES.values(), ids=SHELVES)
@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
@pytest.mark.parametrize("size", [1, 77, 128])
def test_paths_are_the_same_in_every_chunk_and_thread(law, shelf, size):
    supply = Supply(law, shelf_life=shelf[0], freshest_first=shelf[1], lost_share=0.5)
    opening = Opening(15.0)
    starts = range(0, 300, size) if size > 1 else (0, 127, 128, 299)

    def part(start):
        draws = Draws(7, entity=9, first_path=start)
        own = DEMAND[start : start + size]
        drawn = simulate_law(supply, POLICIES, CHANCES, len(own), 20, opening, draws)
        return start, simulate(supply, POLICIES, own, opening, draws), drawn

    whole = simulate(supply, POLICIES, DEMAND, opening, Draws(7, entity=9))
    drawn = simulate_law(supply, POLICIES, CHANCES, 300, 20, opening, Draws(7, entity=9))
    with ThreadPoolExecutor(4) as threads:
        for start, given, own in threads.map(part, starts):
            np.testing.assert_array_equal(given, whole[:, start : start + size])
            np.testing.assert_array_equal(own, drawn[:, start : start + size])
