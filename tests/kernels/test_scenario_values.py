"""Futures, forwards and bonds over scenarios: the textbook's one at a time, and laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.scenario_values import (
    _TOGETHER,
    Flows,
    RatePoint,
    convert_values,
    fill_bond_values,
    fill_forward_values,
    fill_future_values,
    fill_prices,
    fill_rates,
)
from risk.market.curves import tenor_shares
from tests.oracles import revaluation

# A few roundings, of what a value is the difference or sum of.
CLOSE = 1e-15
TENORS = np.array([0.5, 1.0, 2.0, 5.0, 10.0])
LEVELS = np.array([0.031, 0.028, 0.03, 0.035, 0.04])
N = 2 * _TOGETHER + 37


def _draws(seed=0, n=N):
    draws = np.random.default_rng(seed)
    return draws.normal(0.0, 0.3, n), *(draws.normal(0.02, 0.03, n) for _ in range(2))


def _bond(years=(0.0, 0.3, 1.0, 1.7, 4.9, 12.0)):
    left, places = np.array(years), np.arange(len(TENORS))
    amounts = np.full(len(left), 0.03)
    amounts[-1] += 1.0
    shares = tenor_shares(TENORS, left)
    near, far = places[shares.near], places[shares.far]
    return Flows(amounts, left, near, far, shares.near_share, shares.far_share)


def _rate_moves(seed=1, n=N):
    return np.random.default_rng(seed).normal(0.0, 0.01, (len(TENORS), n))


def test_futures_are_the_scalar():
    moves, out = _draws()[0], np.empty(N)
    fill_future_values(moves, 80.0, out)
    scalar = [revaluation.future_value(80.0, move) for move in moves]
    np.testing.assert_allclose(out, scalar, rtol=0, atol=CLOSE * 80.0 * math.exp(moves.max()))


@pytest.mark.parametrize("years", [0.0, 0.4, 5.0])
def test_forwards_are_the_scalar(years):
    moves, domestic, foreign = _draws()
    out = np.empty(N)
    fill_forward_values(moves, domestic, foreign, 1.1, 1.05, years, out)
    scalar = [
        revaluation.forward_value(1.1, move, ours, theirs, 1.05, years)
        for move, ours, theirs in zip(moves, domestic, foreign, strict=True)
    ]
    np.testing.assert_allclose(out, scalar, rtol=0, atol=CLOSE * (np.exp(moves.max()) + 2.0))


def test_bonds_are_the_scalar():
    moves, flows, out = _rate_moves(), _bond(), np.empty(N)
    fill_bond_values(moves, LEVELS, flows, out)
    scalar = [
        revaluation.bond_value(flows.left, flows.amounts, TENORS, LEVELS + own) for own in moves.T
    ]
    # A sum of six.
    np.testing.assert_allclose(out, scalar, rtol=6 * CLOSE)


@given(st.lists(st.floats(0.01, 40.0), min_size=1, max_size=8), st.integers(1, 5))
def test_rates_are_interpolated_between_two_tenors(years, n_tenors):
    tenors, levels = TENORS[:n_tenors], LEVELS[:n_tenors]
    shares, out = tenor_shares(tenors, np.array(years)), np.empty(1)
    for place, t in enumerate(years):
        near, far = shares.near[place], shares.far[place]
        point = RatePoint(
            levels[near], levels[far], shares.near_share[place], shares.far_share[place]
        )
        fill_rates(np.array([0.01]), np.array([0.01]), point, out)
        expected = revaluation.zero_rate(list(tenors), list(levels + 0.01), t)
        assert out[0] == pytest.approx(expected, abs=CLOSE)


def test_prices_are_numpys_to_the_ends_of_the_range():
    moves = np.concatenate(
        [
            np.linspace(-746.0, 710.0, 4001),
            [0.0, -0.0, 709.78, -745.1, 1e300, -1e300, np.inf, -np.inf, np.nan],
        ]
    )
    out = np.empty(moves.shape)
    fill_prices(moves, 1.0, out)
    with np.errstate(over="ignore", under="ignore"):
        expected = np.exp(moves)
    # One more rounding, and what is too small for all digits is rounded to what is left of them.
    np.testing.assert_allclose(out, expected, rtol=5e-16, atol=5e-324)
    assert out[moves == 0.0].tolist() == [1.0, 1.0]


def test_what_has_not_moved_has_gained_nothing():
    out = np.empty(3)
    fill_future_values(np.zeros(3), 123.456, out)
    assert out.tolist() == [0.0, 0.0, 0.0]


def test_conversion_multiplies_by_units_and_price():
    moves, prices, values = _draws()[0], np.empty(N), np.linspace(-5.0, 5.0, N)
    fill_prices(moves, 1.1, prices)
    expected = values * 100.0 * prices
    convert_values(values, 100.0, moves, 1.1)
    np.testing.assert_array_equal(values, expected)


def test_a_scenario_does_not_depend_on_the_others():
    moves, domestic, foreign = _draws()
    rates, flows = _rate_moves(), _bond()
    futures, forwards, bonds = np.empty(N), np.empty(N), np.empty(N)
    fill_future_values(moves, 80.0, futures)
    fill_forward_values(moves, domestic, foreign, 1.1, 1.05, 0.4, forwards)
    fill_bond_values(rates, LEVELS, flows, bonds)
    alone = np.empty(1)
    for s in (0, 5, _TOGETHER - 1, _TOGETHER, N - 1):
        own = slice(s, s + 1)
        fill_future_values(moves[own], 80.0, alone)
        assert alone[0] == futures[s]
        fill_forward_values(moves[own], domestic[own], foreign[own], 1.1, 1.05, 0.4, alone)
        assert alone[0] == forwards[s]
        fill_bond_values(np.ascontiguousarray(rates[:, own]), LEVELS, flows, alone)
        assert alone[0] == bonds[s]


@pytest.mark.parametrize("rate", [100.0, -100.0, np.nan])
def test_a_rate_out_of_all_measure_changes_no_other_value(rate):
    """Whether all rates of a block are small decides how it is filled, and nothing else."""
    rates, flows = _rate_moves(), _bond()
    small, mixed = np.empty(N), np.empty(N)
    fill_bond_values(rates, LEVELS, flows, small)
    for odd in (0, _TOGETHER + 5, N - 1):
        own = rates.copy()
        own[:, odd] = rate
        fill_bond_values(own, LEVELS, flows, mixed)
        others = np.arange(N) != odd
        np.testing.assert_array_equal(mixed[others], small[others])
        with np.errstate(over="ignore"):
            expected = (flows.amounts * np.exp(-(rate + _rates_of(flows)) * flows.left)).sum()
        # The exponent's own rounding, of hundreds.
        np.testing.assert_allclose(mixed[odd], expected, rtol=1e-12)


def _rates_of(flows):
    return flows.near_share * LEVELS[flows.near] + flows.far_share * LEVELS[flows.far]
