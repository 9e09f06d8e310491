"""Replays: the walk of stock, period by period, and averages to NumPy's last digit."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.stock_batches import laws_together
from kernels.stock_lead_times import discrete_lead_time, drawn_lead_time, fixed_lead_time
from kernels.stock_replay import (
    LEVEL,
    N_RECORDS,
    Histories,
    Stocks,
    advance_stocks,
    fill_cheapest_covers,
    mean_before,
)
from kernels.stock_terms import DEMANDED, HELD, N_TOTALS, SHORT, WASTED, Rule, Terms
from kernels.stock_walk import walk_stock

RULES = (Rule(9.0, 21.0, 0.0, math.inf), Rule(14.0, 14.0, 5.0, math.inf), Rule(16, 16, 0.0, 7.0))
UNEVEN = discrete_lead_time(np.array([0.2, 0.3, 0.1, 0.4]))


def laws_of(law, n_items=1):
    return laws_together([law], np.zeros(n_items, np.int64))


@given(
    st.lists(st.integers(0, 14).map(float), min_size=1, max_size=15),
    st.sampled_from(RULES),
    st.sampled_from([fixed_lead_time(0.0), fixed_lead_time(3.0), UNEVEN]),
    st.builds(
        Terms,
        st.integers(1, 3),
        st.sampled_from([0.0, 2.0]),
        st.sampled_from([0.0, 5.0]),
        st.sampled_from([math.inf, 18.0]),
        st.sampled_from([0.0, 0.5, 1.0]),
        st.sampled_from([0, 1, 4]),
        st.booleans(),
    ),
    st.integers(0, 2**32),
)
@settings(max_examples=200)
def test_a_rule_that_stays_replays_as_it_is_walked(demand, rule, law, terms, seed):
    horizon = len(demand)
    draws = np.random.default_rng(seed).random(horizon)
    opening = np.zeros(max(terms.shelf_life, 1))
    opening[-1] = 11.0
    totals = np.empty(N_TOTALS)
    waits = np.array([drawn_lead_time(draw, law) for draw in draws])
    told = (np.array(demand), waits, opening, np.zeros(horizon), terms, rule, np.zeros(horizon))
    net = walk_stock(*told, 0, 0, np.empty(horizon), np.empty(len(opening)), totals)

    # Two rows of it, and room for longer lead times and lives than it has.
    both, room = (lambda one: np.repeat(np.array(one)[None], 2, axis=0)), np.zeros((2, 5))
    stocks = Stocks(
        np.full(2, 11.0),
        np.zeros((2, horizon + 9)),
        np.concatenate([both(opening), room], axis=1),
        np.full((2, N_RECORDS, horizon), np.nan),
    )
    own = both(demand), both(draws), both(rule).astype(float), laws_of(law, 2)
    as_numbers = both(tuple(map(float, terms)))
    for t in range(horizon):
        advance_stocks(t, *own, as_numbers, stocks)
    for row in range(2):
        assert stocks.net[row] == pytest.approx(net, abs=1e-9)
        counted = stocks.records[row, DEMANDED : WASTED + 1].sum(axis=1)
        np.testing.assert_allclose(counted, totals[DEMANDED : WASTED + 1], atol=1e-9)
    reviewed = np.arange(horizon) % terms.review_period == 0
    expected = np.where(reviewed, rule.order_up_to, np.nan)
    np.testing.assert_array_equal(stocks.records[0, LEVEL], expected)


@given(st.integers(1, 300), st.integers(1, 200), st.integers(0, 2**32))
@settings(max_examples=60)
def test_averages_are_numpys_to_the_last_digit(n_known, window, seed):
    values = np.random.default_rng(seed).gamma(2.0, 7.0, n_known + 3)
    assert mean_before(values, n_known, window) == values[:n_known][-window:].mean()


def test_the_mean_of_nothing_is_none():
    assert mean_before(np.ones(3), 0, 2) == 0.0


@pytest.mark.parametrize(("shortage", "cheapest"), [(0.0, 0.5), (100.0, 3.0)])
def test_covers_are_as_dear_as_their_shortages(shortage, cheapest):
    demand = np.random.default_rng(1).poisson(5.0, 40).astype(float)
    prices = np.zeros((1, N_TOTALS))
    prices[0, [SHORT, HELD]] = shortage, 1.0
    terms = np.array([[1.0, 1.0, 0.0, math.inf, 1.0, 0.0, 0.0]])
    own = Histories(demand, np.array([0, 40]), laws_of(fixed_lead_time(1.0)), terms)
    out = np.empty(1)
    told = (4, np.array([0.5, 1.0, 3.0]), np.array([2.0]), prices, out)
    fill_cheapest_covers(own, 10, *told)
    assert out[0] == 2.0 * cheapest
    # Of one period known, none is before the half that is replayed.
    fill_cheapest_covers(own, 39, *told)
    assert out[0] == 2.0 * 0.5
