"""The same exponential smoothing models, fitted again to histories that have grown a little.

A search that starts from the parameters of a shorter history ends after a few points, where the
choice of a model from nothing tries some two hundred.
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.ets_candidates import candidate_bounds, information, queue_for
from kernels.ets_fits import EtsFits, no_fits
from kernels.ets_search import search_model
from kernels.ets_shape import Shape, count_parameters, count_smoothing, shape_of
from kernels.ets_step import RATIO
from kernels.ets_units import scale_series, settle_fit
from kernels.flat import as_flat
from kernels.lane_search import Queue


@njit(cache=True, nogil=True)
def fill_start_in_units(shape: Shape, start: Floats, unit: float, out: Floats) -> None:
    """Fill a model's parameters with its states in the unit of a series.

    Parameters
    ----------
    shape : of the model
    start : (n_parameters,) float64, smoothing parameters, then states in units of demand
    unit : of the series
    out : (n_parameters,) float64, overwritten
    """
    smoothing = count_smoothing(shape.trend, shape.season)
    for p in range(count_parameters(shape.trend, shape.season, shape.length)):
        in_units = p >= smoothing and (shape.season != RATIO or p <= smoothing + (shape.trend > 0))
        out[p] = start[p] / unit if in_units else start[p]


@njit(cache=True, nogil=True)
def fill_near_start(
    shape: Shape, lower: Floats, upper: Floats, near: Floats, unit: float, out: Floats
) -> None:
    """Fill a series' starting point from what it was before, in the unit of now.

    Parameters
    ----------
    shape : of the model
    lower, upper : (n_smoothing,) float64, bounds of now
    near : (n_parameters,) float64, smoothing parameters, then states in units of demand
    unit : of the series
    out : (n_parameters,) float64, overwritten
    """
    fill_start_in_units(shape, near, unit, out)
    for p in range(count_smoothing(shape.trend, shape.season)):
        out[p] = min(max(out[p], lower[p]), upper[p])


@njit(cache=True, nogil=True)
def _refit_model(
    queue: Queue, shape: Shape, length: int, near: EtsFits, unit: Floats, fits: EtsFits
) -> None:
    smoothing = count_smoothing(shape.trend, shape.season)
    lower, upper = np.empty(smoothing), np.empty(smoothing)
    candidate_bounds(shape.relative, shape.trend, shape.season, length, lower, upper)
    own, likelihood = np.empty_like(fits.start), np.empty(unit.shape[0])
    for series in queue.order:
        fill_near_start(shape, lower, upper, near.start[series], unit[series], own[series])
    search_model(queue, shape, lower, upper, own, likelihood, fits.points)
    size = count_parameters(shape.trend, shape.season, shape.length)
    state, seasons = np.zeros(2), np.zeros(length)
    for series in queue.order:
        start, stop = queue.offsets[series], queue.offsets[series + 1]
        found = information(likelihood[series], stop - start, unit[series], size)
        if found < math.inf:
            fits.criterion[series] = found
            fits.model[series] = near.model[series]
            y = queue.values[start:stop]
            settle_fit(series, y, unit[series], own[series], state, seasons, fits)


@njit(cache=True, nogil=True)
def _refit_batch(
    values: Floats, offsets: Integers, order: Integers, near: EtsFits, fits: EtsFits
) -> None:
    n_series, length = offsets.shape[0] - 1, fits.seasons.shape[1]
    scaled, unit, lowest = values.copy(), np.zeros(n_series), np.zeros(n_series)
    scale_series(scaled, offsets, unit, lowest)
    chosen = np.empty(n_series, np.int64)
    for model in range(18):
        count = 0
        for series in order:
            if near.model[series] == model:
                chosen[count] = series
                count += 1
        shape = shape_of(model, length)
        queue = queue_for(shape, scaled, offsets, chosen[:count], lowest, unit)
        if queue.order.shape[0] > 0:
            _refit_model(queue, shape, length, near, unit, fits)


def refit_ets(near: EtsFits, values: Floats, offsets: Integers) -> EtsFits:
    """Fit each series' model again, from the parameters it had.

    Parameters
    ----------
    near : fits of the same series, from the same first period on
    values : (n_observations,) float64, the series end to end, units per period, no NaN
    offsets : (n_series + 1,) int64

    Returns
    -------
    EtsFits; a series without a model, or whose model is not open to it any more, has none and no
    level.
    """
    fits = no_fits(near.model.shape[0], near.seasons.shape[1])
    order = np.argsort(np.diff(offsets), kind="stable").astype(np.int64)
    _refit_batch(
        *as_flat(values, offsets),
        order,
        near,
        fits,
    )
    fits.criterion[~np.isfinite(fits.criterion)] = np.nan
    return fits
