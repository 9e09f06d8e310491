"""Repairs of correlations: published matrices, projections, and recorded distances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.covariance import CovarianceError, nearest_correlation, rooted, spectral_correlation
from tests.oracles.covariance import semidefinite

QUANTLIB = np.array([[1.0, 0.9, 0.7], [0.9, 1.0, 0.3], [0.7, 0.3, 1.0]])
HIGHAM = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])


def inconsistent(n, seed):
    """Return correlations such as come of judgement: symmetric, and likely of no variables."""
    draws = np.random.default_rng(seed).uniform(-1.0, 1.0, (n, n))
    matrix = np.tril(draws, -1) + np.tril(draws, -1).T
    np.fill_diagonal(matrix, 1.0)
    return matrix


def test_the_spectral_repair_is_quantlibs():
    # QuantLib, test-suite/matrices.cpp, testSqrt: the salvaged matrix's elements.
    found = spectral_correlation(QUANTLIB).matrix
    expected = (0.894024408508599, 0.696319066114392, 0.300969036104592)
    assert (found[0, 1], found[0, 2], found[1, 2]) == pytest.approx(expected, abs=1e-14)


def test_the_nearest_correlation_is_highams():
    # Higham (2002), section 4: the nearest matrix to four decimals, at distance 0.5278.
    found = nearest_correlation(HIGHAM)
    expected = [[1.0, 0.7607, 0.1573], [0.7607, 1.0, 0.7607], [0.1573, 0.7607, 1.0]]
    np.testing.assert_allclose(found.matrix, expected, rtol=0, atol=5e-5)
    assert found.distance == pytest.approx(0.5278, abs=5e-5)
    assert found.smallest_eigenvalue == pytest.approx(1.0 - np.sqrt(2.0), abs=1e-14)


@settings(max_examples=40)
@given(n=st.integers(2, 12), seed=st.integers(0, 10_000))
def test_repairs_are_correlations_and_the_nearest_is_no_further_than_the_spectral(n, seed):
    matrix = inconsistent(n, seed)
    spectral, nearest = spectral_correlation(matrix), nearest_correlation(matrix)
    for found in (spectral, nearest):
        assert np.array_equal(found.matrix, found.matrix.T)
        assert np.array_equal(np.diag(found.matrix), np.ones(n))
        assert semidefinite(found.matrix)
        assert np.abs(found.matrix).max() <= 1.0 + 1e-12
        assert found.distance == pytest.approx(np.linalg.norm(found.matrix - matrix), abs=1e-12)
    assert nearest.distance <= spectral.distance + 1e-7


@settings(max_examples=25)
@given(n=st.integers(2, 8), seed=st.integers(0, 10_000))
def test_no_correlation_on_the_way_to_another_is_nearer(n, seed):
    matrix = inconsistent(n, seed)
    nearest = nearest_correlation(matrix)
    other = np.corrcoef(np.random.default_rng(seed + 1).normal(size=(n, n + 5)))
    # The correlations are convex: from the nearest, every step towards another leads away.
    slope = ((nearest.matrix - matrix) * (other - nearest.matrix)).sum()
    assert slope >= -1e-6


@pytest.mark.parametrize("repair", [spectral_correlation, nearest_correlation])
def test_a_sound_correlation_is_left_alone_to_the_bit(repair):
    sound = np.corrcoef(np.random.default_rng(3).normal(size=(5, 40)))
    singular = np.ones((4, 4))
    for matrix in (sound, singular, np.eye(1)):
        found = repair(matrix)
        assert found.matrix is matrix
        assert (found.distance, found.iterations) == (0.0, 0)


def test_a_repair_that_cannot_finish_says_so():
    with pytest.raises(CovarianceError, match="not found after 2 iterations"):
        nearest_correlation(HIGHAM, most_iterations=2)


def test_a_covariance_keeps_its_variances_and_records_its_repair():
    deviations = np.array([0.01, 0.2, 3.0])
    found = rooted(np.outer(deviations, deviations) * QUANTLIB)
    np.testing.assert_allclose(np.diag(found.matrix), deviations**2, rtol=1e-14)
    correlation = found.matrix / np.outer(deviations, deviations)
    assert correlation[0, 1] == pytest.approx(0.894024408508599, abs=1e-12)
    moved = np.array([0.9 - 0.894024408508599, 0.7 - 0.696319066114392, 0.300969036104592 - 0.3])
    assert found.repair_distance == pytest.approx(np.sqrt(2.0 * (moved**2).sum()), abs=1e-12)


def test_a_sound_covariance_is_its_root_times_itself():
    matrix = np.cov(np.random.default_rng(4).normal(size=(6, 4)))
    found = rooted(matrix)
    np.testing.assert_allclose(found.loadings @ found.loadings.T, matrix, rtol=0, atol=1e-13)
    assert found.repair_distance == 0.0


def test_a_factor_that_never_moves_has_no_loadings():
    found = rooted(np.array([[4.0, 0.0], [0.0, 0.0]]))
    np.testing.assert_allclose(found.matrix, [[4.0, 0.0], [0.0, 0.0]], rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.ones((2, 3)), r"a covariance must be square; got shape \(2, 3\)"),
        (np.array([[1.0, np.nan], [np.nan, 1.0]]), "a covariance must be finite"),
        (np.array([[1.0, 0.5], [0.4, 1.0]]), "a covariance must be symmetric; two halves diff"),
        (np.array([[1.0, 0.0], [0.0, -0.1]]), "a variance must not be negative; got -0.1"),
    ],
)
def test_what_is_no_covariance_is_refused(matrix, message):
    with pytest.raises(CovarianceError, match=message):
        rooted(matrix)
