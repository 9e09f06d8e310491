"""Covariances of histories that differ in length: nobody loses a date to another."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.covariance import (
    CovarianceError,
    likelihood_covariance,
    pairwise_covariance,
    sample_covariance,
    statistical_factors,
)
from risk.covariance.ragged import _iterated as iterated
from tests.oracles.covariance import semidefinite, stambaugh


def drawn(n_returns, n_factors, seed):
    draws = np.random.default_rng(seed)
    root = 0.4 * draws.normal(size=(n_factors, n_factors)) + np.eye(n_factors)
    return 0.01 * draws.normal(size=(n_returns, n_factors)) @ root.T


def ragged(n_returns, n_factors, seed, starts):
    moves = drawn(n_returns, n_factors, seed)
    for factor, start in starts.items():
        moves[start if np.ndim(start) else slice(start), factor] = np.nan
    return moves


def test_complete_histories_have_the_sample_covariance():
    moves = drawn(100, 4, 1)
    expected = np.cov(moves.T)
    np.testing.assert_allclose(pairwise_covariance(moves).matrix, expected, rtol=1e-10)
    ours = likelihood_covariance(moves).matrix * 100 / 99
    np.testing.assert_allclose(ours, expected, rtol=1e-10)


def test_a_pairs_correlation_is_that_of_its_common_dates():
    moves = ragged(200, 3, 2, {1: 50, 2: 120})
    frame = pd.DataFrame(moves)
    found = pairwise_covariance(moves)
    # pandas computes each pair by itself, as the law says; nothing had to be repaired here.
    assert found.repair_distance == 0.0
    deviations = np.sqrt(np.diag(found.matrix))
    np.testing.assert_allclose(deviations, frame.std(), rtol=1e-12)
    correlations = found.matrix / np.outer(deviations, deviations)
    np.testing.assert_allclose(correlations, frame.corr(), rtol=0, atol=1e-12)


def test_another_short_history_changes_nobody_elses_variance_or_correlation():
    moves = ragged(200, 4, 3, {3: 150})
    three, four = pairwise_covariance(moves[:, :3]), pairwise_covariance(moves)
    np.testing.assert_allclose(four.matrix[:3, :3], three.matrix, rtol=1e-12)
    # Dropping the dates that one lacks would have thrown three quarters of them away.
    dropped = sample_covariance(moves[150:, :3]).matrix
    assert np.abs(dropped / three.matrix - 1.0).max() > 0.05


def test_a_factor_that_never_moves_covaries_with_none():
    moves = ragged(200, 3, 3, {2: 50})
    moves[:, 1] = 0.02
    for estimate in (pairwise_covariance, statistical_factors):
        found = estimate(moves).matrix
        assert np.abs(found[1]).max() == 0.0
        assert found[0, 0] == pytest.approx(np.var(moves[:, 0], ddof=1), rel=1e-10)


def test_correlations_that_cannot_be_together_are_repaired_and_the_distance_recorded():
    draws = np.random.default_rng(4)
    common = draws.normal(size=90)
    moves = np.column_stack([common, common, common]) + 0.05 * draws.normal(size=(90, 3))
    # Three eras: in each, one is absent, and the two others agree, agree, and disagree.
    moves[:30, 2], moves[30:60, 0], moves[60:, 1] = np.nan, np.nan, np.nan
    moves[60:, 2] *= -1.0
    found = pairwise_covariance(moves)
    assert found.repair_distance > 0.5
    assert semidefinite(found.matrix)
    np.testing.assert_allclose(np.diag(found.matrix), np.nanvar(moves, axis=0, ddof=1), rtol=1e-12)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), start=st.integers(1, 150))
def test_late_histories_have_stambaughs_closed_form(seed, start):
    moves = ragged(200, 5, seed, {3: start, 4: start})
    _, expected = stambaugh(moves[:, :3], moves[start:, 3:])
    found = likelihood_covariance(moves).matrix
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.diag(expected).max())


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), starts=st.lists(st.integers(0, 120), min_size=5, max_size=5))
def test_regressions_find_what_expectation_and_maximisation_come_to(seed, starts):
    moves = ragged(200, 5, seed, dict(enumerate(starts)))
    if min(starts):
        # What nobody has tells nothing.
        longest = likelihood_covariance(moves[min(starts) :]).matrix
        np.testing.assert_array_equal(likelihood_covariance(moves).matrix, longest)
        moves = moves[min(starts) :]
    present, scale = ~np.isnan(moves), np.nanstd(moves, axis=0)
    scaled = (moves - np.nanmean(moves, axis=0)) / scale
    expected = np.outer(scale, scale) * iterated(scaled, present)
    found = likelihood_covariance(moves).matrix
    # It stops when a step moves correlations by 1e-10, and converges by the share missing, at most
    # 3/5 here for each of the lengths.
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8 * np.diag(expected).max())


def test_the_order_of_days_and_of_factors_changes_nothing():
    moves = ragged(200, 5, 8, {1: 40, 3: 40, 4: 90})
    draws = np.random.default_rng(9)
    days, factors = draws.permutation(200), draws.permutation(5)
    found = likelihood_covariance(moves).matrix
    other = likelihood_covariance(moves[np.ix_(days, factors)]).matrix
    np.testing.assert_allclose(other, found[np.ix_(factors, factors)], rtol=1e-10)


def test_histories_with_holes_are_iterated():
    moves = ragged(200, 3, 10, {2: 60})
    moves[100:110, 0] = np.nan
    present, scale = ~np.isnan(moves), np.nanstd(moves, axis=0)
    expected = iterated((moves - np.nanmean(moves, axis=0)) / scale, present)
    found = likelihood_covariance(moves).matrix
    np.testing.assert_allclose(found, np.outer(scale, scale) * expected, rtol=1e-12)


def test_many_late_histories_have_the_likelihood_of_greatest_height():
    """No small change of the covariance makes the moves likelier."""
    moves = ragged(400, 40, 11, {factor: 5 * factor for factor in range(1, 40)})
    found = likelihood_covariance(moves).matrix

    def log_likelihood(covariance):
        total = 0.0
        for row in moves - mean:
            seen = ~np.isnan(row)
            own = covariance[np.ix_(seen, seen)]
            total -= np.linalg.slogdet(own)[1] + row[seen] @ np.linalg.solve(own, row[seen])
        return 0.5 * total

    mean = likeliest_mean(moves, found)
    top = log_likelihood(found)
    draws = np.random.default_rng(12)
    root = np.linalg.cholesky(found)
    for _ in range(5):
        change = draws.normal(size=found.shape)
        change = 1e-3 * root @ (change + change.T) @ root.T
        # At a top a change and its opposite are both lower, and by as much.
        falls = top - log_likelihood(found + change), top - log_likelihood(found - change)
        assert min(falls) > 0.0
        assert abs(falls[0] - falls[1]) < 0.2 * max(falls)


def likeliest_mean(moves, covariance):
    """The mean of greatest likelihood at a covariance, by its normal equations."""
    weight, told = np.zeros_like(covariance), np.zeros(len(covariance))
    for row in moves:
        seen = ~np.isnan(row)
        inverse = np.linalg.inv(covariance[np.ix_(seen, seen)])
        weight[np.ix_(seen, seen)] += inverse
        told[seen] += inverse @ row[seen]
    return np.linalg.solve(weight, told)


def test_long_histories_tell_the_variance_that_a_short_one_missed():
    draws = np.random.default_rng(6)
    market = draws.normal(size=400) * np.where(np.arange(400) < 300, 3.0, 1.0)
    late = market + 0.1 * draws.normal(size=400)
    moves = np.column_stack([market, np.where(np.arange(400) < 300, np.nan, late)])
    found = likelihood_covariance(moves).matrix
    # It only ever saw the calm; its regression on the market says what the storm would have done.
    # The slope is of 100 calm days, each with a tenth of noise: its error is 1%, the square's 2%.
    assert found[1, 1] == pytest.approx(late.var(), rel=0.06)
    assert np.nanvar(moves[:, 1]) < 0.2 * late.var()


def test_a_factor_model_of_ragged_histories_needs_no_more_returns_than_factors():
    draws = np.random.default_rng(7)
    loadings = 1.0 + 0.5 * draws.normal(size=80)
    whole = np.outer(draws.normal(size=60), loadings) + 0.5 * draws.normal(size=(60, 80))
    moves = whole.copy()
    moves[:25, :10] = np.nan
    moves[draws.random(moves.shape) < 0.02] = np.nan
    found, complete = (statistical_factors(x, 1).matrix for x in (moves, whole))
    np.testing.assert_allclose(np.diag(found), np.nanvar(moves, axis=0, ddof=1), rtol=1e-10)
    # Those who miss nothing correlate as they did; those who miss much, nearly so.
    scale = np.sqrt(np.diag(complete))
    apart = np.abs(found - complete) / np.outer(scale, scale)
    assert apart[10:, 10:].mean() < 0.03
    assert apart[:10].mean() < 0.15


def test_a_covariance_of_real_late_listings_is_near_the_complete_ones(real_data):
    prices = pd.read_parquet(real_data / "prices_sp500_2013_2018.parquet")
    closes = prices.pivot(index="ds", columns="ticker", values="close").astype(float).iloc[-501:]
    returns = np.log(closes).diff().iloc[1:]
    late = returns.columns[returns.isna().any() & (returns.notna().sum() > 100)][:9]
    whole = returns.columns[returns.notna().all()][::8]
    moves = returns[[*whole, *late]].to_numpy()
    found = pairwise_covariance(moves)
    n = len(whole)
    np.testing.assert_allclose(np.diag(found.matrix), np.nanvar(moves, axis=0, ddof=1), rtol=1e-9)
    expected = np.corrcoef(moves[:, :n].T)
    deviations = np.sqrt(np.diag(found.matrix))
    correlations = (found.matrix / np.outer(deviations, deviations))[:n, :n]
    # A repair can move no element by more than the recorded distance.
    assert np.abs(correlations - expected).max() <= found.repair_distance + 1e-10
    assert found.repair_distance < 0.05 * len(moves[0])


@pytest.mark.parametrize(
    ("moves", "message"),
    [
        (ragged(100, 3, 1, {1: 80, 2: 20}), "factors 0 and 1 have 20 returns in common; 30 are"),
        (np.array([[np.inf, 1.0]] * 40), "return 0 of factor 0 is inf"),
    ],
)
def test_pairs_without_enough_dates_are_refused(moves, message):
    with pytest.raises(CovarianceError, match=message):
        pairwise_covariance(moves)


@pytest.mark.parametrize(
    ("moves", "message"),
    [
        (ragged(20, 30, 1, {0: 5}), "singular: 15 returns of a factor, 29 with more"),
        # A factor of five returns is its regression on four to the last digit.
        (ragged(60, 5, 1, {4: 55}), "singular: 5 returns of a factor, 4 with more"),
        (np.hstack([drawn(60, 2, 1)] * 2 + [ragged(60, 1, 2, {0: 9})]), "singular: 51 returns"),
        (ragged(20, 30, 1, {0: 5, 1: np.arange(6, 12)}), "singular: 20 returns, 30 factors"),
    ],
)
def test_a_likelihood_without_a_top_is_refused(moves, message):
    with pytest.raises(CovarianceError, match=message):
        likelihood_covariance(moves)


def test_a_likelihood_of_a_factor_that_never_moves_is_refused():
    constant = drawn(50, 3, 1)
    constant[:, 1] = 0.5
    with pytest.raises(CovarianceError, match="two returns that differ"):
        likelihood_covariance(constant)
