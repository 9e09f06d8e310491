"""Intermittent demand rated, fitted, drawn and ranked on a grid is the processor's."""

import numpy as np
import pytest

from kernels import counts_ahead, counts_fit, intermittent

pytestmark = pytest.mark.usefixtures("grids")
# Sums of logarithms, rounded once where the processor may round twice.
CLOSE = {"rtol": 1e-9, "atol": 1e-12}


def _series():
    draws = np.random.default_rng(5)
    parts = [
        draws.negative_binomial(2, 0.3, n) * (draws.random(n) < chance)
        for n, chance in ((31, 0.4), (5, 0.9), (17, 0.1), (23, 1.0))
    ]
    parts += [np.zeros(6), np.ones(1), np.zeros(1), 40.0 * (np.arange(12) == 7)]
    offsets = np.concatenate([[0], np.cumsum([len(p) for p in parts])])
    return np.concatenate(parts).astype(float), offsets


@pytest.mark.parametrize("model", list(intermittent.IntermittentModel))
@pytest.mark.parametrize("at_once", [None, 3])
def test_rates_are_the_processors(model, at_once):
    from kernels.cuda.intermittent import intermittent_rates

    told = (*_series(), model, 0.2, 0.05)
    found = intermittent_rates(*told, at_once=at_once)
    np.testing.assert_allclose(found, intermittent.intermittent_rates(*told), **CLOSE)


def _laws():
    values, offsets = _series()
    chances, sizes = (np.empty((len(offsets) - 1, counts_fit.FIT)) for _ in range(2))
    counts_fit.fit_hurdle_batch(values, offsets, chances, sizes)
    return chances, sizes


@pytest.mark.parametrize("at_once", [None, 3])
def test_laws_of_counts_are_the_processors(at_once):
    from kernels.cuda import intermittent as on_gpu

    values, offsets = _series()
    expected, found = (np.empty((len(offsets) - 1, counts_fit.FIT)) for _ in range(2))
    counts_fit.fit_count_batch(values, offsets, expected)
    on_gpu.fit_count_batch(values, offsets, found, at_once=at_once)
    np.testing.assert_allclose(found, expected, **CLOSE)
    chances, sizes = np.empty_like(found), np.empty_like(found)
    on_gpu.fit_hurdle_batch(values, offsets, chances, sizes, at_once=at_once)
    for own, theirs in zip((chances, sizes), _laws(), strict=True):
        np.testing.assert_allclose(own, theirs, **CLOSE)


@pytest.mark.parametrize("at_once", [None, 3])
def test_paths_and_quantiles_are_the_processors(at_once):
    from kernels.cuda import intermittent as on_gpu

    chances, sizes = _laws()
    entities = np.arange(len(chances), dtype=np.uint64) + np.uint64(2**40)
    expected, found = (np.empty((len(chances), 3, 4)) for _ in range(2))
    counts_ahead.fill_hurdle_paths(7, entities, chances, sizes, expected)
    on_gpu.fill_hurdle_paths(7, entities, chances, sizes, found, at_once=at_once)
    np.testing.assert_array_equal(found, expected)
    counts_ahead.fill_count_paths(7, entities, sizes, expected)
    on_gpu.fill_count_paths(7, entities, sizes, found, at_once=at_once)
    np.testing.assert_array_equal(found, expected)
    levels = np.array([0.05, 0.5, 0.9, 0.99])
    expected, found = (np.empty((len(chances), 2, 4)) for _ in range(2))
    counts_ahead.fill_hurdle_quantiles(chances, sizes, levels, expected)
    on_gpu.fill_hurdle_quantiles(chances, sizes, levels, found, at_once=at_once)
    np.testing.assert_array_equal(found, expected)
