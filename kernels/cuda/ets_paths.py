"""Sample paths of exponential smoothing models on a GPU, and their quantiles.

A thread a path, which draws and walks as a lane of `kernels.ets_paths` does; then a block of
threads a period, which puts the paths in order. What is ranked never leaves the device.

References
----------
Batcher (1968), "Sorting networks and their applications", AFIPS Spring Joint Computer Conference
32 (the bitonic sorter; in the form in which all comparisons point one way, no padding is needed).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import cuda, float64

from kernels.arrays import Floats, Words
from kernels.cuda.ets import THREADS, refuse_season
from kernels.cuda.ets_forward import States, seen, states_of
from kernels.cuda.ets_kernels import LONGEST_SEASON
from kernels.cuda.grids import blocks_for
from kernels.cuda.streams import Piece, stream_rows
from kernels.cuda.views import view
from kernels.ets_fits import EtsFits
from kernels.ets_paths import fill_shocks, walk_lanes
from kernels.order_quantiles import rank_of

# Threads of a period's block.
SORTING = 128
# So many paths are put in order in a multiprocessor's own memory, more of them where they lie.
_NEAR = 2048
# Seasons, level and trend of a thread.
_RING = (LONGEST_SEASON + 2, 1)


@cuda.jit
def walk_ets_series(seed: int, entities: Words, states: States, out: Floats) -> None:
    """Fill sample paths, a thread a path.

    Parameters
    ----------
    seed : in [0, 2**32)
    entities : (n_series,) uint64
    states : of every series
    out : (n_series, n_paths, horizon, 1) float64, filled: shocks first, which the path replaces
    """
    place = cuda.grid(1)
    s, path = place // out.shape[1], place % out.shape[1]
    if s < out.shape[0]:
        ring = cuda.local.array(_RING, float64)
        own = view(out[s, path])
        fill_shocks(seed, entities[s], path, own)
        walk_lanes(seen(states), s, own, 1, 0, ring, own, 1, 0)


@cuda.jit(device=True)
def _put_in_order(values, i, j):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Exchange two numbers, the first of which is not to be the larger; beyond the end is none."""
    if j < values.shape[0] and values[i] > values[j]:
        values[i], values[j] = values[j], values[i]


@cuda.jit(device=True)
def _sort(values):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Put numbers in ascending order, all threads of a block together."""
    n, sorted_runs = values.shape[0], 1
    pairs = 1
    while 2 * pairs < n:
        pairs *= 2
    while sorted_runs < n:
        # Two ascending runs side by side, the second from its end on; then within each half.
        for pair in range(cuda.threadIdx.x, pairs, cuda.blockDim.x):
            begun, place = pair // sorted_runs * 2 * sorted_runs, pair % sorted_runs
            _put_in_order(values, begun + place, begun + 2 * sorted_runs - 1 - place)
        cuda.syncthreads()
        apart = sorted_runs // 2
        while apart > 0:
            for pair in range(cuda.threadIdx.x, pairs, cuda.blockDim.x):
                first = pair // apart * 2 * apart + pair % apart
                _put_in_order(values, first, first + apart)
            cuda.syncthreads()
            apart //= 2
        sorted_runs *= 2


@cuda.jit(device=True)
def _fill_quantiles(values, levels, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Fill the quantiles of numbers in ascending order, as `kernels.order_quantiles` has them."""
    for number in range(cuda.threadIdx.x, levels.shape[0], cuda.blockDim.x):
        below, share = rank_of(levels[number], values.shape[0])
        out[number] = values[below] + share * (values[below + 1] - values[below])


@cuda.jit
def rank_ets_paths(paths: Floats, levels: Floats, out: Floats) -> None:
    """Fill quantiles of sample paths, a block of threads a series' period.

    Parameters
    ----------
    paths : (n_series, n_paths, horizon, 1) float64, two paths or more; of many, the order is lost
    levels : (n_levels,) float64 in [0, 1]
    out : (n_series, horizon, n_levels) float64
    """
    s, step = cuda.blockIdx.x // out.shape[1], cuda.blockIdx.x % out.shape[1]
    near = cuda.shared.array(_NEAR, float64)
    own, n = paths[s, :, step, 0], paths.shape[1]
    if n > _NEAR:
        _sort(own)
        _fill_quantiles(own, levels, out[s, step])
    else:
        for path in range(cuda.threadIdx.x, n, cuda.blockDim.x):
            near[path] = own[path]
        cuda.syncthreads()
        _sort(near[:n])
        _fill_quantiles(near[:n], levels, out[s, step])


def simulate_ets(
    fits: EtsFits,
    entities: Words,
    n_paths: int,
    horizon: int,
    seed: int,
    *,
    at_once: int | None = None,
) -> Floats:
    """Return sample paths; `kernels.ets_paths.simulate_ets` on a GPU.

    Parameters
    ----------
    fits : with a season of `kernels.cuda.ets_kernels.LONGEST_SEASON` periods at most
    at_once : series on the device at a time; None is as many as fit
    others : as there

    Raises
    ------
    ValueError
        Where the season is longer.
    """
    refuse_season(fits.seasons.shape[1])
    out = np.empty((fits.model.shape[0], n_paths, horizon))

    def launch(stream: Any, given: Sequence[Any], taken: Sequence[Any]) -> None:  # noqa: ANN401 - numba's own
        _walk(stream, given, seed, taken[0])

    stream_rows(_given(entities, fits), [out[..., None]], launch, at_once)
    return out


def ets_quantiles(
    fits: EtsFits,
    entities: Words,
    levels: Floats,
    n_paths: int,
    horizon: int,
    seed: int,
    *,
    at_once: int | None = None,
) -> Floats:
    """Return quantiles of sample paths; `kernels.ets_paths.ets_quantiles` on a GPU.

    Parameters
    ----------
    fits : with a season of `kernels.cuda.ets_kernels.LONGEST_SEASON` periods at most
    at_once : series on the device at a time; None is as many as fit
    others : as there

    Raises
    ------
    ValueError
        Where the season is longer.
    """
    refuse_season(fits.seasons.shape[1])
    out = np.empty((fits.model.shape[0], horizon, levels.shape[0]))
    ranked = cuda.to_device(np.ascontiguousarray(levels))

    def scratch(rows: int) -> list[Piece]:
        return [((rows, n_paths, horizon, 1), np.float64)]

    def launch(stream: Any, given: Sequence[Any], taken: Sequence[Any], paths: Any) -> None:  # noqa: ANN401 - numba's own
        _walk(stream, given, seed, paths)
        rank_ets_paths[len(paths) * horizon, SORTING, stream](paths, ranked, *taken)

    stream_rows(_given(entities, fits), [out], launch, at_once, scratch=scratch)
    return out


def _given(entities: Words, fits: EtsFits) -> list[np.ndarray]:
    return [np.ascontiguousarray(entities, np.uint64), *states_of(fits)]


def _walk(stream: Any, given: Sequence[Any], seed: int, paths: Any) -> None:  # noqa: ANN401 - numba's own
    blocks = blocks_for(paths.shape[0] * paths.shape[1], THREADS)
    walk_ets_series[blocks, THREADS, stream](seed, given[0], States._make(given[1:]), paths)
