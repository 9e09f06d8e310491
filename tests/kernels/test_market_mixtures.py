"""Given normals mixed, and normals of a factor's own: what each number may depend on."""

import numpy as np
from scipy import stats

from kernels.market_normals import (
    add_specific_normals,
    fill_stream_normals,
    gaussian_moves,
    mixed_moves,
)
from kernels.philox import Stream

SPECIFIC = int(Stream.SPECIFIC_NORMALS)


def specific(entities, deviations, n_scenarios, seed=5):
    out = np.zeros((len(entities), n_scenarios))
    entities = np.array(entities, np.uint64)
    add_specific_normals(seed, SPECIFIC, entities, np.array(deviations), out)
    return out


def test_mixed_moves_are_the_product_whatever_the_width():
    draws = np.random.default_rng(1)
    loadings, normals = draws.normal(size=(5, 13)), draws.normal(size=(13, 300))
    whole = mixed_moves(loadings, normals)
    np.testing.assert_allclose(whole, loadings @ normals, rtol=0, atol=1e-13)
    assert np.array_equal(whole[2:4, 131:140], mixed_moves(loadings[2:4], normals[:, 131:140]))


def test_gaussian_moves_are_their_streams_normals_mixed():
    loadings = np.random.default_rng(2).normal(size=(3, 9))
    normals = np.empty((9, 200))
    fill_stream_normals(11, int(Stream.COPULA_NORMALS), 0, normals)
    moves = gaussian_moves(loadings, 11, 200, Stream.COPULA_NORMALS)
    assert np.array_equal(moves, mixed_moves(loadings, normals))
    assert not np.array_equal(moves, gaussian_moves(loadings, 11, 200))


def test_streams_are_uncorrelated():
    market, copula = np.empty((4, 20_000)), np.empty((4, 20_000))
    fill_stream_normals(11, int(Stream.MARKET_NORMALS), 0, market)
    fill_stream_normals(11, int(Stream.COPULA_NORMALS), 0, copula)
    across = np.corrcoef(market, copula)[:4, 4:]
    assert np.abs(across).max() < 5.0 / np.sqrt(20_000)


def test_own_normals_belong_to_an_identity_not_a_place():
    both = specific([2**63 + 5, 9], [1.0, 2.0], 301)
    assert np.array_equal(both[1:], specific([9], [2.0], 301))
    assert np.array_equal(both[:, :300], specific([2**63 + 5, 9], [1.0, 2.0], 300))
    assert not np.array_equal(both, specific([2**63 + 5, 9], [1.0, 2.0], 301, seed=6))


def test_own_normals_are_normal_of_their_deviation_and_added():
    made = specific([1, 2, 3], [0.5, 0.0, 3.0], 50_000)
    assert stats.kstest(made[0] / 0.5, "norm").pvalue > 1e-5
    assert stats.kstest(made[2] / 3.0, "norm").pvalue > 1e-5
    assert not made[1].any()
    assert abs(np.corrcoef(made[[0, 2]])[0, 1]) < 5.0 / np.sqrt(50_000)
    out = np.ones((1, 4))
    add_specific_normals(5, SPECIFIC, np.array([1], np.uint64), np.array([0.5]), out)
    np.testing.assert_allclose(out - 1.0, made[:1, :4], rtol=0, atol=1e-15)
