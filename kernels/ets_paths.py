"""Sample paths of exponential smoothing models, and their quantiles.

Every model is simulated as it is defined: normal errors, added to the mean or relative to it, and
the states follow each simulated period. For models without ratios the quantiles are those of the
normal law with variances as in Hyndman et al., table 6.2, up to the simulation's error.

References
----------
Hyndman, Koehler, Ord & Snyder (2008), "Forecasting with Exponential Smoothing", section 6.1.
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Words
from kernels.ets_fits import ALPHA, BETA, GAMMA, PHI, EtsFits
from kernels.ets_step import ADDED, RATIO
from kernels.lanes import LANES, count_rows, load_lanes, store_lanes
from kernels.order_quantiles import fill_order_quantiles
from kernels.philox import Stream
from kernels.shocks import normal_pair

_STREAM = int(Stream.SMOOTHING_PATHS)
# Paths whose shocks are drawn at a time.
_BLOCK = 256


@njit(cache=True, nogil=True, error_model="numpy")
def fill_shocks(seed: int, entity: int, first: int, shocks: Floats) -> None:
    """Fill (horizon, n) standard normals of a series' paths from number ``first`` on."""
    for step in range(0, shocks.shape[0], 2):
        near = shocks[step]
        if step + 1 == shocks.shape[0]:
            for k in range(near.shape[0]):
                near[k], _ = normal_pair(seed, _STREAM, entity, first + k, step // 2)
            continue
        far = shocks[step + 1]
        for k in range(near.shape[0]):
            near[k], far[k] = normal_pair(seed, _STREAM, entity, first + k, step // 2)


@njit(cache=True, nogil=True, error_model="numpy")
def walk_lanes(
    fits: EtsFits,
    series: int,
    shocks: Floats,
    width: int,
    place: int,
    ring: Floats,
    out: Floats,
    n_rows: int,
    first: int,
) -> None:
    """Walk sixteen paths of a series; with tables, of one column, a single one (`kernels.lanes`).

    Parameters
    ----------
    shocks : (horizon * width * LANES,) float64, standard normals; of each period's ``width`` rows
        these paths' is number ``place``
    ring : ((m + 2) * LANES,) float64 scratch for the seasons, level and trend
    out : (horizon * n_rows * LANES,) float64; of each period's ``n_rows`` rows number ``first`` is
        filled; of a table, it may be that of the shocks
    """
    model, smoothing = fits.model[series], fits.smoothing[series]
    relative, season, m = model >= 9, max(model, 0) % 3, fits.seasons.shape[1]
    alpha, beta = smoothing[ALPHA], smoothing[BETA]
    gamma, damping = smoothing[GAMMA], smoothing[PHI]
    deviation = math.sqrt(fits.variance[series])
    for j in range(m):
        store_lanes(ring, j, fits.seasons[series, j])
    # By way of memory, a number takes the width of the arrays.
    store_lanes(ring, m, fits.level[series])
    store_lanes(ring, m + 1, fits.trend[series])
    level, trend = load_lanes(ring, m), load_lanes(ring, m + 1)
    slot = 0
    for step in range(count_rows(out) // n_rows):
        shock = deviation * load_lanes(shocks, step * width + place)
        factor = load_lanes(ring, slot)
        damped = damping * trend
        base = level + damped
        mean = base
        if season == RATIO:
            mean = base * factor
        elif season == ADDED:
            mean = base + factor
        error = shock * mean if relative else shock
        store_lanes(out, step * n_rows + first, mean + error)
        local, seasonal = error, error
        if season == RATIO:
            local, seasonal = error / factor, error / base
        level, trend = base + alpha * local, damped + beta * local
        store_lanes(ring, slot, factor + gamma * seasonal)
        slot = slot + 1 if slot + 1 < m else 0


@njit(cache=True, nogil=True)
def _walk_series(
    seed: int, entity: int, fits: EtsFits, series: int, shocks: Floats, ring: Floats, out: Floats
) -> None:
    """Fill (horizon, n) paths of a series; ``n`` is a multiple of `LANES`."""
    n_rows, width = out.shape[1] // LANES, _BLOCK // LANES
    flat, flat_shocks = out.reshape(out.size), shocks.reshape(shocks.size)
    for first in range(0, n_rows, width):
        fill_shocks(seed, entity, first * LANES, shocks)
        for place in range(min(width, n_rows - first)):
            walk_lanes(fits, series, flat_shocks, width, place, ring, flat, n_rows, first + place)


@njit(cache=True, nogil=True)
def _fill_paths(seed: int, entities: Words, fits: EtsFits, out: Floats) -> None:
    n_paths, horizon = out.shape[1], out.shape[2]
    ring, shocks = np.empty((fits.seasons.shape[1] + 2) * LANES), np.empty((horizon, _BLOCK))
    paths = np.empty((horizon, (n_paths + LANES - 1) // LANES * LANES))
    for series in range(out.shape[0]):
        _walk_series(seed, entities[series], fits, series, shocks, ring, paths)
        out[series] = paths[:, :n_paths].T


@njit(cache=True, nogil=True)
def _fill_quantiles(
    seed: int, entities: Words, fits: EtsFits, n_paths: int, levels: Floats, out: Floats
) -> None:
    horizon = out.shape[1]
    ring, shocks = np.empty((fits.seasons.shape[1] + 2) * LANES), np.empty((horizon, _BLOCK))
    paths = np.empty((horizon, (n_paths + LANES - 1) // LANES * LANES))
    for series in range(out.shape[0]):
        if math.isnan(fits.level[series]):
            out[series] = math.nan
            continue
        _walk_series(seed, entities[series], fits, series, shocks, ring, paths)
        for t in range(horizon):
            fill_order_quantiles(paths[t, :n_paths], levels, out[series, t])


def simulate_ets(fits: EtsFits, entities: Words, n_paths: int, horizon: int, seed: int) -> Floats:
    """Return sample paths, (n_series, n_paths, horizon) float64, units per period.

    A path depends on the seed, its series' entity and its own number alone. Nothing is cut at
    zero. NaN where there is no model and no level.

    Parameters
    ----------
    fits : of `kernels.ets.fit_ets`
    entities : (n_series,) uint64, stable identities
    n_paths : per series
    horizon : periods ahead
    seed : in [0, 2**32)
    """
    out = np.empty((fits.model.shape[0], n_paths, horizon))
    _fill_paths(seed, entities, fits, out)
    return out


def ets_quantiles(
    fits: EtsFits, entities: Words, levels: Floats, n_paths: int, horizon: int, seed: int
) -> Floats:
    """Return quantiles of the paths that `simulate_ets` draws, one series in memory at a time.

    Parameters
    ----------
    levels : (n_levels,) float64 in [0, 1]
    n_paths : two or more; an empirical quantile lies between the two nearest paths

    Returns
    -------
    (n_series, horizon, n_levels) float64, units per period
    """
    out = np.empty((fits.model.shape[0], horizon, levels.shape[0]))
    _fill_quantiles(seed, entities, fits, n_paths, levels, out)
    return out
