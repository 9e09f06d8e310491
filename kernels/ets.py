"""Exponential smoothing models, chosen and fitted for many series a call.

Every series tries the models that its length and sign admit (errors additive or relative; no trend,
additive or damped; no season, additive or a ratio; no additive errors with ratios) and takes the
one with the least corrected information criterion. Bounds and starting points are those of
statsforecast's AutoETS, whose bounds of beta and gamma narrow from one model to the next. A model
that may have a higher top is searched a second time (`kernels.ets_again`).

References
----------
Hyndman, Koehler, Snyder & Grose (2002), "A state space framework for automatic forecasting using
exponential smoothing methods", International Journal of Forecasting 18(3).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Flags, Floats, Integers
from kernels.ets_again import FIRST_PARAMETERS, start_again
from kernels.ets_candidates import (
    MODEL_NAMES,
    N_MODELS,
    candidate_bounds,
    information,
    model_number,
    queue_for,
)
from kernels.ets_fits import NO_MODEL, PHI, EtsFits, no_fits
from kernels.ets_search import search_model
from kernels.ets_shape import Shape, count_parameters, count_smoothing
from kernels.ets_start import begin_queue, fill_start
from kernels.ets_step import DAMPED, RATIO, expect_ahead
from kernels.ets_units import scale_series, settle_fit
from kernels.flat import as_flat
from kernels.lane_search import Queue


class FirstSearches(NamedTuple):
    """How the first search of every model ended.

    Parameters
    ----------
    criterion : (n_series, 18) float64, infinite where there was none
    parameters : (n_series, 18, 5) float64, the first ones of each model
    """

    criterion: Floats
    parameters: Floats


@njit(cache=True, nogil=True)
def _first_starts(
    queue: Queue, shape: Shape, lower: Floats, upper: Floats, begun: Floats, trial: Floats
) -> Queue:
    """Fill where the first searches of a model start, and return their queue."""
    for series in queue.order:
        fill_start(shape, lower, upper, False, begun[series], trial[series])
    return queue


@njit(cache=True, nogil=True)
def _second_starts(
    queue: Queue,
    shape: Shape,
    lower: Floats,
    upper: Floats,
    begun: Floats,
    unit: Floats,
    firsts: FirstSearches,
    trial: Floats,
    fits: EtsFits,
) -> Queue:
    """Fill where the second searches of a model start, and return their queue."""
    model = 9 * shape.relative + 3 * shape.trend + shape.season
    plain = model - 3 * shape.trend
    line = plain + 3 if shape.trend == DAMPED else plain
    means = np.empty(shape.length)
    chosen = np.empty(queue.order.shape[0], np.int64)
    count = 0
    for series in queue.order:
        criterion, parameters = firsts.criterion[series], firsts.parameters[series]
        above = start_again(
            shape,
            queue.values[queue.offsets[series] : queue.offsets[series + 1]],
            unit[series],
            lower,
            upper,
            begun[series],
            criterion[model],
            parameters[model],
            criterion[plain],
            parameters[plain],
            criterion[line] if shape.trend == DAMPED else math.inf,
            parameters[line],
            means,
            trial[series],
        )
        if above < fits.criterion[series]:
            chosen[count] = series
            count += 1
    return Queue(queue.values, queue.offsets, chosen[:count])


@njit(cache=True, nogil=True)
def _search_and_keep(
    queue: Queue,
    shape: Shape,
    lower: Floats,
    upper: Floats,
    unit: Floats,
    trial: Floats,
    best: Floats,
    fits: EtsFits,
) -> Floats:
    """Fit one model to its queue, and keep it where it has the least criterion so far.

    Parameters
    ----------
    trial, best : (n_series, widest) float64, of this model and of the best one

    Returns
    -------
    (n_series,) float64, the model's criterion in each series of the queue.
    """
    size = count_parameters(shape.trend, shape.season, shape.length)
    found = np.empty(trial.shape[0])
    search_model(queue, shape, lower, upper, trial, found, fits.points)
    for series in queue.order:
        n = queue.offsets[series + 1] - queue.offsets[series]
        found[series] = information(found[series], n, unit[series], size)
        if found[series] < fits.criterion[series]:
            fits.criterion[series] = found[series]
            fits.model[series] = 9 * shape.relative + 3 * shape.trend + shape.season
            best[series, :size] = trial[series, :size]
    return found


@njit(cache=True, nogil=True)
def _try_season(
    season: int,
    again: bool,
    allowed: Flags,
    values: Floats,
    offsets: Integers,
    order: Integers,
    length: int,
    unit: Floats,
    lowest: Floats,
    trial: Floats,
    best: Floats,
    firsts: FirstSearches,
    fits: EtsFits,
) -> None:
    """Fit every model of one kind of season, or ``again`` those that may have a higher top."""
    own_length = length if season > 0 else 1
    simplest = Shape(season == RATIO, 0, season, own_length)
    begun = np.zeros((unit.shape[0], 3 + own_length))
    everything = queue_for(simplest, values, offsets, order, lowest, unit)
    begin_queue(everything, season, own_length, begun)
    for relative in range(2):
        for trend in range(3):
            model = 9 * relative + 3 * trend + season
            if not allowed[model]:
                continue
            shape = Shape(relative == 1, trend, season, own_length)
            smoothing = count_smoothing(trend, season)
            lower, upper = np.empty(smoothing), np.empty(smoothing)
            candidate_bounds(shape.relative, trend, season, length, lower, upper)
            queue = queue_for(shape, values, offsets, order, lowest, unit)
            if again:
                queue = _second_starts(queue, shape, lower, upper, begun, unit, firsts, trial, fits)
            else:
                queue = _first_starts(queue, shape, lower, upper, begun, trial)
            found = _search_and_keep(queue, shape, lower, upper, unit, trial, best, fits)
            if not again:
                for series in queue.order:
                    firsts.criterion[series, model] = found[series]
                    firsts.parameters[series, model] = trial[series, :FIRST_PARAMETERS]


@njit(cache=True, nogil=True)
def _fit_batch(
    values: Floats,
    offsets: Integers,
    order: Integers,
    length: int,
    allowed: Flags,
    fits: EtsFits,
) -> None:
    n_series = offsets.shape[0] - 1
    scaled, unit, lowest = values.copy(), np.zeros(n_series), np.zeros(n_series)
    scale_series(scaled, offsets, unit, lowest)
    best, trial = np.empty_like(fits.start), np.empty_like(fits.start)
    firsts = FirstSearches(
        np.full((n_series, N_MODELS), math.inf),
        np.zeros((n_series, N_MODELS, FIRST_PARAMETERS)),
    )
    for again in (False, True):
        for season in range(3 if length > 1 else 1):
            _try_season(
                season,
                again,
                allowed,
                scaled,
                offsets,
                order,
                length,
                unit,
                lowest,
                trial,
                best,
                firsts,
                fits,
            )
    state, seasons = np.zeros(2), np.zeros(length)
    for series in range(n_series):
        y = scaled[offsets[series] : offsets[series + 1]]
        if fits.model[series] >= 0:
            settle_fit(series, y, unit[series], best[series], state, seasons, fits)
        else:
            fits.level[series] = y[y.shape[0] - 1] if unit[series] == 0.0 else math.nan


def fit_ets(
    values: Floats, offsets: Integers, season_length: int, models: tuple[str, ...] = ()
) -> EtsFits:
    """Choose and fit a model for each series.

    Parameters
    ----------
    values : (n_observations,) float64, the series end to end, units per period, no NaN
    offsets : (n_series + 1,) int64, where each series starts; each has one observation at least
    season_length : periods, 1 for none; a series that is not longer has no seasonal model
    models : names of those to choose from; none is all

    Returns
    -------
    EtsFits; a constant series stays at its value, one of six periods or fewer has no model and no
    level.
    """
    n_series = offsets.shape[0] - 1
    fits = no_fits(n_series, season_length)
    # Lanes that end alone do so on short series.
    order = np.argsort(-np.diff(offsets), kind="stable").astype(np.int64)
    allowed = np.zeros(N_MODELS, np.bool_)
    allowed[[model_number(name) for name in models or MODEL_NAMES]] = True
    _fit_batch(
        *as_flat(values, offsets),
        order,
        season_length,
        allowed,
        fits,
    )
    fits.criterion[fits.model == NO_MODEL] = np.nan
    return fits


@njit(cache=True, nogil=True)
def _forecast_batch(fits: EtsFits, means: Floats) -> None:
    state = np.empty(2)
    for series in range(means.shape[0]):
        state[0], state[1] = fits.level[series], fits.trend[series]
        season = max(fits.model[series], 0) % 3
        expect_ahead(
            state, fits.seasons[series], 0, fits.smoothing[series, PHI], season, means[series]
        )


def forecast_ets(fits: EtsFits, horizon: int) -> Floats:
    """Return the path without errors of each series, (n_series, horizon) float64, units.

    For additive models that is the mean; where seasons or errors are relative it is close to it,
    and what statsforecast gives. NaN where there is no model.
    """
    means = np.empty((fits.model.shape[0], horizon))
    _forecast_batch(fits, means)
    return means
