"""Covariances of complete histories: published figures, peers, closed forms and laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.covariance import (
    CovarianceError,
    estimate_covariance,
    exponential_covariance,
    ledoit_wolf,
    number_of_factors,
    oracle_approximating,
    sample_covariance,
    statistical_factors,
)
from risk.covariance.estimate import COVARIANCE_METHODS
from tests.oracles.covariance import ledoit_wolf_share, semidefinite

SHAPES = st.tuples(st.integers(2, 30), st.integers(1, 12), st.integers(0, 10_000))


def formula_moves():
    """Return sixty moves of eight factors, of unlike sizes and correlated, by a formula."""
    day = np.arange(1, 61)
    own = np.sin(day[:, None] ** 2 * np.array([1, 2, 3, 5, 7, 11, 13, 17]) * 0.37)
    return own * np.array([1, 2, 0.5, 1, 3, 1, 0.1, 1]) + np.cos(day * 1.7)[:, None]


def drawn(n_returns, n_factors, seed, scale=0.01):
    draws = np.random.default_rng(seed)
    common = draws.normal(size=(n_returns, 1))
    return scale * (common + draws.standard_t(5, size=(n_returns, n_factors)))


@pytest.mark.parametrize(
    ("estimate", "share", "elements"),
    [
        # scikit-learn 1.9.1: ledoit_wolf(formula_moves()) and oas(formula_moves()), all digits.
        (
            ledoit_wolf,
            0.08617590078041419,
            (0.9807316894193769, 0.7356779743111199, 0.0012376895759858633),
        ),
        (
            oracle_approximating,
            0.11760876323118864,
            (0.9964551383888499, 0.7103728148232772, 0.0011951166932702774),
        ),
    ],
)
def test_shrinkage_is_that_of_scikit_learn(estimate, share, elements):
    found = estimate(formula_moves())
    # Sums run in another order; nothing else differs.
    assert found.shrinkage == pytest.approx(share, rel=1e-12)
    matrix = found.matrix
    assert (matrix[0, 0], matrix[0, 1]) == pytest.approx(elements[:2], rel=1e-12)
    # This one is a small difference of large sums.
    assert matrix[4, 2] == pytest.approx(elements[2], rel=1e-10)


@settings(max_examples=40)
@given(SHAPES)
def test_ledoit_wolfs_share_is_that_of_the_papers_sums(shape):
    n_returns, n_factors, seed = shape
    moves = drawn(n_returns, max(n_factors, 2), seed)
    assert ledoit_wolf(moves).shrinkage == pytest.approx(ledoit_wolf_share(moves), rel=1e-8)


@settings(max_examples=40)
@given(SHAPES, st.sampled_from([ledoit_wolf, oracle_approximating]))
def test_shrinking_lies_between_the_sample_and_its_target_and_keeps_the_trace(shape, estimate):
    moves = drawn(*shape)
    found = estimate(moves)
    sample = np.cov(moves.T, ddof=0).reshape(shape[1], shape[1])
    target = np.trace(sample) / shape[1] * np.eye(shape[1])
    expected = (1.0 - found.shrinkage) * sample + found.shrinkage * target
    assert 0.0 <= found.shrinkage <= 1.0
    np.testing.assert_allclose(found.matrix, expected, rtol=0, atol=1e-12 * np.trace(sample))


def test_shrinkage_vanishes_as_the_sample_grows():
    mixing = np.random.default_rng(1).normal(size=(6, 6))
    shares = [
        ledoit_wolf(np.random.default_rng(2).normal(size=(n, 6)) @ mixing).shrinkage
        for n in (100, 10_000)
    ]
    # The share is of order 1 / n: a hundredfold sample, a hundredth of it, give or take noise.
    assert shares[1] < shares[0] / 30.0


def test_shrinkage_brings_a_noisy_sample_nearer_to_the_truth():
    truth = 0.3 * np.ones((60, 60)) + 0.7 * np.eye(60)
    root = np.linalg.cholesky(truth)
    samples = [np.random.default_rng(seed).normal(size=(80, 60)) @ root.T for seed in range(20)]
    plain, *shrunk = (
        np.mean([((estimate(moves).matrix - truth) ** 2).sum() for moves in samples])
        for estimate in (sample_covariance, ledoit_wolf, oracle_approximating)
    )
    # The mean squared error is what the shares are chosen to lessen, not that of each sample.
    assert max(shrunk) < 0.95 * plain


@settings(max_examples=30)
@given(SHAPES)
def test_the_sample_covariance_is_numpys(shape):
    moves = drawn(*shape)
    expected = np.cov(moves.T).reshape(shape[1], shape[1])
    np.testing.assert_allclose(sample_covariance(moves).matrix, expected, rtol=0, atol=1e-15)


def test_exponential_weights_follow_their_recursion():
    moves, decay = drawn(400, 4, 3), 0.94
    running = np.zeros((4, 4))
    for move in moves:
        running = decay * running + (1.0 - decay) * np.outer(move, move)
    # The recursion starts at zero, so its weights sum to 1 - decay**n.
    expected = running / (1.0 - decay**400)
    np.testing.assert_allclose(exponential_covariance(moves, decay).matrix, expected, rtol=1e-12)


def test_one_return_is_its_own_exponential_covariance():
    found = exponential_covariance(np.array([[0.01, -0.02]]), 0.5).matrix
    np.testing.assert_allclose(found, [[1e-4, -2e-4], [-2e-4, 4e-4]], rtol=1e-14)


@pytest.mark.parametrize(("n_returns", "n_factors"), [(400, 30), (60, 90)])
def test_a_factor_model_finds_its_factors_and_the_covariance_they_imply(n_returns, n_factors):
    draws = np.random.default_rng(5)
    loadings = draws.normal(size=(n_factors, 2)) + np.array([1.0, 0.0])
    moves = draws.normal(size=(n_returns, 2)) @ loadings.T
    moves += draws.normal(size=(n_returns, n_factors))
    own = np.ascontiguousarray(((moves - moves.mean(axis=0)) / moves.std(axis=0)).T)
    assert number_of_factors(own) == 2
    found = statistical_factors(moves)
    assert found.loadings.shape == (n_factors, 2)
    np.testing.assert_allclose(np.diag(found.matrix), moves.var(axis=0, ddof=1), rtol=1e-12)
    truth = loadings @ loadings.T + np.eye(n_factors)
    off = ~np.eye(n_factors, dtype=bool)
    error = np.abs(found.matrix - truth)[off].mean() / np.abs(truth)[off].mean()
    # Two components estimated from n returns: each loading's error is about 1 / sqrt(n).
    assert error < 4.0 / np.sqrt(n_returns)


def test_a_model_with_all_components_is_the_sample_covariance():
    moves = drawn(40, 6, 8)
    found = statistical_factors(moves, 6)
    np.testing.assert_allclose(found.matrix, np.cov(moves.T), rtol=0, atol=1e-16)
    # What is left as the factors' own is rounding: the root of it is 1e-8 of a deviation.
    assert found.specific.max() < 1e-7 * moves.std()


@pytest.mark.parametrize("method", COVARIANCE_METHODS)
def test_every_estimate_is_semidefinite_however_few_the_returns(method):
    moves = drawn(31, 90, 4)
    moves[:, 7] = moves[:, 3]
    moves[:, 11] = 0.02
    found = estimate_covariance(moves, method)
    matrix = found.matrix / moves.var()
    assert semidefinite(matrix)
    assert found.repair_distance == 0.0
    if method != "ewma":
        variances = moves.var(axis=0, ddof=0 if method == "likelihood" else 1)
        np.testing.assert_allclose(np.diag(found.matrix), variances, rtol=1e-10, atol=1e-18)
        assert abs(found.matrix[11]).max() < 1e-17


@pytest.mark.parametrize("method", COVARIANCE_METHODS)
def test_estimates_follow_the_units(method):
    moves = drawn(80, 5, 6)
    units = np.array([1.0, 100.0, 1e-4, 3.0, 7.0])
    plain = estimate_covariance(moves, method).matrix
    scaled = estimate_covariance(moves * units, method).matrix
    np.testing.assert_allclose(scaled, plain * np.outer(units, units), rtol=1e-9)


@pytest.mark.parametrize("method", ["sample", "ewma"])
def test_a_factors_loadings_do_not_depend_on_the_others(method):
    moves = drawn(80, 5, 6)
    whole = estimate_covariance(moves, method).loadings
    assert np.array_equal(whole[3:4], estimate_covariance(moves[:, 3:4], method).loadings)


@pytest.mark.parametrize(
    ("moves", "message"),
    [
        (np.zeros(5), r"moves must be \(n_returns, n_factors\); got shape \(5,\)"),
        (np.zeros((5, 0)), r"moves must be \(n_returns, n_factors\); got shape \(5, 0\)"),
        (np.zeros((1, 2)), "moves must have 2 returns at least; got 1"),
        (np.array([[0.0, 1.0], [np.nan, 1.0]]), "return 1 of factor 0 is nan"),
        (np.array([[0.0, np.inf], [0.0, 1.0]]), "return 0 of factor 1 is inf"),
    ],
)
@pytest.mark.parametrize("estimate", [sample_covariance, ledoit_wolf, oracle_approximating])
def test_moves_that_make_no_covariance_are_refused(moves, message, estimate):
    with pytest.raises(CovarianceError, match=message):
        estimate(moves)


def test_settings_out_of_range_are_refused():
    with pytest.raises(CovarianceError, match=r"decay must be in \(0, 1\); got 1.0"):
        exponential_covariance(np.zeros((5, 2)), 1.0)
    with pytest.raises(CovarianceError, match="n_components must be 1 to 4; got 5"):
        statistical_factors(drawn(5, 9, 1), 5)
    with pytest.raises(CovarianceError, match=r"method must be one of sample, .*; got 'guess'"):
        estimate_covariance(np.zeros((5, 2)), "guess")
    with pytest.raises(CovarianceError, match="every factor needs two returns at least"):
        statistical_factors(np.array([[1.0, np.nan], [2.0, 1.0]]))
