"""Whole units are walked in single precision as the truth walks them in double, to the bit."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.stock_demand import build_alias
from kernels.stock_exact import demand_is_exact, is_whole, largest_exact_demand
from kernels.stock_lead_times import discrete_lead_time, fixed_lead_time, gamma_lead_time
from kernels.stock_paths import walk_law, walk_paths
from kernels.stock_terms import N_TOTALS, Rule, Terms
from kernels.stock_thread import STATE, walk_drawn
from kernels.stock_walk import walk_stock

SEED, ENTITY, HORIZON = 7, np.uint64(2**63 + 11), 17
PLAIN = Terms(1, 0.0, 0.0, math.inf, 1.0, 0, False)
LEVEL = Rule(24.0, 60.0, 0.0, math.inf)
LAWS = [
    fixed_lead_time(0.0),
    fixed_lead_time(3.0),
    discrete_lead_time(np.array([0.2, 0.0, 0.5, 0.3])),
    discrete_lead_time(np.array([0.0, 0.1, 0.3, 0.3, 0.2, 0.1])),
    gamma_lead_time(4.0, 2.0, 30),
]
STAYS = np.zeros(HORIZON)


@st.composite
def situations(draw):
    terms = Terms(
        draw(st.integers(1, 4)),
        draw(st.sampled_from([0.0, 1.0, 3.0, 7.0])),
        draw(st.sampled_from([0.0, 1.0, 5.0])),
        draw(st.sampled_from([math.inf, math.inf, 40.0])),
        draw(st.sampled_from([1.0, 0.0])),
        0,
        False,
    )
    # A point between units, and none: only what is ordered must be whole.
    point = draw(st.sampled_from([-math.inf, -1e300, -2.0, 0.5, 11.999999999, 12.0, 20.0]))
    level = max(point, 0.0) // 1.0 + draw(st.integers(0, 30))
    batch = draw(st.sampled_from([0.0, 0.0, 4.0]))
    return {
        "law": draw(st.sampled_from(LAWS)),
        "terms": terms,
        "rule": Rule(point, level, batch, draw(st.sampled_from([math.inf, math.inf, 8.0]))),
        "opening": np.array([float(draw(st.integers(-4, 15)))]),
        "receipts": np.array(draw(st.lists(st.integers(0, 6), min_size=HORIZON, max_size=HORIZON)))
        * 1.0,
    }


@given(situations(), st.sampled_from([2, 3, 8, 9]), st.integers(0, 3), st.integers(0, 4))
@settings(max_examples=150)
def test_whole_units_walk_as_the_truth_to_the_bit(case, n_outcomes, counted, reached):
    own = (case["law"], case["opening"], case["receipts"], case["terms"])
    rules = np.array([case["rule"]])
    told = (case["opening"][0], case["receipts"], case["terms"], rules)
    assert largest_exact_demand(*told, STAYS) > 9.0
    keep, alias = np.empty((1, n_outcomes)), np.empty((1, n_outcomes), np.int64)
    build_alias(np.random.default_rng(n_outcomes).dirichlet(np.ones(n_outcomes)), keep[0], alias[0])
    found = np.empty((1, 3, N_TOTALS))
    law = (keep, alias, 1.0)
    walk_law(SEED, ENTITY, 40, *law, *own, rules, counted, reached, found)
    slots = len(case["law"].cumulative) + 1
    for path in range(3):
        state = np.empty(STATE)
        walk_drawn(
            SEED,
            ENTITY,
            40 + path,
            *law,
            *own,
            case["rule"],
            counted,
            reached,
            np.empty(slots),
            np.empty(1),
            state,
        )
        np.testing.assert_array_equal(found[0, path], state[:N_TOTALS])


@pytest.mark.parametrize("above", [0.0, 1.0, 1e6])
@pytest.mark.parametrize("lost_share", [1.0, 0.0])
def test_the_largest_demand_and_what_is_above_it_walk_as_the_truth(above, lost_share):
    terms, receipts, rules = PLAIN._replace(lost_share=lost_share), np.zeros(90), np.array([LEVEL])
    largest = largest_exact_demand(50.0, receipts, terms, rules, np.zeros(90))
    demand = np.full((2, 90), largest + above)
    found, expected = np.empty((1, 2, N_TOTALS)), np.empty(N_TOTALS)
    own = (LAWS[1], np.array([50.0]), receipts, terms)
    walk_paths(SEED, ENTITY, 0, demand, *own, rules, np.zeros((1, 90)), 0, 0, found)
    scratch = (np.empty(90), np.empty(1), expected)
    leads = np.full(90, 3, np.int64)
    walk_stock(demand[0], leads, own[1], receipts, terms, LEVEL, np.zeros(90), 0, 0, *scratch)
    np.testing.assert_array_equal(found[0], [expected, expected])
    assert demand_is_exact(demand, largest) == (above == 0.0)


@pytest.mark.parametrize(
    ("terms", "rule", "opening"),
    [
        (PLAIN._replace(lost_share=0.5), LEVEL, 0.0),
        (PLAIN._replace(case_pack=2.5), LEVEL, 0.0),
        (PLAIN._replace(minimum_order=0.1), LEVEL, 0.0),
        (PLAIN._replace(capacity=80.5), LEVEL, 0.0),
        (PLAIN, LEVEL._replace(order_up_to=60.25), 0.0),
        (PLAIN, LEVEL._replace(batch=1.5), 0.0),
        (PLAIN, LEVEL._replace(most=9.5), 0.0),
        (PLAIN, LEVEL._replace(order_up_to=2.0**24), 0.0),
        (PLAIN, LEVEL, 0.5),
        (PLAIN, LEVEL, -(2.0**23)),
        (PLAIN, LEVEL, math.nan),
    ],
)
def test_parts_of_units_and_vast_sums_are_not_exact(terms, rule, opening):
    told = (opening, np.zeros(9), terms, np.array([rule]))
    assert largest_exact_demand(*told, np.zeros(9)) == -1.0


@pytest.mark.parametrize("lift", [0.5, math.nan, 2.0**24])
def test_levels_that_move_by_parts_of_units_or_vastly_are_not_exact(lift):
    told = (3.0, np.zeros(9), PLAIN, np.array([LEVEL]))
    lifts = np.zeros(9)
    assert largest_exact_demand(*told, lifts) > 0.0
    lifts[4] = lift
    assert largest_exact_demand(*told, lifts) == -1.0


def test_parts_of_units_of_demand_or_receipts_are_not_exact():
    receipts = np.array([0.0, 0.5])
    assert largest_exact_demand(3.0, receipts, PLAIN, np.array([LEVEL]), np.zeros(2)) == -1.0
    for units in (0.5, 8.0, math.nan, math.inf):
        assert not demand_is_exact(np.array([[1.0, units]]), 7.0)
    assert not demand_is_exact(np.zeros((1, 1)), -1.0)
    assert demand_is_exact(np.array([[0.0, 7.0]]), 7.0)


@given(st.floats(allow_nan=False))
def test_whole_is_what_rounding_leaves(number):
    assert is_whole(number) == (math.isinf(number) or number == math.floor(number))
