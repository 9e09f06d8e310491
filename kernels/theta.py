"""Theta models of many series a call, with sixteen smoothing parameters in vector lanes.

`kernels.theta_series` has the models and the references; here a batch is fitted, and the better
of the static and the dynamic model is chosen.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.seasonality_lanes import lags_are_seasonal, room_for_lags
from kernels.theta_lanes import ROOM, try_dynamic_alphas, try_static_alphas
from kernels.theta_series import (
    ALPHA_HIGH,
    ALPHA_LOW,
    FIRST_SCORED,
    ROUNDS,
    TRIED,
    fill_expected,
    find_least,
    may_be_seasonal,
    put_season_back,
    running_trends,
    scale_series,
    settle,
    static_trend,
    take_season_out,
)

# Alpha, level, weight, mean squared error, and whether the model is dynamic.
_N_PARAMETERS = 5


class ThetaModel(IntEnum):
    """Which theta model to fit."""

    STANDARD = 0
    OPTIMISED = 1
    DYNAMIC_STANDARD = 2
    DYNAMIC_OPTIMISED = 3


class ThetaFits(NamedTuple):
    """Forecasts and parameters of a batch.

    Parameters
    ----------
    means : (n_series, horizon) float64, units of the series
    alpha, level, weight : (n_series,) float64; weight is 1 - 1/theta, level in the units of the
        deseasonalised series
    error : (n_series,) float64, mean squared one-step error of the deseasonalised series
    """

    means: Floats
    alpha: Floats
    level: Floats
    weight: Floats
    error: Floats


@njit(cache=True, nogil=True)
def _fit_trend(
    y: Floats, dynamic: bool, optimise: bool, trends: Floats, room: Floats, errors: Floats
) -> tuple[float, float, float, float, float, float]:
    """Fill the trend lines of one series and return what `settle` does of its best alpha."""
    intercepts, slopes = trends[0], trends[1]
    if not dynamic:
        intercept, slope = static_trend(y)
        intercepts[:] = intercept
        slopes[:] = slope
    low, high = ALPHA_LOW, ALPHA_HIGH
    alpha, step, tried = low, 0.0, np.inf
    for _ in range(ROUNDS):
        width = (high - low) / (TRIED - 1)
        if dynamic:
            try_dynamic_alphas(y, intercepts, slopes, optimise, low, width, room, errors)
        else:
            try_static_alphas(y, intercepts[0], slopes[0], optimise, low, width, room, errors)
        number, offset = find_least(errors)
        alpha, step, tried = low + width * number, width * offset, errors[number]
        low, high = max(low, alpha - width), min(high, alpha + width)
    found: tuple[float, float, float, float, float, float] = settle(
        y, intercepts, slopes, optimise, alpha, step, tried
    )
    return found


@njit(cache=True, nogil=True)
def _fit_series(
    y: Floats,
    season_length: int,
    kinds: tuple[bool, bool],
    optimise: bool,
    trends: Floats,
    seasons: Floats,
    lags: Floats,
    room: Floats,
    errors: Floats,
    means: Floats,
    parameters: Floats,
) -> None:
    """Fit one series, which is overwritten, and fill the forecast and parameters of its best model.

    Parameters
    ----------
    kinds : whether the static model is tried, and whether the dynamic one is
    others : as for `kernels.theta_series.fit_scaled_series`
    """
    n, last = y.shape[0], y[y.shape[0] - 1]
    scale = scale_series(y)
    if scale == 0.0:
        means[:] = last
        parameters[:] = 0.0
        parameters[1] = last
        return
    season = 0
    if may_be_seasonal(n, season_length) and lags_are_seasonal(y, season_length, lags):
        season = take_season_out(y, season_length, seasons[0], seasons[1])
    least = np.inf
    for dynamic in (False, True):
        if not kinds[int(dynamic)]:
            continue
        mean = running_trends(y, trends[0], trends[1]) if dynamic else 0.0
        error, alpha, start, weight, level, power = _fit_trend(
            y, dynamic, optimise, trends, room, errors
        )
        # The static model is the first of two that are equally good, as in statsforecast.
        if error < least:
            least = error
            trend = (trends[0, n - 1], trends[1, n - 1], mean)
            fill_expected(n, alpha, weight, level + power * start, power, trend, dynamic, means)
            parameters[0] = alpha
            parameters[1] = start * scale
            parameters[2] = weight
            parameters[3] = error * scale * scale / (n - FIRST_SCORED)
            parameters[4] = 1.0 if dynamic else 0.0
    put_season_back(n, season, season_length, seasons[0], scale, means)


@njit(cache=True, nogil=True)
def _fit_batch(
    values: Floats,
    offsets: Integers,
    season_length: int,
    kinds: tuple[bool, bool],
    optimise: bool,
    means: Floats,
    parameters: Floats,
) -> None:
    longest = max(1, np.max(offsets[1:] - offsets[:-1]))
    y, trends = np.empty(longest), np.empty((2, longest))
    seasons, lags = (
        np.empty((2, max(season_length, 1))),
        np.empty(room_for_lags(longest, season_length)),
    )
    room, errors = np.empty(ROOM), np.empty(TRIED)
    for s in range(offsets.shape[0] - 1):
        n = offsets[s + 1] - offsets[s]
        y[:n] = values[offsets[s] : offsets[s + 1]]
        _fit_series(
            y[:n],
            season_length,
            kinds,
            optimise,
            trends[:, :n],
            seasons,
            lags,
            room,
            errors,
            means[s],
            parameters[s],
        )


def _fit(
    values: Floats,
    offsets: Integers,
    season_length: int,
    horizon: int,
    kinds: tuple[bool, bool],
    optimise: bool,
) -> tuple[Floats, Floats]:
    n_series = offsets.shape[0] - 1
    means, parameters = np.empty((n_series, horizon)), np.empty((n_series, _N_PARAMETERS))
    _fit_batch(
        np.ascontiguousarray(values, np.float64),
        np.ascontiguousarray(offsets, np.int64),
        season_length,
        kinds,
        optimise,
        means,
        parameters,
    )
    return means, parameters


def fit_thetas(
    values: Floats, offsets: Integers, season_length: int, horizon: int, model: ThetaModel
) -> ThetaFits:
    """Fit a theta model to each series, and forecast it.

    Parameters
    ----------
    values : (n_observations,) float64, the series end to end, no NaN
    offsets : (n_series + 1,) int64, where each series starts; each has one observation at least
    season_length : periods; a series is deseasonalised where it has two seasons, the season has
        four periods or more and its autocorrelation is significant (90%)
    horizon : periods ahead
    model : standard (theta = 2) or optimised, static or dynamic

    Returns
    -------
    ThetaFits; a constant series, or one of three observations or fewer, repeats its last value.
    """
    dynamic = model >= ThetaModel.DYNAMIC_STANDARD
    means, parameters = _fit(
        values, offsets, season_length, horizon, (not dynamic, dynamic), model % 2 == 1
    )
    return ThetaFits(means, *parameters.T[:4])


def fit_best_thetas(
    values: Floats, offsets: Integers, season_length: int, horizon: int
) -> tuple[ThetaFits, Integers]:
    """Fit all four theta models to each series, and forecast it by the one of least error.

    The standard models are the optimised ones at a weight of one half, and never fit better: the
    choice is between the two that are optimised. Statsforecast's search stops short of the least
    error in some series, and then chooses a standard one.

    Parameters
    ----------
    values, offsets, season_length, horizon : as for `fit_thetas`

    Returns
    -------
    fits : ThetaFits
    chosen : (n_series,) int64 of `ThetaModel`
    """
    means, parameters = _fit(values, offsets, season_length, horizon, (True, True), True)
    dynamic = parameters[:, 4] == 1.0
    chosen = np.where(dynamic, int(ThetaModel.DYNAMIC_OPTIMISED), int(ThetaModel.OPTIMISED))
    return ThetaFits(means, *parameters.T[:4]), chosen.astype(np.int64)
