"""The covariance of a night: late histories as long as they are, and what repairs move."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from risk import draw_scenario_set, instrument_losses
from risk.covariance import CovarianceError, likelihood_covariance, pairwise_covariance
from risk.scenarios.factor_covariance import copula_covariance, factor_covariance, repair_distance
from risk.scenarios.rank_scores import rank_scores
from tests.risk.markets import BOOKS, PLAN, mixed_market, positions
from tests.risk.scenario_factors import factors_of, heavy_moves

MARKET = mixed_market()
FACTORS = MARKET.factors
LATE = FACTORS.price("NEW")


def ragged(n_returns=250, starts=(0, 60, 150, 0), seed=3):
    """Return factors of which some start late, zeros standing for what is filled in."""
    moves = heavy_moves(n_returns, len(starts), seed)
    seen = np.arange(n_returns)[:, None] >= np.array(starts)
    return replace(factors_of(np.where(seen, moves, 0.0)), seen=seen)


def test_a_late_history_is_seen_from_its_first_return_on():
    assert FACTORS.seen is not None
    np.testing.assert_array_equal(FACTORS.seen[:, LATE], np.arange(250) >= 250 - 119)
    assert np.delete(FACTORS.seen, LATE, axis=1).all()
    assert np.isnan(FACTORS.seen_moves[0, LATE])
    assert not np.isnan(FACTORS.moves).any()


def test_the_pairwise_covariance_is_that_of_the_moves_that_happened():
    factors = ragged()
    found = factor_covariance(factors, replace(PLAN, covariance="pairwise"))
    assert found.repair_distance == 0.0
    expected = pairwise_covariance(factors.seen_moves).matrix
    np.testing.assert_array_equal(found.matrix, expected)
    frame = pd.DataFrame(factors.seen_moves)
    np.testing.assert_allclose(np.sqrt(np.diag(found.matrix)), frame.std(), rtol=1e-12)


def test_the_likelihoods_covariance_leaves_out_what_never_moves():
    factors = ragged(starts=(0, 60, 0))
    still = factors_of(np.hstack([factors.moves, np.zeros((250, 1))]))
    still = replace(still, seen=np.hstack([factors.seen, np.full((250, 1), True)]))
    found = factor_covariance(still, replace(PLAN, covariance="likelihood")).matrix
    np.testing.assert_array_equal(found[3], 0.0)
    expected = likelihood_covariance(factors.seen_moves).matrix
    np.testing.assert_allclose(found[:3, :3], expected, rtol=1e-12)


def test_a_history_shorter_than_factors_are_many_keeps_what_is_filled_in():
    late = ragged(starts=(*[0] * 98, 150, 190))
    plan = replace(PLAN, covariance="likelihood")
    found = factor_covariance(late, plan).matrix
    # A hundred factors: sixty returns are too few, a hundred too; what is filled in are zeros here.
    np.testing.assert_allclose(found, np.cov(late.moves.T, ddof=0), rtol=1e-9, atol=1e-12)
    longer = ragged(starts=(*[0] * 98, 140, 190))
    seen = longer.seen_moves
    seen[:, 99] = longer.moves[:, 99]
    expected = likelihood_covariance(seen).matrix
    np.testing.assert_array_equal(factor_covariance(longer, plan).matrix, expected)
    with pytest.raises(CovarianceError, match="the covariance is singular"):
        factor_covariance(ragged(starts=(*[0] * 260, 100)), plan)


@pytest.mark.parametrize("method", ["sample", "ledoit_wolf", "factor_model"])
def test_other_covariances_take_what_is_filled_in(method):
    factors, plan = ragged(), replace(PLAN, covariance=method)
    filled = replace(factors, seen=None)
    np.testing.assert_array_equal(
        factor_covariance(factors, plan).matrix, factor_covariance(filled, plan).matrix
    )


def test_scores_of_a_late_history_rank_it_among_its_own():
    moves = ragged(starts=(0, 100)).seen_moves
    scores = rank_scores(moves, None)
    np.testing.assert_array_equal(np.isnan(scores), np.isnan(moves))
    own = rank_scores(np.ascontiguousarray(moves[100:, 1:]), None)
    np.testing.assert_array_equal(scores[100:, 1:], own)
    found, degrees = copula_covariance(
        ragged(), replace(PLAN, covariance="pairwise"), student_t=False
    )
    assert degrees is None
    assert np.isfinite(found.matrix).all()


def test_a_window_in_which_little_was_seen_keeps_what_is_filled_in():
    factors = ragged(starts=(0, 60, 0))
    early = factors.between(slice(0, 80))
    assert early.seen is not None
    assert early.seen[:, 1].sum() == 20
    assert not np.isnan(early.seen_moves).any()
    assert np.isnan(factors.between(slice(0, 90)).seen_moves).sum() == 60
    factor_covariance(early, replace(PLAN, covariance="pairwise"))


@pytest.mark.parametrize("covariance", ["pairwise", "likelihood"])
@pytest.mark.parametrize("method", ["gaussian", "student_t", "quasi_gaussian"])
def test_scenarios_have_the_late_historys_own_deviation(covariance, method):
    factors = ragged(starts=(0, 150, 0))
    plan = replace(PLAN, covariance=covariance, scenarios=20_000, degrees_of_freedom=8.0)
    from risk.scenarios import factor_moves

    drawn = factor_moves(factors, method, 1, plan).std(axis=1)
    expected = np.sqrt(np.diag(factor_covariance(factors, plan).matrix))
    # Four errors of a deviation of a t of eight degrees, 1.25 times a normal one's.
    np.testing.assert_allclose(drawn, expected, rtol=4.0 * 1.25 / np.sqrt(2.0 * 20_000))


def test_correlations_that_cannot_be_are_moved_and_the_distance_is_told():
    # Two that follow a third, one on early dates and one on late, and against each other in common.
    rng = np.random.default_rng(1)
    third = rng.normal(size=300)
    first, second = third.copy(), third.copy()
    first[150:200] = rng.normal(size=50)
    second[150:200] = -first[150:200]
    moves = 0.01 * np.column_stack([first, second, third])
    moves += 1e-4 * rng.normal(size=moves.shape)
    seen = np.full(moves.shape, True)
    seen[200:, 0], seen[:150, 1] = False, False
    factors = replace(factors_of(np.where(seen, moves, 0.0)), seen=seen)
    plan = replace(PLAN, covariance="pairwise")
    assert repair_distance(factors, "gaussian", plan) > 0.1
    assert repair_distance(factors, "t_copula", plan) > 0.1
    assert repair_distance(factors, "gaussian", PLAN) == 0.0
    assert np.isnan(repair_distance(factors, "historical", plan))


@pytest.mark.parametrize(("method", "known"), [("gaussian", True), ("block_bootstrap", False)])
def test_a_set_tells_the_distance(method, known):
    plan = replace(PLAN, covariance="pairwise", scenarios=1_000)
    drawn = draw_scenario_set(MARKET, positions(**BOOKS), method, 1, plan)
    found = drawn.counts["repair_distance"].iloc[0]
    if known:
        assert found == factor_covariance(FACTORS, plan).repair_distance
    else:
        assert np.isnan(found)
    np.testing.assert_array_equal(drawn.losses, instrument_losses(MARKET, method, 1, plan))
