"""Counter-based draws on a GPU: the integers of `kernels.philox` to the bit, one thread a counter.

Each kernel calls the scalar function that the processor calls. Uniforms agree to the bit; normals
to a few units in the last place, for a GPU may round a product and a sum once where the processor
rounds twice.
"""

import numpy as np
from numba import cuda

from kernels.arrays import Floats, Words
from kernels.cuda.views import view
from kernels.normal import normal_quantile
from kernels.philox import Stream, uniform_pair
from kernels.shocks import fill_t_scales, normal_pair, normal_quad_32

_NORMALS = int(Stream.PORTFOLIO_NORMALS)


@cuda.jit
def draw_uniforms(seed: int, stream: int, entities: Words, out: Floats) -> None:
    """Fill ``out`` (n_entities, n_paths, n_steps) as `kernels.philox.uniforms` does.

    Parameters
    ----------
    seed, stream : int64
    entities : (n_entities,) uint64
    out : (n_entities, n_paths, n_steps) float64; a thread fills two neighbouring steps
    """
    n_entities, n_paths, n_steps = out.shape
    pairs = (n_steps + 1) // 2
    n = cuda.grid(1)
    if n < n_entities * n_paths * pairs:
        pair = n % pairs
        path = n // pairs % n_paths
        entity = n // pairs // n_paths
        first, second = uniform_pair(seed, stream, entities[entity], path, pair)
        out[entity, path, 2 * pair] = first
        if 2 * pair + 1 < n_steps:
            out[entity, path, 2 * pair + 1] = second


@cuda.jit
def draw_stream_normals(seed: int, stream: int, first_scenario: int, out: Floats) -> None:
    """Fill ``out`` (n_rows, n_scenarios) as `kernels.market_normals.fill_stream_normals` does.

    Parameters
    ----------
    seed, stream, first_scenario : int64
    out : (n_rows, n_scenarios) float64; a thread fills two neighbouring rows of a scenario
    """
    n_rows, n_scenarios = out.shape
    n = cuda.grid(1)
    if n < (n_rows + 1) // 2 * n_scenarios:
        pair, s = n // n_scenarios, n % n_scenarios
        first, second = uniform_pair(seed, stream, pair, first_scenario + s, 0)
        out[2 * pair, s] = normal_quantile(first)
        if 2 * pair + 1 < n_rows:
            out[2 * pair + 1, s] = normal_quantile(second)


@cuda.jit
def draw_shocks(seed: int, first: int, out: Floats) -> None:
    """Fill ``out`` (n_factors, n_scenarios) float64 as `kernels.shocks.fill_shocks` does."""
    half = out.shape[0] // 2
    n = cuda.grid(1)
    if n < half * out.shape[1]:
        f, s = n // out.shape[1], n % out.shape[1]
        out[f, s], out[f + half, s] = normal_pair(seed, _NORMALS, f, first + s, 0)


@cuda.jit
def draw_shocks_32(seed: int, first: int, out: np.ndarray) -> None:
    """Fill ``out`` (n_factors, n_scenarios) float32 as `kernels.shocks.fill_shocks_32` does."""
    quarter = out.shape[0] // 4
    n = cuda.grid(1)
    if n < quarter * out.shape[1]:
        f, s = n // out.shape[1], n % out.shape[1]
        one, two, three, four = normal_quad_32(seed, _NORMALS, f, first + s, 1)
        out[f, s], out[f + quarter, s] = one, two
        out[f + 2 * quarter, s], out[f + 3 * quarter, s] = three, four


@cuda.jit
def draw_t_scales(seed: int, first: int, degrees: float, out: Floats) -> None:
    """Fill ``out`` (n_scenarios,) float64 as `kernels.shocks.fill_t_scales` does."""
    s = cuda.grid(1)
    if s < out.shape[0]:
        fill_t_scales(seed, first + s, degrees, view(out[s : s + 1]))
