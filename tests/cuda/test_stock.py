"""Stock walked on a grid is the processor's, item by item, whatever is launched with it."""

import math

import numpy as np
import pytest

from kernels.stock_demand import build_alias
from kernels.stock_lead_times import discrete_lead_time, fixed_lead_time, gamma_lead_time
from kernels.stock_paths import walk_law, walk_paths
from kernels.stock_terms import N_TOTALS, Rule, Terms

pytestmark = pytest.mark.usefixtures("grids")
SEED, HORIZON, FIRST_PATH = 5, 11, 1_000
LIMITS = (1, 2)
# Sums and differences of units that a GPU may round once where the processor rounds twice.
CLOSE = {"rtol": 1e-12, "atol": 1e-12}

LAWS = [
    fixed_lead_time(2.0),
    discrete_lead_time(np.array([0.2, 0.0, 0.5, 0.3])),
    fixed_lead_time(0.0),
    gamma_lead_time(4.0, 2.0, 12),
]
TERMS = [
    Terms(1, 1.0, 0.0, math.inf, 1.0, 0, False),
    Terms(2, 2.5, 3.0, 40.0, 0.0, 0, False),
    Terms(3, 0.0, 0.0, math.inf, 0.3, 0, False),
    Terms(1, 1.0, 0.0, 30.0, 1.0, 3, True),
]
RULES = np.array([Rule(10.0, 14.0, 0.0, math.inf), Rule(6.0, 0.0, 4.0, 8.0)])
ENTITIES = np.array([1, 2**32 + 1, 2**64 - 1, 17], np.uint64)
OPENINGS = [np.array([5.0]), np.array([-3.0]), np.array([8.0]), np.array([0.0, 0.0, 9.0])]


def _receipts():
    return np.random.default_rng(1).integers(0, 4, (len(LAWS), HORIZON)).astype(float)


def _items(chosen):
    from kernels.cuda.stock import stack_items

    return stack_items(
        ENTITIES[chosen],
        [LAWS[n] for n in chosen],
        [OPENINGS[n] for n in chosen],
        _receipts()[chosen],
        [TERMS[n] for n in chosen],
        np.repeat(RULES[None], len(chosen), axis=0),
        np.tile(np.array(LIMITS), (len(chosen), 1)),
    )


def _told(n):
    return (LAWS[n], OPENINGS[n], _receipts()[n], TERMS[n], RULES)


@pytest.mark.parametrize(("n_paths", "at_once"), [(1, None), (3, 1), (5, 3)])
def test_given_demand_is_walked_as_on_the_processor(n_paths, at_once):
    from kernels.cuda.stock import walk_given_items

    demand = np.random.default_rng(2).integers(0, 9, (4, n_paths, HORIZON)) / 2.0
    found = walk_given_items(SEED, FIRST_PATH, demand, _items([0, 1, 2, 3]), at_once=at_once)
    for n in range(4):
        expected = np.empty((2, n_paths, N_TOTALS))
        told = (demand[n], *_told(n), np.zeros((1, HORIZON)), *LIMITS)
        walk_paths(SEED, ENTITIES[n], FIRST_PATH, *told, expected)
        np.testing.assert_allclose(found[n], expected, **CLOSE)


@pytest.mark.parametrize("alike", [True, False])
@pytest.mark.parametrize(("n_paths", "at_once"), [(1, None), (5, 3)])
def test_rules_whose_levels_move_are_walked_as_on_the_processor(n_paths, at_once, alike):
    from kernels.cuda.stock import walk_given_items

    draws = np.random.default_rng(4)
    demand = draws.integers(0, 9, (4, n_paths, HORIZON)) / 2.0
    lifts = draws.integers(-6, 7, (4, 1 if alike else n_paths, HORIZON)) / 2.0
    items = _items([0, 1, 2, 3])
    stays = walk_given_items(SEED, FIRST_PATH, demand, items)
    found = walk_given_items(SEED, FIRST_PATH, demand, items, lifts=lifts, at_once=at_once)
    for n in range(4):
        expected = np.empty((2, n_paths, N_TOTALS))
        own = np.broadcast_to(lifts[n], demand[n].shape).copy()
        walk_paths(SEED, ENTITIES[n], FIRST_PATH, demand[n], *_told(n), own, *LIMITS, expected)
        np.testing.assert_allclose(found[n], expected, **CLOSE)
    assert not np.array_equal(found, stays)


def _laws():
    chances = np.random.default_rng(3).dirichlet(np.ones(9), (4, 2))
    keep, alias = np.empty(chances.shape), np.empty(chances.shape, np.int64)
    for place in np.ndindex(4, 2):
        build_alias(chances[place], keep[place], alias[place])
    return keep, alias, np.array([1.0, 0.5, 2.0, 1.0])


@pytest.mark.parametrize(("n_paths", "at_once"), [(1, None), (5, 3)])
def test_drawn_demand_is_walked_as_on_the_processor(n_paths, at_once):
    from kernels.cuda.stock import walk_drawn_items

    keep, alias, units = _laws()
    items = _items([0, 1, 2, 3])
    found = walk_drawn_items(SEED, FIRST_PATH, n_paths, keep, alias, units, items, at_once=at_once)
    for n in range(4):
        expected = np.empty((2, n_paths, N_TOTALS))
        law = (keep[n], alias[n], units[n])
        walk_law(SEED, ENTITIES[n], FIRST_PATH, *law, *_told(n), *LIMITS, expected)
        np.testing.assert_allclose(found[n], expected, **CLOSE)


def test_an_items_totals_do_not_depend_on_what_is_launched_beside_it():
    from kernels.cuda.stock import walk_drawn_items

    keep, alias, units = _laws()
    together = walk_drawn_items(SEED, 0, 3, keep, alias, units, _items([0, 1, 2, 3]))
    for n in range(4):
        own = [n]
        alone = walk_drawn_items(SEED, 0, 3, keep[own], alias[own], units[own], _items(own))
        np.testing.assert_array_equal(alone[0], together[n])


def test_a_paths_totals_do_not_depend_on_how_many_are_walked():
    from kernels.cuda.stock import walk_drawn_items

    keep, alias, units = _laws()
    items = _items([0, 1, 2, 3])
    whole = walk_drawn_items(SEED, 0, 5, keep, alias, units, items)
    part = walk_drawn_items(SEED, 3, 2, keep, alias, units, items)
    np.testing.assert_array_equal(part, whole[:, :, 3:])
