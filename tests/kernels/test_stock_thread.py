"""One path walked in little memory is the path of the truth, to the bit."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.stock_demand import build_alias
from kernels.stock_lead_times import discrete_lead_time, fixed_lead_time, gamma_lead_time
from kernels.stock_paths import walk_law, walk_paths
from kernels.stock_terms import N_TOTALS, Rule, Terms
from kernels.stock_thread import STATE, walk_drawn, walk_given

SEED, ENTITY = 7, np.uint64(2**63 + 11)
LAWS = [
    fixed_lead_time(0.0),
    fixed_lead_time(3.0),
    discrete_lead_time(np.array([0.2, 0.0, 0.5, 0.3])),
    gamma_lead_time(4.0, 2.0, 30),
]


@st.composite
def situations(draw):
    shelf_life = draw(st.sampled_from([0, 0, 1, 3]))
    terms = Terms(
        draw(st.integers(1, 4)),
        draw(st.sampled_from([0.0, 1.0, 2.5])),
        draw(st.sampled_from([0.0, 3.0])),
        draw(st.sampled_from([math.inf, 30.0])),
        draw(st.sampled_from([1.0, 0.0, 0.3])),
        shelf_life,
        draw(st.booleans()),
    )
    point = float(draw(st.integers(-3, 20)))
    lot = draw(st.sampled_from([0.0, 4.0]))
    rule = Rule(point, point + draw(st.integers(0, 9)), lot, draw(st.sampled_from([math.inf, 8.0])))
    opening = np.zeros(max(shelf_life, 1))
    opening[-1] = draw(st.integers(0 if shelf_life else -4, 15))
    return {
        "law": draw(st.sampled_from(LAWS)),
        "terms": terms,
        "rule": rule,
        "opening": opening,
        "horizon": draw(st.integers(1, 13)),
        "counted": draw(st.integers(0, 3)),
        "reached": draw(st.integers(0, 4)),
        "moves": draw(st.booleans()),
        "first_path": draw(st.sampled_from([0, 1_000])),
    }


def _scratch(case):
    longest = len(case["law"].cumulative)
    # Dirty and longer than needed: a walk leaves nothing to the next, and reads nothing of before.
    return np.full(longest + 3, np.nan), np.full(len(case["opening"]) + 2, np.nan)


def _common(case, receipts):
    return (case["law"], case["opening"], receipts, case["terms"])


@given(situations(), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_a_given_path_is_walked_as_by_the_truth(case, seed):
    draws = np.random.default_rng(seed)
    demand = draws.integers(0, 9, (3, case["horizon"])).astype(float)
    receipts = draws.integers(0, 4, case["horizon"]).astype(float)
    limits = (case["counted"], case["reached"])
    expected = np.empty((1, 3, N_TOTALS))
    rules = np.array([case["rule"]])
    first = case["first_path"]
    told = (SEED, ENTITY, first, demand, *_common(case, receipts), rules)
    lifts = np.zeros(demand.shape)
    if case["moves"]:
        lifts = draws.integers(-6, 7, demand.shape).astype(float)
    walk_paths(*told, lifts if case["moves"] else lifts[:1], *limits, expected)
    ring, ages = _scratch(case)
    for path in range(3):
        state, common = np.full(STATE, np.nan), (*_common(case, receipts), case["rule"])
        own = (SEED, ENTITY, first + path, demand[path], lifts[path], *common)
        walk_given(*own, *limits, ring, ages, state)
        np.testing.assert_array_equal(state[:N_TOTALS], expected[0, path])


@given(situations(), st.integers(1, 3))
@settings(max_examples=60)
def test_a_drawn_path_is_walked_as_by_the_truth(case, n_laws):
    chances = np.random.default_rng(n_laws).dirichlet(np.ones(9), n_laws)
    keep, alias = np.empty(chances.shape), np.empty(chances.shape, np.int64)
    for n in range(n_laws):
        build_alias(chances[n], keep[n], alias[n])
    receipts = np.zeros(case["horizon"])
    limits = (case["counted"], case["reached"])
    expected = np.empty((1, 3, N_TOTALS))
    first, demand = case["first_path"], (keep, alias, 0.5)
    rules = np.array([case["rule"]])
    walk_law(SEED, ENTITY, first, *demand, *_common(case, receipts), rules, *limits, expected)
    ring, ages = _scratch(case)
    for path in range(3):
        state = np.full(STATE, np.nan)
        own = (SEED, ENTITY, first + path, *demand, *_common(case, receipts), case["rule"])
        walk_drawn(*own, *limits, ring, ages, state)
        np.testing.assert_array_equal(state[:N_TOTALS], expected[0, path])


@pytest.mark.parametrize("law", LAWS)
def test_demand_that_stock_covers_is_sold_whole(law):
    demand, receipts = np.full(9, 2.0), np.zeros(9)
    state, ring = np.empty(STATE), np.empty(len(law.cumulative) + 1)
    terms = Terms(1, 1.0, 0.0, math.inf, 1.0, 0, False)
    never = Rule(-math.inf, 0.0, 0.0, math.inf)
    own = (SEED, ENTITY, 0, demand, receipts, law, np.array([18.0]), receipts, terms, never)
    walk_given(*own, 0, 0, ring, np.empty(1), state)
    assert state[:6].tolist() == [18.0, 18.0, 0.0, 72.0, 0.0, 0.0]
