"""What every generator owes: shapes, bits, horizons, and what a number may depend on."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from risk import MarketError, PlanError, RiskPlan, instrument_losses
from risk.plan import METHODS
from risk.scenarios import factor_moves
from tests.risk.markets import PLAN as MARKET_PLAN
from tests.risk.markets import mixed_market
from tests.risk.scenario_factors import factors_of, heavy_moves

# Settings that the window would otherwise choose are given, so that nothing depends on it whole.
PLAN = RiskPlan(history=250, scenarios=1000, seed=5, degrees_of_freedom=5.0, block_length=8.0)
DRAWN = [method for method in METHODS if method not in {"historical", "filtered_historical"}]
CENTRED = [method for method in DRAWN if method != "block_bootstrap"]
# A quasi-random scenario is laid along the directions of the market as a whole.
LOCAL = [method for method in DRAWN if not method.startswith("quasi")]


@pytest.fixture(scope="module")
def factors():
    return factors_of(heavy_moves())


@pytest.mark.parametrize("method", DRAWN)
@pytest.mark.parametrize("horizon", [1, 10, 250])
def test_moves_are_finite_and_laid_out_by_factor_and_scenario(factors, method, horizon):
    moves = factor_moves(factors, method, horizon, PLAN)
    assert moves.shape == (6, 1000)
    assert moves.flags.c_contiguous
    assert np.isfinite(moves).all()


@pytest.mark.parametrize("method", DRAWN)
def test_the_same_plan_makes_the_same_bits_on_any_thread_and_another_seed_other_ones(
    factors, method
):
    expected = factor_moves(factors, method, 10, PLAN)
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(factor_moves, factors, method, 10, PLAN) for _ in range(8)]
        assert all(np.array_equal(future.result(), expected) for future in futures)
    other = factor_moves(factors, method, 10, replace(PLAN, seed=6))
    # Each scenario of each factor is drawn anew: two may meet by chance only where days repeat.
    assert (other != expected).mean() > 0.9


@pytest.mark.parametrize("method", DRAWN)
@pytest.mark.parametrize("covariance", ["sample", "ledoit_wolf", "factor_model"])
def test_more_scenarios_continue_the_fewer(factors, method, covariance):
    few = replace(PLAN, covariance=covariance, scenarios=333)
    more = replace(few, scenarios=1000)
    whole = factor_moves(factors, method, 5, more)
    assert np.array_equal(whole[:, :333], factor_moves(factors, method, 5, few))


@pytest.mark.parametrize("method", LOCAL)
@pytest.mark.parametrize("margins", ["empirical", "student_t"])
@pytest.mark.parametrize("horizon", [1, 10])
def test_a_factor_does_not_depend_on_the_others(method, margins, horizon):
    moves = heavy_moves()
    plan = replace(PLAN, margins=margins)
    whole = factor_moves(factors_of(moves), method, horizon, plan)
    alone = factor_moves(factors_of(moves[:, 3:4], ["S3"]), method, horizon, plan)
    assert np.array_equal(whole[3:4], alone)


@pytest.mark.parametrize("method", DRAWN)
def test_factors_with_one_history_move_as_one(method):
    moves = heavy_moves()
    moves[:, 4] = moves[:, 1]
    made = factor_moves(factors_of(moves), method, 10, PLAN)
    # Only the turn into principal components, of the market as a whole, rounds.
    np.testing.assert_allclose(made[4], made[1], rtol=0, atol=0 if method in LOCAL else 1e-12)


@pytest.mark.parametrize("method", DRAWN)
@pytest.mark.parametrize("covariance", ["sample", "ewma", "ledoit_wolf", "oas", "factor_model"])
@pytest.mark.parametrize("horizon", [1, 10])
def test_a_factor_that_never_moved_does_not_move(method, covariance, horizon):
    moves = heavy_moves()
    moves[:, 2] = 0.0
    plan = replace(PLAN, covariance=covariance)
    made = factor_moves(factors_of(moves), method, horizon, plan)
    assert np.abs(made[2]).max() == 0.0
    assert np.abs(made[[0, 1, 3]]).max(axis=1).min() > 0.0


@pytest.mark.parametrize("method", CENTRED)
@pytest.mark.parametrize("margins", ["empirical", "student_t"])
@pytest.mark.parametrize("horizon", [1, 25, 250])
def test_means_are_zero_and_variances_grow_with_the_horizon(factors, method, margins, horizon):
    plan = replace(PLAN, scenarios=20_000, margins=margins, degrees_of_freedom=12.0)
    made = factor_moves(factors, method, horizon, plan)
    deviations = factors.moves.std(axis=0, ddof=1) * np.sqrt(horizon)
    assert np.abs(made.mean(axis=1) / deviations).max() < 5.0 / np.sqrt(20_000)
    kurtosis = ((made / made.std(axis=1, keepdims=True)) ** 4).mean(axis=1)
    # A sample variance's relative error is sqrt((kurtosis - 1) / n); over n days where the
    # empirical law of 250 is drawn from, and a grid's 1e-4 beside it.
    allowed = 5.0 * np.sqrt((kurtosis - 1.0) / 20_000) + 1.0 / 250 + 1e-4
    assert (np.abs(made.var(axis=1) / deviations**2 - 1.0) < allowed).all()


@pytest.mark.parametrize("method", METHODS)
def test_every_method_values_every_kind_of_instrument(method):
    plan = replace(MARKET_PLAN, scenarios=200)
    losses = instrument_losses(mixed_market(), method, 10, plan)
    assert losses.shape[0] == 12
    assert np.isfinite(losses).all()
    assert (losses.std(axis=1) > 0.0).all()


@pytest.mark.parametrize("horizon", [0, 251])
@pytest.mark.parametrize("method", METHODS)
def test_a_horizon_out_of_range_is_refused(factors, method, horizon):
    with pytest.raises(PlanError, match=f"horizon must be 1 to 250 trading days; got {horizon}"):
        factor_moves(factors, method, horizon, PLAN)


def test_an_unknown_method_is_refused(factors):
    with pytest.raises(PlanError, match=r"method must be one of historical, .*; got 'guess'"):
        factor_moves(factors, "guess", 1, PLAN)


def test_a_window_too_short_for_a_block_length_is_refused():
    with pytest.raises(MarketError, match="a block length needs nine values; got 8"):
        factor_moves(
            factors_of(heavy_moves(8)), "block_bootstrap", 1, replace(PLAN, block_length=None)
        )
