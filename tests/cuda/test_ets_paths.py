"""Paths of exponential smoothing models and their quantiles on a grid are the processor's."""

from functools import cache

import numpy as np
import pytest

from kernels import ets_paths as on_processor
from kernels.ets import fit_ets
from kernels.order_quantiles import fill_order_quantiles
from tests.cuda.histories import flat, ragged_histories

pytestmark = pytest.mark.usefixtures("grids")
# Shocks are the same to a few units in the last place, and a path is a few steps of a recursion.
CLOSE = {"rtol": 1e-11, "atol": 1e-11}
ENTITIES = np.arange(6, dtype=np.uint64) * np.uint64(3) + np.uint64(2**40)


def _fits(season_length, names=()):
    return fit_ets(*flat(ragged_histories(np.random.default_rng(31), 18)), season_length, names)


@pytest.mark.parametrize(
    ("season_length", "names"),
    [(1, ()), (4, ()), (4, ("MAdM",)), (4, ("AAdA",)), (4, ("MNA",)), (1, ("MAN",))],
)
@pytest.mark.parametrize(("n_paths", "horizon", "at_once"), [(5, 7, None), (3, 1, 2), (1, 4, 1)])
def test_paths_are_the_processors(season_length, names, n_paths, horizon, at_once):
    from kernels.cuda.ets_paths import simulate_ets

    fits = _fits(season_length, names)
    told = (fits, ENTITIES, n_paths, horizon, 7)
    expected = on_processor.simulate_ets(*told)
    assert len(np.unique(fits.model)) > 1
    np.testing.assert_allclose(simulate_ets(*told, at_once=at_once), expected, **CLOSE)


@pytest.mark.parametrize("at_once", [None, 1, 4])
@pytest.mark.parametrize(("n_paths", "horizon"), [(2, 3), (37, 2)])
def test_quantiles_are_the_processors(n_paths, horizon, at_once, monkeypatch):
    from kernels.cuda import ets_paths

    monkeypatch.setattr(ets_paths, "SORTING", 8)
    levels = np.array([0.0, 0.025, 0.5, 0.975, 1.0])
    told = (_fits(4), ENTITIES, levels, n_paths, horizon, 2**32 - 1)
    found = ets_paths.ets_quantiles(*told, at_once=at_once)
    expected = on_processor.ets_quantiles(*told)
    assert np.isnan(expected).any()
    np.testing.assert_allclose(found, expected, **CLOSE)


@cache
def _ranking(_):
    """Return the kernel that ranks, made anew."""
    from numba import cuda

    from kernels.cuda import ets_paths

    return cuda.jit(ets_paths.rank_ets_paths.py_func)


@pytest.mark.parametrize("n", [2, 3, 7, 8, 31, 64, 65])
@pytest.mark.parametrize(("most", "threads"), [(2048, 4), (1, 4), (2048, 1)])
def test_paths_are_ranked_wherever_they_lie(n, most, threads, monkeypatch):
    from numba import config

    from kernels.cuda import ets_paths

    # A kernel reads what its module says when it is made: in the simulator, when it is launched.
    monkeypatch.setattr(ets_paths, "_NEAR", most)
    rank = _ranking(most)
    paths = np.round(np.random.default_rng(n).normal(0.0, 3.0, (2, n, 2, 1)))
    levels, found = np.linspace(0.0, 1.0, 7), np.empty((2, 2, 7))
    expected = np.empty_like(found)
    for s in range(2):
        for step in range(2):
            values = np.ascontiguousarray(paths[s, :, step, 0])
            fill_order_quantiles(values, levels, expected[s, step])
    rank[4, threads](paths, levels, found)
    # In the simulator a product and a sum are rounded as the processor rounds them.
    close = 0.0 if config.ENABLE_CUDASIM else 1e-15
    np.testing.assert_allclose(found, expected, rtol=close, atol=close)


def test_chunks_are_sized_by_what_a_launch_takes_beside_its_rows(monkeypatch):
    from kernels.cuda import streams

    sizes = []
    monkeypatch.setattr(streams, "_MOST_SCRATCH", 10_000)
    given, found = np.arange(10.0), np.empty(10)

    def launch(_, inputs, outputs, beside):
        sizes.append(beside.shape)
        outputs[0][:] = inputs[0]

    streams.stream_rows([given], [found], launch, scratch=lambda rows: [((rows, 310), np.float64)])
    assert sizes == [(4, 310), (4, 310), (2, 310)]
    np.testing.assert_array_equal(found, given)
