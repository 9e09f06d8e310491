"""Figures of many items: NumPy's to the last digit, and those of each item alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import Costs, StockPlan
from inventory.estimates import compare_items, estimate, estimate_items, money_spent, prices_of
from inventory.policies import PolicyKind, policy_of, rules_of_kind
from inventory.positions import Positions
from inventory.stock_out import risk_stock_outs
from kernels.stock_batches import each_walk, fill_order_quantities, walk_each_item, walk_items
from kernels.stock_events import order_quantity
from kernels.stock_levels import fill_demand_ranges
from kernels.stock_moments import find_cheapest
from kernels.stock_terms import N_TOTALS, REACHED, SERVED
from tests.inventory.test_refinement import position, tried_at_first

COSTS = Costs(0.3, 4.1, 2.7, owing=0.2, waste=1.3)
OFFSETS = np.array([0, 3, 4, 9])
PRICES = np.array([prices_of(COSTS), prices_of(Costs(1.0, 2.0, 3.0)), prices_of(COSTS)])


def totals(n_paths, seed=1):
    found = np.random.default_rng(seed).gamma(2.0, 7.0, (OFFSETS[-1], n_paths, N_TOTALS))
    found[2, :, REACHED] = 0.0
    return found


def error(values):
    return values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])


@pytest.mark.parametrize("n_paths", [2, 7, 128, 200, 1001])
def test_differences_are_numpys_to_the_last_digit(n_paths):
    own, others = totals(n_paths), np.array([1, 0, 4])
    found = compare_items(own, PRICES, others, OFFSETS)
    for item, other in enumerate(others):
        rules = slice(OFFSETS[item], OFFSETS[item + 1])
        spent = money_spent(own[rules], COSTS if item != 1 else Costs(1.0, 2.0, 3.0))
        more = spent - spent[other]
        np.testing.assert_array_equal(found[0, rules], more.mean(axis=1))
        np.testing.assert_array_equal(found[1, rules], error(more))
        above, below = own[rules, :, SERVED], own[rules, :, REACHED]
        mean = below.mean(axis=1)
        some = mean > 0.0
        ratio = np.divide(above.mean(axis=1), mean, out=np.ones(len(mean)), where=some)
        left = (above - ratio[:, None] * below) / np.where(some, mean, 1.0)[:, None]
        left *= some[:, None]
        np.testing.assert_array_equal(found[2, rules], ratio - ratio[other])
        np.testing.assert_array_equal(found[3, rules], error(left - left[other]))


def test_estimates_of_many_items_are_those_of_each():
    own = totals(50)
    found = estimate_items(own, PRICES, OFFSETS)
    for item, costs in enumerate([COSTS, Costs(1.0, 2.0, 3.0), COSTS]):
        rules = np.arange(OFFSETS[item], OFFSETS[item + 1])
        alone, together = estimate(own[rules], costs), found.of(rules)
        for name in ("cost", "cost_error", "fill_rate", "fill_rate_error", "cycle_service"):
            np.testing.assert_array_equal(getattr(together, name), getattr(alone, name))


RULES = st.lists(
    st.tuples(st.integers(0, 4).map(float), st.sampled_from([0.5, 0.7, 0.7 - 1e-13, 0.9])),
    min_size=1,
    max_size=6,
)


@given(st.lists(RULES, min_size=1, max_size=4), st.sampled_from([0.4, 0.7, 0.95]))
def test_the_cheapest_that_serves_is_found_and_else_the_best_server(items, share):
    offsets = np.cumsum([0, *(len(rules) for rules in items)])
    cost, served = np.array([rule for rules in items for rule in rules]).T.copy()
    best, meets = np.empty(len(items), np.int64), np.empty(len(items), bool)
    find_cheapest(cost, served, np.full(len(items), share), offsets, best, meets)
    for item, rules in enumerate(items):
        serving = [n for n, (_, part) in enumerate(rules) if part >= share]
        assert meets[item] == bool(serving)
        most = max(part for _, part in rules)
        serving = serving or [n for n, (_, part) in enumerate(rules) if part >= most - 1e-12]
        # The first of equals: as `min` takes it.
        assert best[item] == min(serving, key=lambda n, own=rules: own[n][0])


@pytest.mark.parametrize("lost", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("n_paths", [2, 40, 300])
def test_stock_outs_are_numpys_to_the_last_digit(n_paths, lost):
    own = [position(on_hand=n, receipts=np.arange(12.0) % 4, lead_time_mean=n) for n in (3, 8)]
    own = Positions.stacked(own)
    paths = np.random.default_rng(2).gamma(0.8, 3.0, (2, n_paths, 12))
    found = risk_stock_outs(own.on_hand, own.receipts, paths, own.lead_times(), lost)
    for item in range(2):
        law = own.one(item).supply(12, lost).lead_times
        net, risk, short = np.full(n_paths, own.on_hand[item]), np.zeros(n_paths), np.zeros(n_paths)
        for t, chance in enumerate((1.0 - law.cumulative)[:12]):
            net = net + own.receipts[item, t]
            sold = np.minimum(np.maximum(net, 0.0), paths[item, :, t])
            lacking = paths[item, :, t] - sold
            short += chance * lacking
            risk = np.where((lacking > 0.0) & (risk == 0.0), chance, risk)
            net = net - sold - (1.0 - lost) * lacking
        expected = [risk.mean(), error(risk[None])[0], short.mean(), error(short[None])[0]]
        np.testing.assert_array_equal(found[:, item], expected)


@pytest.mark.parametrize("kind", list(PolicyKind))
def test_walks_of_many_items_are_those_of_each(kind):
    walks = tried_at_first(StockPlan(candidates=8, policy=kind), 0.5, 20.0).proposal.walks
    together = walk_items(3, 5, walks)
    np.testing.assert_array_equal(together, np.concatenate(walk_each_item(3, 5, each_walk(walks))))


@pytest.mark.parametrize("kind", list(PolicyKind))
def test_rules_of_a_kind_are_those_of_its_policies(kind):
    points, levels = np.array([0.0, 3.0, 5.0]), np.array([2.0, 3.0, 9.0])
    sizes = np.array([2.0, 4.0, 1.0 if kind.orders_lots else np.inf])
    rows = zip(points.tolist(), levels.tolist(), sizes.tolist(), strict=True)
    expected = [policy_of(kind, *row).rule for row in rows]
    np.testing.assert_array_equal(rules_of_kind(kind, points, levels, sizes), expected)


@given(st.integers(0, 2**31))
@settings(max_examples=20)
def test_orders_of_many_items_are_those_of_each(seed):
    draws = np.random.default_rng(seed)
    positions, rules = draws.uniform(0.0, 20.0, 6), draws.uniform(0.0, 25.0, (6, 4))
    rules[::2, 2] = 0.0
    terms = draws.uniform(0.5, 5.0, (3, 6)) * np.array([[1.0], [1.0], [9.0]])
    out = np.empty(6)
    fill_order_quantities(positions, rules, *terms, out)
    for n in range(6):
        assert out[n] == order_quantity(positions[n], *rules[n], *terms[:, n])


@given(st.integers(0, 2**31), st.integers(1, 300), st.sampled_from([0.0, 0.3, 0.77, 1.0]))
@settings(max_examples=30)
def test_ranges_of_demand_are_numpys_to_the_last_digit(seed, n_paths, share):
    paths = np.random.default_rng(seed).gamma(0.8, 3.0, (3, n_paths, 30))
    prompt, late, low, high = np.array([1, 7, 30]), np.array([1, 11, 30]), np.empty(3), np.empty(3)
    fill_demand_ranges(paths, prompt, late, share, low, high)
    for item in range(3):
        assert low[item] == np.quantile(paths[item, :, : prompt[item]].sum(axis=1), share)
        assert high[item] == paths[item, :, : late[item]].sum(axis=1).max()
