"""Theta models of many series a call, with sixteen smoothing parameters in vector lanes.

`kernels.theta_series` has the models and the references; here a batch is fitted, and the best of
the four models is chosen.
"""

import math
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.flat import as_flat, longest_series
from kernels.seasonality_lanes import lags_are_seasonal, room_for_lags
from kernels.theta_lanes import ROOM, try_dynamic_alphas, try_static_alphas
from kernels.theta_series import (
    ALPHA_HIGH,
    ALPHA_LOW,
    FIRST_SCORED,
    ROUNDS,
    TRIED,
    find_least,
    may_be_seasonal,
    running_trends,
    scale_series,
    settle,
    static_trend,
    take_season_out,
)
from kernels.theta_states import (
    DYNAMIC,
    NO_MODEL,
    STATIC,
    ThetaStates,
    forecast_thetas,
    no_theta_states,
)

# 1 - 1/theta of the standard models.
_STANDARD_WEIGHT = 0.5
# Squared, in units of the series' scale; the logarithm of less would be infinite.
_LEAST_ERROR = 1e-300


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
def _fill_trends(y: Floats, dynamic: bool, trends: Floats) -> float:
    """Fill intercepts and slopes of one series, period by period; return a dynamic model's mean."""
    if dynamic:
        mean: float = running_trends(y, trends[0], trends[1])
        return mean
    intercept, slope = static_trend(y)
    trends[0, :] = intercept
    trends[1, :] = slope
    return 0.0


@njit(cache=True, nogil=True)
def _fit_trend(
    y: Floats, dynamic: bool, optimise: bool, trends: Floats, room: Floats, errors: Floats
) -> tuple[float, float, float, float, float, float]:
    """Return what `settle` does of the best alpha of one series, of which the trends are given."""
    intercepts, slopes = trends[0], trends[1]
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
    s: int,
    y: Floats,
    tried: tuple[bool, ...],
    trends: Floats,
    counts: Floats,
    lags: Floats,
    room: Floats,
    errors: Floats,
    out: ThetaStates,
) -> None:
    """Fit one series, which is overwritten, and fill the state of its best model.

    Parameters
    ----------
    s : its number in ``out``
    tried : whether each `ThetaModel` is
    others : as for `kernels.theta_series.fit_scaled_series`
    """
    n, m = y.shape[0], out.seasons.shape[1]
    out.seen[s], out.level[s] = n, y[n - 1]
    scale = scale_series(y)
    if scale == 0.0:
        return
    out.scale[s] = scale
    if may_be_seasonal(n, m) and lags_are_seasonal(y, m, lags):
        out.season[s] = take_season_out(y, m, out.seasons[s], counts)
    least, scored = np.inf, n - FIRST_SCORED
    for dynamic in (False, True):
        standard = 2 if dynamic else 0
        if not (tried[standard] or tried[standard + 1]):
            continue
        mean = _fill_trends(y, dynamic, trends)
        for optimise in (False, True):
            if not tried[standard + optimise]:
                continue
            error, alpha, start, weight, level, power = _fit_trend(
                y, dynamic, optimise, trends, room, errors
            )
            # Of two that are equally good the first one counts, as in statsforecast.
            criterion = scored * math.log(max(error, _LEAST_ERROR)) + (2.0 if optimise else 0.0)
            if criterion < least:
                least = criterion
                out.kind[s] = DYNAMIC if dynamic else STATIC
                out.alpha[s], out.weight[s], out.start[s] = alpha, weight, start
                out.variance[s] = error / scored
                out.level[s], out.power[s], out.mean[s] = level, power, mean
                out.intercept[s], out.slope[s] = trends[0, n - 1], trends[1, n - 1]


@njit(cache=True, nogil=True)
def _fit_batch(
    values: Floats, offsets: Integers, tried: tuple[bool, ...], out: ThetaStates
) -> None:
    longest, m = longest_series(offsets), out.seasons.shape[1]
    y, trends = np.empty(longest), np.empty((2, longest))
    counts, lags = np.empty(m), np.empty(room_for_lags(longest, m))
    room, errors = np.empty(ROOM), np.empty(TRIED)
    for s in range(offsets.shape[0] - 1):
        n = offsets[s + 1] - offsets[s]
        y[:n] = values[offsets[s] : offsets[s + 1]]
        _fit_series(s, y[:n], tried, trends[:, :n], counts, lags, room, errors, out)


def _fit(
    values: Floats,
    offsets: Integers,
    season_length: int,
    tried: tuple[bool, ...],
) -> ThetaStates:
    states = no_theta_states(offsets.shape[0] - 1, season_length)
    _fit_batch(
        *as_flat(values, offsets),
        tried,
        states,
    )
    return states


def fit_theta_states(
    values: Floats, offsets: Integers, season_length: int, model: ThetaModel
) -> ThetaStates:
    """Fit a theta model to each series.

    Parameters
    ----------
    values, offsets, season_length, model : as for `fit_thetas`

    Returns
    -------
    ThetaStates, after the last observations; a constant series, or one of three observations or
    fewer, has no model.
    """
    return _fit(values, offsets, season_length, tuple(kind == model for kind in ThetaModel))


def fit_best_theta_states(values: Floats, offsets: Integers, season_length: int) -> ThetaStates:
    """Fit all four theta models to each series, and keep the one of least AIC.

    Akaike's criterion counts an optimised theta as a parameter. The standard models are the
    optimised ones at theta = 2, so that least error alone, by which statsforecast chooses, takes
    them only where a search stopped short of the optimum; the criterion loses less on all
    fourteen held-out horizons of seven sets (`benchmarks.theta`).

    Parameters
    ----------
    values, offsets, season_length : as for `fit_thetas`
    """
    return _fit(values, offsets, season_length, (True, True, True, True))


def _forecast(states: ThetaStates, horizon: int) -> ThetaFits:
    scale = states.scale
    without = states.kind == NO_MODEL
    level = np.where(without, states.level, states.start * scale)
    means = forecast_thetas(states, horizon)
    return ThetaFits(means, states.alpha, level, states.weight, states.variance * scale * scale)


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
    return _forecast(fit_theta_states(values, offsets, season_length, model), horizon)


def fit_best_thetas(
    values: Floats, offsets: Integers, season_length: int, horizon: int
) -> tuple[ThetaFits, Integers]:
    """Fit the best theta model to each series (`fit_best_theta_states`), and forecast it.

    Parameters
    ----------
    values, offsets, season_length, horizon : as for `fit_thetas`

    Returns
    -------
    fits : ThetaFits
    chosen : (n_series,) int64 of `ThetaModel`
    """
    states = fit_best_theta_states(values, offsets, season_length)
    chosen = 2 * (states.kind == DYNAMIC) + (states.weight != _STANDARD_WEIGHT)
    return _forecast(states, horizon), chosen.astype(np.int64)
