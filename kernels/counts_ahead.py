"""Counts ahead of a fitted law: moments, quantiles and sample paths.

References
----------
Snyder, Ord & Beaumont (2012), "Forecasting the intermittent demand for slow-moving inventories: a
modelling approach", International Journal of Forecasting 28(2), section 3.4 (prediction by
simulation; the moments follow from the recursion of the mean, which is linear).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Words
from kernels.count_law import count_quantiles
from kernels.counts import LOWEST_SHARE, highest_chance, next_mean
from kernels.counts_fit import NEXT, SMOOTHING, SPREAD, START
from kernels.philox import Stream, uniform_pair

_STREAM = int(Stream.COUNT_PATHS)


@njit(cache=True, nogil=True)
def spread_after(fit: Floats, seen: float) -> float:
    """Return variance / mean of the count after ``seen`` counts that are not known yet.

    Each of them moves the mean by ``alpha`` times its own deviation from it.
    """
    spread: float = fit[SPREAD] * (1.0 + fit[SMOOTHING] ** 2 * seen)
    return spread


@njit(cache=True, nogil=True)
def fill_spreads(fits: Floats, dispersions: Floats) -> None:
    """Fill variance / mean of the periods ahead, (n_series, horizon), of negative binomials."""
    for s in range(dispersions.shape[0]):
        for step in range(dispersions.shape[1]):
            dispersions[s, step] = spread_after(fits[s], float(step))


@njit(cache=True, nogil=True)
def hurdle_quantiles(
    chance: float, size: float, dispersion: float, levels: Floats, out: Floats
) -> None:
    """Fill quantiles of demand that comes with a chance, in sizes of one unit and more.

    Parameters
    ----------
    chance : of demand in the period
    size : mean units beyond the first, where there is demand
    dispersion : variance / mean of these
    levels : (n_levels,) ascending, in (0, 1)
    out : (n_levels,) float64, overwritten
    """
    first = 0
    while first < levels.shape[0] and levels[first] <= 1.0 - chance:
        out[first] = 0.0
        first += 1
    if first == levels.shape[0]:
        return
    out[first:] = 1.0
    if size > 0.0:
        for i in range(first, levels.shape[0]):
            out[i] = (levels[i] - (1.0 - chance)) / chance
        count_quantiles(size, dispersion, out[first:], out[first:])
        for i in range(first, levels.shape[0]):
            out[i] += 1.0


@njit(cache=True, nogil=True)
def fill_hurdle_quantiles(chances: Floats, sizes: Floats, levels: Floats, out: Floats) -> None:
    """Fill the quantiles of demand with a chance and sizes, period by period.

    The size wanders once for each demand that is expected before the period.

    Parameters
    ----------
    chances, sizes : (n_series, FIT) float64
    levels : (n_levels,) ascending, in (0, 1)
    out : (n_series, horizon, n_levels) float64, overwritten
    """
    for s in range(out.shape[0]):
        chance = chances[s, NEXT]
        for step in range(out.shape[1]):
            spread = spread_after(sizes[s], chance * step)
            hurdle_quantiles(chance, sizes[s, NEXT], spread, levels, out[s, step])


@njit(cache=True, nogil=True)
def draw_count(u: float, mean: float, dispersion: float, scratch: Floats) -> float:
    """Return the count at probability ``u``; zero where the mean is.

    Parameters
    ----------
    scratch : (2, 1) float64
    """
    if mean <= 0.0:
        return 0.0
    scratch[0, 0] = u
    count_quantiles(mean, dispersion, scratch[0], scratch[1])
    count: float = scratch[1, 0]
    return count


@njit(cache=True, nogil=True)
def walk_counts(
    seed: int, entity: int, path: int, fit: Floats, scratch: Floats, out: Floats
) -> None:
    """Fill one path of negative binomial demand, the mean moving with what is drawn.

    Parameters
    ----------
    seed, entity, path : what is drawn depends on
    fit : (FIT,) float64
    scratch : (2, 1) float64
    out : (horizon,) float64, filled, units per period
    """
    mean = fit[NEXT]
    for step in range(out.shape[0]):
        u, _ = uniform_pair(seed, _STREAM, entity, path, step)
        seen = draw_count(u, mean, fit[SPREAD], scratch)
        out[step] = seen
        mean = next_mean(mean, seen, LOWEST_SHARE * fit[START], math.inf, fit[SMOOTHING])


@njit(cache=True, nogil=True)
def walk_hurdle(
    seed: int, entity: int, path: int, chances: Floats, sizes: Floats, scratch: Floats, out: Floats
) -> None:
    """Fill one path of demand whose chance and sizes both move with what is drawn.

    Parameters
    ----------
    seed, entity, path, scratch, out : as in `walk_counts`
    chances, sizes : (FIT,) float64; sizes are of units beyond the first
    """
    least_chance, least_size = LOWEST_SHARE * chances[START], LOWEST_SHARE * sizes[START]
    most_chance = highest_chance(chances[START])
    chance, size = chances[NEXT], sizes[NEXT]
    for step in range(out.shape[0]):
        whether, u = uniform_pair(seed, _STREAM, entity, path, step)
        demand = whether > 1.0 - chance
        out[step] = 0.0
        if demand:
            beyond = draw_count(u, size, sizes[SPREAD], scratch)
            out[step] = 1.0 + beyond
            size = next_mean(size, beyond, least_size, math.inf, sizes[SMOOTHING])
        seen = 1.0 if demand else 0.0
        chance = next_mean(chance, seen, least_chance, most_chance, chances[SMOOTHING])


@njit(cache=True, nogil=True)
def fill_count_paths(seed: int, entities: Words, fits: Floats, out: Floats) -> None:
    """Fill sample paths of negative binomial demand, the mean moving with what is drawn.

    Parameters
    ----------
    seed : in [0, 2**32)
    entities : (n_series,) uint64, stable identities
    fits : (n_series, FIT) float64
    out : (n_series, n_paths, horizon) float64, overwritten, units per period
    """
    scratch = np.empty((2, 1))
    for s in range(out.shape[0]):
        for path in range(out.shape[1]):
            walk_counts(seed, entities[s], path, fits[s], scratch, out[s, path])


@njit(cache=True, nogil=True)
def fill_hurdle_paths(
    seed: int, entities: Words, chances: Floats, sizes: Floats, out: Floats
) -> None:
    """Fill sample paths of demand whose chance and sizes both move with what is drawn.

    Parameters
    ----------
    seed, entities, out : as in `fill_count_paths`
    chances, sizes : (n_series, FIT) float64; sizes are of units beyond the first
    """
    scratch = np.empty((2, 1))
    for s in range(out.shape[0]):
        for path in range(out.shape[1]):
            walk_hurdle(seed, entities[s], path, chances[s], sizes[s], scratch, out[s, path])
