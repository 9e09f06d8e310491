"""A shared limit: least cost within it, its price, and what a little more would save."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import PlanError
from inventory.allocation import Options, allocate

CHOICES = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 50)), min_size=1, max_size=5).map(
    lambda pairs: options_of(*zip(*pairs, strict=True))
)


def options_of(use, cost):
    return Options(np.array(use, float), np.array(cost, float), np.full(len(use), 2.0))


def cheapest(items, limit):
    """Return the least cost of all choices within the limit, by trying each."""
    choices = itertools.product(*(range(len(options.use)) for options in items))
    costs = [
        sum(o.cost[n] for o, n in zip(items, choice, strict=True))
        for choice in choices
        if sum(o.use[n] for o, n in zip(items, choice, strict=True)) <= limit
    ]
    return min(costs, default=math.inf)


@given(st.lists(CHOICES, min_size=1, max_size=4), st.integers(0, 60))
@settings(max_examples=200)
def test_cost_lies_between_the_bound_and_one_step_above_the_best(items, limit):
    least = sum(options.use.min() for options in items)
    if limit < least:
        with pytest.raises(PlanError, match="the limit must be at least"):
            allocate(items, limit)
        return
    found = allocate(items, limit)
    best = cheapest(items, limit)
    assert found.used <= limit
    assert found.bound <= best + 1e-9
    assert best <= found.cost + 1e-9
    steps = max((step.saving for step in found.waiting), default=0.0)
    assert found.cost - found.bound <= steps * len(items) + 1e-9


@given(st.lists(CHOICES, min_size=1, max_size=4))
@settings(max_examples=60)
def test_without_a_limit_every_item_takes_its_cheapest_option(items):
    found = allocate(items, math.inf)
    assert found.cost == sum(options.cost.min() for options in items)
    # The bound comes down by the slopes of the steps: sums of a few roundings.
    assert found.bound == pytest.approx(found.cost, abs=1e-9)
    assert (found.shadow_price, len(found.cut), found.saving_of(1000.0)) == (0.0, 0, 0.0)


def test_the_shadow_price_is_what_the_next_unit_saves():
    items = [options_of([0, 10, 20], [100, 40, 20]), options_of([0, 10], [50, 10])]
    found = allocate(items, 10.0)
    assert list(found.chosen) == [1, 0]
    # The second item's step saves 40 for 10, then the first one's next saves 20 for 10.
    assert found.shadow_price == 4.0
    assert found.saving_of(10.0) == 40.0
    assert found.saving_of(15.0) == 50.0
    assert found.saving_of(1000.0) == 60.0
    assert list(found.cut) == [0, 1]
    assert found.cost_error == pytest.approx(math.sqrt(8.0))


@given(st.lists(CHOICES, min_size=2, max_size=4), st.integers(0, 60))
@settings(max_examples=60)
def test_bound_falls_by_what_more_of_the_resource_saves(items, more):
    least = float(sum(options.use.min() for options in items))
    tight = allocate(items, least)
    wide = allocate(items, least + more)
    assert tight.bound - wide.bound == pytest.approx(tight.saving_of(more), abs=1e-9)


@pytest.mark.parametrize(
    ("use", "cost"), [([], []), ([1.0], [1.0, 2.0]), ([-1.0], [1.0]), ([1.0], [np.nan])]
)
def test_options_that_are_none_are_refused(use, cost):
    with pytest.raises(PlanError, match="options"):
        options_of(use, cost)


def test_no_items_are_refused():
    with pytest.raises(PlanError, match="one item"):
        allocate([], 5.0)
