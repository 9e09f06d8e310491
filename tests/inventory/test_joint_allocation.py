"""Two shared limits at once, against every choice there is."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import Options, PlanError, allocate, allocate_jointly

# What ordering nothing uses is nothing, of either resource.
CHOICES = st.lists(
    st.tuples(st.integers(1, 20), st.integers(1, 20), st.integers(0, 50)), max_size=4
).map(lambda rows: [(0, 0, 60), *rows])
ITEMS = st.lists(CHOICES, min_size=1, max_size=4)
LIMITS = st.tuples(st.integers(0, 50), st.integers(0, 50))


def options_of(items):
    return tuple(
        [
            Options(
                np.array([row[place] for row in rows], float),
                np.array([row[2] for row in rows], float),
                np.ones(len(rows)),
            )
            for rows in items
        ]
        for place in (0, 1)
    )


def cheapest(items, limits):
    costs = [
        sum(row[2] for row in choice)
        for choice in itertools.product(*items)
        if all(sum(row[n] for row in choice) <= limits[n] for n in (0, 1))
    ]
    return min(costs, default=math.inf)


@given(ITEMS, LIMITS)
@settings(max_examples=200)
def test_both_limits_hold_and_the_best_choice_lies_between_bound_and_cost(items, limits):
    first, second = options_of(items)
    found = allocate_jointly(first, second, limits)
    assert (found[0].chosen == found[1].chosen).all()
    for n, own in enumerate(found):
        assert own.used == sum(row[c][n] for row, c in zip(items, own.chosen, strict=True))
        assert own.used <= limits[n]
        assert own.cost == sum(row[c][2] for row, c in zip(items, own.chosen, strict=True))
        assert own.bound - 1e-6 <= cheapest(items, limits) <= own.cost


@given(ITEMS, st.integers(0, 50))
@settings(max_examples=100)
def test_one_limit_is_shared_as_if_it_were_alone(items, limit):
    first, second = options_of(items)
    alone, _ = allocate_jointly(first, second, (limit, math.inf))
    expected = allocate(first, limit)
    assert (alone.chosen == expected.chosen).all()
    assert (alone.cost, alone.shadow_price) == (expected.cost, expected.shadow_price)
    _, alone = allocate_jointly(first, second, (math.inf, limit))
    assert alone.cost == allocate(second, limit).cost


def test_what_all_need_beyond_a_limit_is_refused():
    own = [Options(np.array([3.0]), np.array([1.0]), np.array([0.0]))]
    for limits in ((2.0, 9.0), (9.0, 2.0)):
        with pytest.raises(PlanError, match="the limit must be at least 3"):
            allocate_jointly(own, own, limits)


def test_where_both_limits_bind_the_gap_to_the_best_choice_is_small():
    # 40 items of eight levels each with costs that fall ever less: a warehouse in small.
    draws = np.random.default_rng(5)
    use, bulk = draws.uniform(1.0, 20.0, (2, 40, 1))
    steps = np.arange(8)
    costs = draws.uniform(20.0, 60.0, (40, 1)) * 0.6**steps
    first, second = (
        [Options(own * steps, cost, np.ones(8)) for own, cost in zip(unit, costs, strict=True)]
        for unit in (use, bulk)
    )
    limits = 0.3 * float(use.sum() * 7), 0.3 * float(bulk.sum() * 7)
    found = allocate_jointly(first, second, limits)
    assert all(own.shadow_price > 0.0 for own in found)
    saved = costs[:, 0].sum() - found[0].cost
    assert found[0].cost - found[0].bound < 0.02 * saved
