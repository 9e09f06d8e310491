"""Common normals and their mixtures: moments, tails, and what a number may depend on."""

import numpy as np
import pytest
from numba import njit
from scipy import stats

from kernels.market_normals import fill_stream_normals, gaussian_moves
from kernels.normal import normal_quantile
from kernels.philox import Stream, uniform_pair


def normals(n_rows, n_scenarios, seed=11, first=0):
    out = np.empty((n_rows, n_scenarios))
    fill_stream_normals(seed, int(Stream.MARKET_NORMALS), first, out)
    return out


@pytest.fixture(scope="module")
def sample():
    return normals(20, 50_000)


def test_moments_are_those_of_the_normal(sample):
    n = sample.size
    # Standard errors of the first four moments of n independent normals; six of them allow.
    for power, expected, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((sample**power).mean() - expected) < 6 * np.sqrt(variance / n)


def test_rows_are_normal_by_kolmogorov_smirnov(sample):
    # Twenty tests at 1e-5 each: a sound generator fails once in 5,000 seeds; the seed is fixed.
    assert min(stats.kstest(row, "norm").pvalue for row in sample) > 1e-5


@pytest.mark.parametrize("level", [0.99, 0.999, 0.9999])
def test_tails_hold_as_many_as_they_should(sample, level):
    beyond = (sample > stats.norm.ppf(level)).sum()
    assert stats.binomtest(int(beyond), sample.size, 1 - level).pvalue > 1e-5


def test_rows_are_uncorrelated_though_pairs_share_a_counter(sample):
    correlations = np.corrcoef(sample)[np.triu_indices(len(sample), 1)]
    # 190 correlations with deviation 1 / sqrt(n): the largest of them stays below five.
    assert np.abs(correlations).max() < 5.0 / np.sqrt(sample.shape[1])


def test_a_number_depends_on_row_and_scenario_alone():
    whole = normals(7, 300)
    assert np.array_equal(whole[:3], normals(3, 300))
    assert np.array_equal(whole[:, 120:], normals(7, 180, first=120))
    assert not np.array_equal(whole, normals(7, 300, seed=12))


def test_numbers_are_those_of_the_philox_counter():
    stream = int(Stream.MARKET_NORMALS)

    @njit
    def pair(row, scenario):
        return uniform_pair(11, stream, row // 2, scenario, 0)

    whole = normals(4, 5)
    for row in (0, 2):
        for scenario in range(5):
            expected = [normal_quantile(u) for u in pair(row, scenario)]
            assert whole[row : row + 2, scenario].tolist() == expected


@pytest.mark.parametrize("n_rows", [1, 7, 8, 50])
def test_moves_are_loadings_times_normals(n_rows):
    loadings = np.random.default_rng(3).normal(size=(5, n_rows))
    moves = gaussian_moves(loadings, 11, 333)
    # Two orders of one sum of n_rows products.
    np.testing.assert_allclose(moves, loadings @ normals(n_rows, 333), rtol=0, atol=1e-13 * n_rows)


def test_moves_do_not_depend_on_other_factors_or_the_number_of_scenarios():
    loadings = np.random.default_rng(4).normal(size=(9, 61))
    whole = gaussian_moves(loadings, 11, 1000)
    assert np.array_equal(whole[3:4], gaussian_moves(loadings[3:4], 11, 1000))
    assert np.array_equal(whole[:, :777], gaussian_moves(loadings, 11, 777))
