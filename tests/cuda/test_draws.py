"""Draws on a grid are the processor's."""

import numpy as np
import pytest

from kernels.market_normals import fill_stream_normals, gaussian_moves
from kernels.philox import Stream, uniforms
from kernels.shocks import fill_shocks, fill_shocks_32, fill_t_scales

pytestmark = pytest.mark.usefixtures("grids")
# A GPU may round a product and a sum once where the processor rounds twice; each polynomial of a
# normal adds a few such steps of half a unit in the last place.
CLOSE_64, CLOSE_32 = 1e-14, 2e-6
SEED = 20_260_101
FAR = np.array([0, 1, 2**32 + 7, 2**64 - 1], np.uint64)


@pytest.mark.parametrize(("n_paths", "n_steps"), [(1, 1), (3, 5), (2, 8)])
def test_uniforms_agree_to_the_bit(n_paths, n_steps):
    from kernels.cuda.draws import draw_uniforms
    from kernels.cuda.grids import blocks_for

    out = np.zeros((len(FAR), n_paths, n_steps))
    draw_uniforms[blocks_for(out.size, 16), 16](SEED, int(Stream.DEMAND_PATHS), FAR, out)
    expected = uniforms(SEED, Stream.DEMAND_PATHS, FAR, n_paths, n_steps)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize(("n_rows", "n_scenarios"), [(1, 3), (2, 1), (5, 7)])
def test_stream_normals_agree(n_rows, n_scenarios):
    from kernels.cuda.draws import draw_stream_normals
    from kernels.cuda.grids import blocks_for

    first, stream = 2**31 - 2, int(Stream.MARKET_NORMALS)
    out, expected = np.zeros((n_rows, n_scenarios)), np.zeros((n_rows, n_scenarios))
    draw_stream_normals[blocks_for(out.size, 8), 8](SEED, stream, first, out)
    fill_stream_normals(SEED, stream, first, expected)
    np.testing.assert_allclose(out, expected, rtol=CLOSE_64, atol=CLOSE_64)


@pytest.mark.parametrize(("n_factors", "n_rows", "n_scenarios"), [(1, 1, 3), (5, 9, 8), (4, 6, 19)])
def test_gaussian_moves_agree_whatever_is_made_beside_them(
    n_factors, n_rows, n_scenarios, monkeypatch
):
    from kernels.cuda import market_moves

    monkeypatch.setattr(market_moves, "FACTORS", 2)
    monkeypatch.setattr(market_moves, "SCENARIOS", 8)
    loadings = np.random.default_rng(6).normal(size=(n_factors, n_rows))
    told = (SEED, n_scenarios, Stream.COPULA_NORMALS)
    found, expected = market_moves.gaussian_moves(loadings, *told), gaussian_moves(loadings, *told)
    close = 1e-13 * np.linalg.norm(loadings, axis=1).max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=close)
    last, fewer = loadings[-1:], (SEED, max(n_scenarios - 2, 1), Stream.COPULA_NORMALS)
    alone = market_moves.gaussian_moves(last, *fewer)
    np.testing.assert_allclose(alone, found[-1:, : fewer[1]], rtol=0, atol=close)


@pytest.mark.parametrize("n_scenarios", [1, 5])
@pytest.mark.parametrize(("precision", "close"), [("float64", CLOSE_64), ("float32", CLOSE_32)])
def test_shocks_agree(n_scenarios, precision, close):
    from kernels.cuda.draws import draw_shocks, draw_shocks_32
    from kernels.cuda.grids import blocks_for

    wide = precision == "float64"
    draw, fill = (draw_shocks, fill_shocks) if wide else (draw_shocks_32, fill_shocks_32)
    out = np.zeros((16, n_scenarios), precision)
    expected = np.zeros_like(out)
    draw[blocks_for(out.size // 2, 32), 32](SEED, 1_000, out)
    fill(SEED, 1_000, expected)
    np.testing.assert_allclose(out, expected, rtol=close, atol=close)


@pytest.mark.parametrize("degrees", [0.0, 4.0, 5.0, 3.5])
def test_t_scales_agree(degrees):
    from kernels.cuda.draws import draw_t_scales
    from kernels.cuda.grids import blocks_for

    out, expected = np.zeros(37), np.zeros(37)
    draw_t_scales[blocks_for(37, 8), 8](SEED, 11, degrees, out)
    fill_t_scales(SEED, 11, degrees, expected)
    np.testing.assert_allclose(out, expected, rtol=CLOSE_64)


def test_a_launch_covers_every_element_and_refuses_more_than_a_grid_counts():
    from kernels.cuda.grids import MOST_THREADS, THREADS, blocks_for

    for n in (0, 1, THREADS - 1, THREADS, THREADS + 1, MOST_THREADS):
        blocks = blocks_for(n)
        assert blocks * THREADS >= n
        assert blocks == 1 or (blocks - 1) * THREADS < n
        assert blocks * THREADS < 2**31
    with pytest.raises(ValueError, match="must be in"):
        blocks_for(MOST_THREADS + 1)
