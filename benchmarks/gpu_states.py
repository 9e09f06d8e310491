"""Parts of `benchmarks.gpu` on fitted exponential smoothing models: rolled forward, and simulated.

Kernel times are of data that lies on the device; whole calls are told in the note.
"""

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numba import cuda

from benchmarks.gpu_fits import WEEK, daily_demand
from benchmarks.gpu_rows import SEED, XP, Row, Sizes, measure, transfer_seconds
from kernels.cuda import ets_forward, ets_paths
from kernels.cuda.ets import THREADS
from kernels.cuda.grids import blocks_for
from kernels.ets import fit_ets, forecast_ets
from kernels.ets_fits import EtsFits
from kernels.ets_forward import track_ets
from kernels.ets_paths import ets_quantiles, simulate_ets

_FITTED, _DAYS = 200, 200
_CHECKED_PATHS = 100
_LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])


@lru_cache(maxsize=1)
def _few_fits(sizes: Sizes) -> EtsFits:
    """Return models of some series of generated demand, fitted on the processor."""
    demand = daily_demand(sizes.demand_series, sizes.demands, sizes.data)[0][:_FITTED, -_DAYS:]
    return fit_ets(demand.ravel(), np.arange(len(demand) + 1) * demand.shape[1], WEEK)


def _repeated(fits: EtsFits, n: int) -> EtsFits:
    places = np.arange(n) % len(fits.model)
    return EtsFits._make(part[places] for part in fits)


def states_rolled(_xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Carry a million states a period forward, and forecast from them."""
    n, few = sizes.states, _few_fits(sizes)
    fits, signal = _repeated(few, n), np.zeros(n)
    news, offsets = np.random.default_rng(SEED).poisson(2.0, n).astype(np.float64), np.arange(n + 1)
    given = (news.reshape(-1, 1), np.ones(n, np.int64), signal)
    states = ets_forward.States._make(cuda.to_device(part) for part in ets_forward.states_of(fits))
    far = [cuda.to_device(array) for array in given]
    parts = (fits.level, fits.trend, fits.seasons, signal)
    outs = [cuda.device_array(part.shape) for part in parts]
    carry = ets_forward.carry_ets_series[blocks_for(n, THREADS), THREADS]
    kernel = measure(lambda: carry(*far, states, *outs))
    whole = measure(lambda: ets_forward.track_ets(fits, signal, news, offsets), 1)
    own = measure(lambda: track_ets(fits, signal, news, offsets), 1)
    expected = track_ets(fits, signal, news, offsets)[0]
    found = ets_forward.track_ets(fits, signal, news, offsets)[0]
    sent = float(sum(part.nbytes for part in (*given, *states)))
    received = float(sum(part.nbytes for part in parts))
    yield Row(
        "states rolled",
        f"{n:,} states, one period",
        kernel,
        transfer_seconds(sent, received),
        moved=sent + received,
        operations=math.nan,
        error=_relative(found.level, expected.level),
        note=f"the whole call {whole:.3g} s, the processor {own:.3g} s",
    )
    yield _forecasts(fits, states, sizes.horizon)


def _forecasts(fits: EtsFits, states: ets_forward.States, horizon: int) -> Row:
    n = len(fits.model)
    means = cuda.device_array((n, horizon))
    expect = ets_forward.expect_ets_series[blocks_for(n, THREADS), THREADS]
    kernel = measure(lambda: expect(states, means))
    whole = measure(lambda: ets_forward.forecast_ets(fits, horizon), 1)
    own = measure(lambda: forecast_ets(fits, horizon), 1)
    error = _relative(ets_forward.forecast_ets(fits, horizon), forecast_ets(fits, horizon))
    sent = float(sum(part.nbytes for part in states))
    return Row(
        "forecasts of states",
        f"{n:,} states x {horizon} periods",
        kernel,
        transfer_seconds(sent, 8.0 * n * horizon),
        moved=sent + 8.0 * n * horizon,
        operations=math.nan,
        error=error,
        note=f"the whole call {whole:.3g} s, the processor {own:.3g} s",
    )


def ets_sample_paths(_xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Simulate exponential smoothing models, and rank what is simulated."""
    few = _few_fits(sizes)
    n, paths, horizon = sizes.simulated, sizes.paths, sizes.horizon
    fits, entities = _repeated(few, n), np.arange(n, dtype=np.uint64)
    states = ets_forward.States._make(cuda.to_device(part) for part in ets_forward.states_of(fits))
    told, levels = cuda.to_device(entities), cuda.to_device(_LEVELS)
    out, ranked = cuda.device_array((n, paths, horizon, 1)), cuda.device_array((n, horizon, 5))
    walk = ets_paths.walk_ets_series[blocks_for(n * paths, THREADS), THREADS]
    rank = ets_paths.rank_ets_paths[n * horizon, ets_paths.SORTING]
    walking = measure(lambda: walk(SEED, told, states, out))
    ranking = measure(lambda: rank(out, levels, ranked))
    own = np.arange(len(few.model), dtype=np.uint64)
    asked: tuple[Any, ...] = (min(paths, _CHECKED_PATHS), horizon, SEED)
    found = ets_paths.simulate_ets(few, own, *asked)
    error = _relative(found, simulate_ets(few, own, *asked))
    quantiles = ets_paths.ets_quantiles(few, own, _LEVELS, *asked)
    gap = _relative(quantiles, ets_quantiles(few, own, _LEVELS, *asked))
    many = _repeated(few, sizes.demand_series)
    words = np.arange(len(many.model), dtype=np.uint64)
    whole = measure(lambda: ets_paths.ets_quantiles(many, words, _LEVELS, paths, horizon, SEED), 1)
    size, moved = f"{n:,} series x {paths:,} paths x {horizon}", 8.0 * n * paths * horizon
    note = f"{len(many.model):,} series walked and ranked by a whole call in {whole:.3g} s"
    sent, transfer = float(sum(part.nbytes for part in states)), transfer_seconds(0.0, moved)
    yield Row("ETS paths", size, walking, transfer, sent + moved, math.nan, error)
    transfer = transfer_seconds(sent, float(ranked.nbytes))
    yield Row("quantiles of ETS paths", size, ranking, transfer, moved, math.nan, gap, note)


def _relative(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference, in units of the largest number there is."""
    gap = np.nanmax(np.abs(found - expected), initial=0.0)
    return float(gap / np.nanmax(np.abs(expected), initial=1.0))
