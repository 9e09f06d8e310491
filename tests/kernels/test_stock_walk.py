"""The walk of stock: event order, conservation, and the oracle in plain Python."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels import stock_terms
from kernels.stock_events import age_stock, order_quantity, whole_cases
from kernels.stock_lead_times import (
    discrete_lead_time,
    drawn_lead_time,
    fill_lead_draws,
    fixed_lead_time,
    gamma_lead_time,
)
from kernels.stock_paths import walk_paths
from kernels.stock_terms import N_TOTALS, Rule, Terms
from kernels.stock_walk import walk_stock
from tests.oracles import stock as oracle

PLAIN = Terms(1, 1.0, 0.0, math.inf, 1.0, 0, False)
NEVER = Rule(-1e300, 0.0, 0.0, math.inf)
UP_TO_TEN = Rule(10.0, 10.0, 0.0, math.inf)
NAMES = {
    "demanded": stock_terms.DEMANDED,
    "sold": stock_terms.SOLD,
    "held": stock_terms.HELD,
    "owed": stock_terms.OWED,
    "orders": stock_terms.ORDERS,
    "ordered": stock_terms.ORDERED,
    "wasted": stock_terms.WASTED,
    "reached": stock_terms.REACHED,
    "served": stock_terms.SERVED,
    "reached_periods": stock_terms.REACHED_PERIODS,
    "served_periods": stock_terms.SERVED_PERIODS,
}


def walk(
    demand,
    lead_times=0,
    on_hand=0.0,
    receipts=None,
    terms=PLAIN,
    rule=NEVER,
    first_counted=0,
    first_reached=0,
    lifts=None,
):
    demand = np.asarray(demand, float)
    horizon = len(demand)
    opening = np.zeros(max(terms.shelf_life, 1))
    opening[-1] = on_hand
    totals = np.full(N_TOTALS, np.nan)
    net = walk_stock(
        demand,
        np.broadcast_to(np.asarray(lead_times, np.int64), (horizon,)).copy(),
        opening,
        np.zeros(horizon) if receipts is None else np.asarray(receipts, float),
        terms,
        rule,
        np.zeros(horizon) if lifts is None else np.asarray(lifts, float),
        first_counted,
        first_reached,
        np.empty(horizon),
        np.empty(len(opening)),
        totals,
    )
    return {**{name: totals[place] for name, place in NAMES.items()}, "net": net}


UNITS = st.integers(0, 12).map(float)
CASES = st.sampled_from([0.0, 1.0, 2.0, 3.0, 0.5])


@st.composite
def situations(draw, shelf_lives=(0, 1, 2, 4)):
    horizon = draw(st.integers(1, 14))
    numbers = st.lists(UNITS, min_size=horizon, max_size=horizon)
    shelf_life = draw(st.sampled_from(shelf_lives))
    case_pack = draw(CASES)
    capacity = draw(st.sampled_from([math.inf, 15.0, 30.0]))
    terms = Terms(
        draw(st.integers(1, 4)),
        case_pack,
        draw(st.sampled_from([0.0, 3.0, 5.0])),
        capacity,
        draw(st.sampled_from([1.0, 0.0, 0.5, 0.25])),
        shelf_life,
        draw(st.booleans()),
    )
    reorder_point = float(draw(st.integers(-5, 20)))
    rule = Rule(
        reorder_point,
        reorder_point + draw(UNITS),
        draw(st.sampled_from([0.0, 4.0])),
        draw(st.sampled_from([math.inf, 8.0])),
    )
    return {
        "demand": draw(numbers),
        "lead_times": draw(st.lists(st.integers(0, 6), min_size=horizon, max_size=horizon)),
        "on_hand": float(draw(st.integers(0 if shelf_life else -6, 20))),
        "receipts": draw(numbers),
        "terms": terms,
        "rule": rule,
        "first_counted": draw(st.integers(0, 3)),
        "first_reached": draw(st.integers(0, 5)),
    }


@given(situations())
@settings(max_examples=400)
def test_walk_counts_what_plain_bookkeeping_of_batches_counts(situation):
    found, expected = walk(**situation), oracle.walk(**situation)
    for name in NAMES:
        # Halves and quarters of units are exact; sums in another order are not.
        assert found[name] == pytest.approx(getattr(expected, name), abs=1e-9), name
    assert found["net"] == pytest.approx(expected.stock - expected.backlog, abs=1e-9)


@given(situations())
@settings(max_examples=150)
def test_every_unit_is_sold_lost_to_age_in_stock_or_on_the_way(situation):
    situation = {**situation, "first_counted": 0}
    found, books = walk(**situation), oracle.walk(**situation)
    opening = situation["on_hand"] + sum(situation["receipts"])
    # Sales that were owed leave later: net stock falls by what was demanded and not lost.
    left = found["net"] + books.coming
    gone = found["demanded"] - books.lost + found["wasted"]
    assert opening + found["ordered"] == pytest.approx(left + gone, abs=1e-9)


@given(situations())
@settings(max_examples=150)
def test_orders_are_whole_cases_not_below_the_minimum_and_within_the_capacity(situation):
    terms, books = situation["terms"], oracle.walk(**situation)
    for size, position in zip(books.sizes, books.positions, strict=True):
        if size:
            assert size >= terms.minimum_order
            assert position + size <= terms.capacity + 1e-9
            assert size <= situation["rule"].most
            if terms.case_pack:
                assert size / terms.case_pack == pytest.approx(round(size / terms.case_pack))


@given(
    st.floats(-50, 50),
    st.floats(-20, 40),
    st.floats(0, 30),
    st.sampled_from([0.0, 2.5, 4.0]),
    CASES,
)
@settings(max_examples=200)
def test_order_quantity_is_the_oracles(position, reorder_point, above, batch, case_pack):
    rule = Rule(reorder_point, reorder_point + above, batch, 25.0)
    terms = Terms(1, case_pack, 1.5, 60.0, 1.0, 0, False)
    found = order_quantity(position, *rule, case_pack, 1.5, 60.0)
    assert found == pytest.approx(oracle.wanted(position, rule, terms), abs=1e-6)


def test_receipts_arrive_before_demand_and_cost_is_on_what_is_left():
    found = walk([4.0, 0.0], receipts=[5.0, 2.0])
    assert (found["sold"], found["held"]) == (4.0, 1.0 + 3.0)


def test_an_order_without_lead_time_meets_demand_of_its_own_period():
    found = walk([7.0], 0, rule=UP_TO_TEN)
    assert (found["sold"], found["held"], found["ordered"]) == (7.0, 3.0, 10.0)


def test_an_order_with_lead_time_one_meets_demand_of_the_next_period():
    found = walk([7.0, 7.0], 1, rule=UP_TO_TEN)
    assert (found["served"], found["demanded"] - found["sold"]) == (7.0, 7.0)


def test_order_is_placed_before_the_demand_of_its_period_is_known():
    assert walk([10.0], 5, on_hand=10.0, rule=UP_TO_TEN)["ordered"] == 0.0


def test_shortage_is_zero_when_stock_covers_demand():
    found = walk([3.0, 4.0, 5.0], on_hand=12.0)
    assert (found["sold"], found["owed"], found["served_periods"]) == (12.0, 0.0, 3.0)


def test_no_order_when_the_position_is_above_the_reorder_point():
    assert walk([1.0] * 5, 3, on_hand=40.0, rule=UP_TO_TEN)["orders"] == 0.0


def test_orders_on_the_way_count_in_the_position():
    found = walk([0.0] * 4, 9, receipts=[0.0, 0.0, 0.0, 10.0], rule=UP_TO_TEN)
    assert found["orders"] == 0.0


def test_unmet_demand_is_owed_and_settled_by_the_next_receipt():
    terms = PLAIN._replace(lost_share=0.0)
    found = walk([5.0, 0.0], receipts=[0.0, 8.0], terms=terms)
    assert (found["owed"], found["held"], found["net"]) == (5.0, 3.0, 3.0)


def test_a_share_of_unmet_demand_is_lost_and_the_rest_owed():
    found = walk([8.0], terms=PLAIN._replace(lost_share=0.25))
    assert found["net"] == -6.0


def test_review_period_orders_only_in_its_periods():
    found = walk([2.0] * 9, 0, terms=PLAIN._replace(review_period=4), rule=UP_TO_TEN)
    assert found["orders"] == 3.0


def test_an_order_that_arrives_after_the_horizon_is_never_received():
    found = walk([1.0, 1.0], 7, rule=UP_TO_TEN)
    assert (found["sold"], found["held"]) == (0.0, 0.0)


def test_orders_may_cross():
    # The second order, placed a period later, arrives a period sooner.
    found = walk([0.0, 3.0, 5.0, 5.0], [3, 1, 9, 9], rule=Rule(8.0, 8.0, 0.0, 5.0))
    assert found["sold"] == 3.0 + 5.0


def test_units_perish_at_the_end_of_their_last_period():
    found = walk([0.0, 0.0, 9.0], on_hand=5.0, terms=PLAIN._replace(shelf_life=2))
    assert (found["held"], found["wasted"], found["sold"]) == (5.0, 5.0, 0.0)


@pytest.mark.parametrize(("freshest_first", "wasted"), [(False, 0.0), (True, 4.0)])
def test_oldest_first_wastes_less_than_freshest_first(freshest_first, wasted):
    terms = PLAIN._replace(shelf_life=2, freshest_first=freshest_first)
    found = walk([0.0, 4.0, 4.0], on_hand=4.0, receipts=[0.0, 4.0, 0.0], terms=terms)
    assert found["wasted"] == wasted


def test_a_batch_rule_lifts_the_position_above_the_reorder_point():
    assert order_quantity(-3.0, 4.0, 4.0, 5.0, math.inf, 1.0, 0.0, math.inf) == 10.0
    assert order_quantity(4.0, 4.0, 4.0, 5.0, math.inf, 1.0, 0.0, math.inf) == 5.0
    assert order_quantity(5.0, 4.0, 4.0, 5.0, math.inf, 1.0, 0.0, math.inf) == 0.0


def test_minimum_order_that_does_not_fit_orders_nothing():
    assert whole_cases(2.0, 9.0, 4.0, 10.0) == 0.0
    assert whole_cases(2.0, 12.0, 4.0, 10.0) == 12.0


@given(st.lists(UNITS, min_size=1, max_size=6), UNITS, st.booleans())
@settings(max_examples=100)
def test_ageing_keeps_every_unit(ages, demand, freshest_first):
    before = np.array(ages)
    sold = min(demand, before.sum())
    after = before.copy()
    perished = age_stock(after, sold, freshest_first)
    assert after.sum() + perished + sold == before.sum()
    assert (after >= 0.0).all()
    assert after[-1] == 0.0


# Lanes, lead times, and draws.

LAWS = {
    "fixed": fixed_lead_time(3.0),
    "at once": fixed_lead_time(0.0),
    "discrete": discrete_lead_time(np.array([0.1, 0.0, 0.3, 0.4, 0.2])),
    "gamma": gamma_lead_time(4.0, 2.0, 20),
}
RULES = np.array(
    [
        [30.0, 30.0, 0.0, np.inf],
        [10.0, 40.0, 0.0, np.inf],
        [20.0, 20.0, 15.0, np.inf],
        [20.0, 20.0, 15.0, 15.0],
        [30.0, 30.0, 0.0, 6.0],
        [-1e300, 0.0, 0.0, np.inf],
    ]
)
MANY = [
    PLAIN,
    Terms(3, 2.5, 5.0, 45.0, 0.0, 0, False),
    Terms(2, 0.0, 0.0, math.inf, 0.3, 0, False),
    Terms(2, 1.0, 0.0, 60.0, 1.0, 3, False),
    Terms(1, 1.0, 4.0, math.inf, 0.5, 5, True),
]


def demand_of(n_paths, horizon=23, seed=1):
    draws = np.random.default_rng(seed)
    return draws.poisson(5.0, (n_paths, horizon)) + draws.choice([0.0, 0.25], (n_paths, horizon))


def walk_many(
    demand, law, terms, first_path=0, entity=5, first_counted=2, first_reached=4, lifts=None
):
    opening = np.zeros(max(terms.shelf_life, 1))
    opening[-1] = 17.0
    receipts = np.zeros(demand.shape[1])
    receipts[[1, 4]] = [8.0, 3.0]
    totals = np.full((len(RULES), len(demand), N_TOTALS), np.nan)
    walk_paths(
        11,
        np.uint64(entity),
        first_path,
        demand,
        law,
        opening,
        receipts,
        terms,
        RULES,
        np.zeros((1, demand.shape[1])) if lifts is None else lifts[None],
        first_counted,
        first_reached,
        totals,
    )
    return totals


@pytest.mark.parametrize("move", [0.0, 1.0, 0.75])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("terms", MANY)
@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_lanes_walk_as_the_scalar_does_to_the_bit(law, terms, whole, move):
    demand = np.floor(demand_of(131)) if whole else demand_of(131)
    lifts = move * np.random.default_rng(2).integers(-7, 12, 23)
    found = walk_many(demand, law, terms, lifts=lifts)
    draws = np.empty((24, 131))
    fill_lead_draws(11, np.uint64(5), 0, draws)
    opening = np.zeros(max(terms.shelf_life, 1))
    opening[-1] = 17.0
    receipts = np.zeros(23)
    receipts[[1, 4]] = [8.0, 3.0]
    expected = np.empty(N_TOTALS)
    for path in (0, 64, 127, 128, 130):
        lead_times = np.array([drawn_lead_time(u, law) for u in draws[:23, path]])
        for n, rule in enumerate(RULES):
            walk_stock(
                demand[path],
                lead_times,
                opening,
                receipts,
                terms,
                Rule(*rule),
                lifts,
                2,
                4,
                np.empty(23),
                np.empty(len(opening)),
                expected,
            )
            np.testing.assert_array_equal(found[n, path], expected)


@pytest.mark.parametrize("cuts", [[1], [7, 100], [128], [129, 200]])
def test_a_path_does_not_depend_on_the_others_of_its_block(cuts):
    demand = demand_of(260)
    whole = walk_many(demand, LAWS["gamma"], MANY[1])
    parts = np.split(np.arange(260), cuts)
    pieces = [walk_many(demand[p], LAWS["gamma"], MANY[1], int(p[0])) for p in parts]
    np.testing.assert_array_equal(whole, np.concatenate(pieces, axis=1))


def test_lead_times_differ_between_entities_and_not_between_rules():
    demand = demand_of(50)
    one = walk_many(demand, LAWS["gamma"], PLAIN, entity=1)
    other = walk_many(demand, LAWS["gamma"], PLAIN, entity=2)
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(
        one[:, :, stock_terms.DEMANDED], other[:, :, stock_terms.DEMANDED]
    )


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12))
@settings(max_examples=60)
def test_the_guide_finds_the_lead_time_that_a_search_finds(weights):
    chances = np.array(weights) + 1e-3
    chances /= chances.sum()
    law = discrete_lead_time(chances)
    for uniform in np.linspace(0.001, 0.999, 97):
        expected = np.searchsorted(np.cumsum(chances)[:-1], uniform, side="right")
        assert drawn_lead_time(uniform, law) == expected


def test_gamma_lead_times_have_their_mean_and_deviation():
    law = gamma_lead_time(6.0, 2.0, 60)
    draws = np.empty((400, 500))
    fill_lead_draws(3, np.uint64(8), 0, draws)
    periods = np.array([drawn_lead_time(u, law) for u in draws.ravel()])
    # Rounding to whole periods adds a twelfth to the variance (Sheppard's correction).
    deviation = np.sqrt(4.0 + 1.0 / 12.0)
    assert abs(periods.mean() - 6.0) < 4.0 * deviation / np.sqrt(periods.size)
    assert abs(periods.std() - deviation) < 0.02


def test_gamma_without_deviation_is_fixed_and_rounded_up():
    assert gamma_lead_time(2.2, 0.0, 30).fixed == 3
    assert gamma_lead_time(3.0, 0.0, 30).fixed == 3


@pytest.mark.parametrize("mean", [0.3, 1.3, 2.5, 6.9])
def test_a_little_variation_makes_no_lead_time_shorter(mean):
    law = gamma_lead_time(mean, 0.02, 30)
    fixed = gamma_lead_time(mean, 0.0, 30).fixed
    assert drawn_lead_time(0.5, law) == fixed


def test_lead_times_counted_in_whole_periods_keep_their_mean():
    # Seven of ten take one period, the others two.
    law = gamma_lead_time(1.3, np.sqrt(0.21), 30)
    periods = np.append(1.0 - law.cumulative, 0.0).sum()
    assert abs(periods - 1.3) < 0.01


def test_a_lead_time_beyond_the_longest_is_the_longest():
    assert drawn_lead_time(1.0 - 1e-12, gamma_lead_time(8.0, 6.0, 10)) == 10


@pytest.mark.parametrize("chances", [[0.5, 0.4], [1.2, -0.2], [], [np.nan, 1.0]])
def test_a_law_of_lead_times_that_is_none_is_refused(chances):
    with pytest.raises(ValueError, match="probabilities"):
        discrete_lead_time(np.array(chances))
