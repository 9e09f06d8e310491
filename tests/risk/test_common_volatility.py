"""Volatility that factors have in common: what moves are taken apart into, and what it tells."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from risk import RiskPlan
from risk.scenarios import factor_moves
from risk.scenarios.common_volatility import find_common_volatility
from risk.scenarios.filtered_historical import filter_factors, follow, one_day_moves
from risk.volatility import VolatilityModel
from tests.risk.scenario_factors import factors_of

METHOD = "filtered_historical"
PLAN = RiskPlan(history=250, scenarios=500, seed=5)
APART = replace(PLAN, common_volatility=False)
GJR = VolatilityModel("gjr")


def market(seed=3, n_days=250, n_factors=20, stormy=()):
    """Moves of one common and one own shock; the common one is three times as wide in storms."""
    draws = np.random.default_rng(seed)
    common = 0.006 * draws.normal(size=(n_days, 1))
    common[list(stormy)] *= 3.0
    own = 0.02 * draws.normal(size=(n_days, n_factors))
    return draws.uniform(0.5, 1.5, n_factors) * common + own


def test_the_parts_of_every_day_add_up_to_its_moves():
    moves = market()
    found = find_common_volatility(moves, GJR, "cpu")
    common = found.common.mean + found.common.volatility * found.common.residuals
    own = found.own.volatility * found.own.residuals
    assert_allclose(found.mean + common * found.loadings + own, moves, rtol=0, atol=1e-15)


def test_the_common_move_is_that_of_the_market():
    draws = np.random.default_rng(8)
    shared = draws.normal(size=(400, 1))
    moves = 0.01 * shared + 0.005 * draws.normal(size=(400, 200))
    found = find_common_volatility(moves, GJR, "cpu")
    common = (moves - found.mean) @ found.weights
    # Of 200 factors, what is not common is a two-hundredth of the direction's variance.
    assert abs(np.corrcoef(common, shared[:, 0])[0, 1]) > 0.995


@pytest.mark.parametrize("horizon", [1, 10])
def test_scenarios_are_the_mean_of_those_by_either_volatility(horizon):
    moves = market()
    found = factor_moves(factors_of(moves), METHOD, horizon, PLAN)
    by_own = factor_moves(factors_of(moves), METHOD, horizon, APART)
    common = find_common_volatility(moves, GJR, "cpu")
    by_common = (
        common.one_day_moves() if horizon == 1 else common.moves(horizon, PLAN.scenarios, PLAN.seed)
    )
    assert_array_equal(found, 0.5 * (by_own + by_common))


def test_a_storm_of_the_market_is_seen_before_each_factor_sees_it():
    """Storms of ten days come and go, and one has come; each factor's own noise hides it."""
    storms = [day for first in (40, 110, 160, 220) for day in range(first, first + 10)]
    found = {
        (stormy, told): np.mean(
            [
                factor_moves(factors_of(moves), METHOD, 1, plan).mean(axis=0).std()
                for moves in (
                    market(seed, 250, 40, [*storms, *range(240, 250)] if stormy else storms)
                    for seed in range(5)
                )
            ]
        )
        for stormy in (False, True)
        for told, plan in (("both", PLAN), ("own", APART))
    }
    grown = {told: found[True, told] / found[False, told] for told in ("both", "own")}
    # An even book's true deviation is three times as much.
    assert 3.0 > grown["both"] > 1.2 * grown["own"]


def test_following_moves_both_parts_on_by_the_law_of_the_eve():
    moves = market(n_days=130, n_factors=3)
    filtered = filter_factors(factors_of(moves[:120]), PLAN)
    before = filtered.common
    for day in range(120, 125):
        filtered = follow(filtered, moves[day : day + 1])
    after = filtered.common
    assert_array_equal(after.weights, before.weights)
    assert after.common.residuals.shape == (120, 1)
    assert after.own.residuals.shape == (120, 3)
    assert one_day_moves(filtered).shape == (3, 120)
    common = after.common.mean + after.common.volatility[-5:] * after.common.residuals[-5:]
    own = after.own.volatility[-5:] * after.own.residuals[-5:]
    assert_allclose(after.mean + common * after.loadings + own, moves[120:125], rtol=0, atol=1e-15)


@pytest.mark.parametrize("horizon", [1, 7])
def test_a_factor_alone_goes_by_its_own_volatility(horizon):
    moves = market(n_factors=2)
    still = np.column_stack([moves[:, 0], np.full(len(moves), 0.001)])
    found = factor_moves(factors_of(still), METHOD, horizon, PLAN)
    assert_array_equal(found, factor_moves(factors_of(still), METHOD, horizon, APART))


def test_factors_that_are_the_same_move_alike_and_as_one_alone():
    """Nothing is left beside the common move, or rounding is; both volatilities are one law's."""
    twins = market(n_factors=1)[:, [0, 0]] * [1.0, 2.0]
    found = factor_moves(factors_of(twins), METHOD, 1, PLAN)
    alone = factor_moves(factors_of(twins), METHOD, 1, APART)
    # Two searches for one top end within their tolerance of it.
    assert_allclose(found, alone, rtol=1e-3, atol=1e-6)
