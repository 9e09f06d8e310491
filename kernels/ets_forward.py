"""States of exponential smoothing models carried forward, and watched for drift on the way.

A stored model takes a new period by one step of its recursion: its parameters stay. Whether they
still fit is told by an average of its standardised one-step errors (`kernels.drift`).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.drift import WEIGHT, standardise
from kernels.ets_fits import ALPHA, BETA, GAMMA, NO_MODEL, PHI, EtsFits, no_fits
from kernels.ets_refit import fill_start_in_units
from kernels.ets_shape import shape_of
from kernels.ets_step import expect, follow
from kernels.ets_units import scale_series, settle_fit
from kernels.flat import as_flat


@njit(inline="always")
def _standardise(y: float, mean: float, variance: float, relative: bool) -> float:
    """Return a one-step error by its deviation; infinite where the model cannot have given it."""
    if relative and y <= 0.0:
        return math.inf
    error = (y - mean) / mean if relative else y - mean
    shock: float = standardise(error, variance)
    return shock


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def carry_series(
    series: int, y: Floats, fits: EtsFits, ring: Floats, out: EtsFits, signal: Floats
) -> None:
    """Carry the state of one series, which has a model, through its new observations.

    Parameters
    ----------
    series : its number in ``fits``, ``out`` and ``signal``
    y : (n,) float64, what came after the state
    ring : (m,) float64 scratch
    out : as ``fits``; level, trend and seasons are moved on
    signal : (n_series,) float64, moved on
    """
    m, n = ring.shape[0], y.shape[0]
    smoothing, model = fits.smoothing[series], fits.model[series]
    relative, season, variance = model >= 9, model % 3, fits.variance[series]
    level, trend = fits.level[series], fits.trend[series]
    for j in range(m):
        ring[j] = fits.seasons[series, j]
    for t in range(n):
        slot = t % m
        mean = expect(level, trend, ring[slot], smoothing[PHI], season)
        shock = _standardise(y[t], mean, variance, relative)
        signal[series] += WEIGHT * (shock - signal[series])
        level, trend, ring[slot] = follow(
            level,
            trend,
            ring[slot],
            y[t] - mean,
            smoothing[ALPHA],
            smoothing[BETA],
            smoothing[GAMMA],
            smoothing[PHI],
            season,
        )
    out.level[series], out.trend[series] = level, trend
    for j in range(m):
        out.seasons[series, j] = ring[(n + j) % m]


@njit(cache=True, nogil=True, error_model="numpy")
def _carry(values: Floats, offsets: Integers, fits: EtsFits, out: EtsFits, signal: Floats) -> None:
    ring = np.empty(fits.seasons.shape[1])
    for series in range(offsets.shape[0] - 1):
        y = values[offsets[series] : offsets[series + 1]]
        if fits.model[series] != NO_MODEL:
            carry_series(series, y, fits, ring, out, signal)
        elif y.shape[0] > 0:
            out.level[series] = y[y.shape[0] - 1]


@njit(cache=True, nogil=True)
def may_run(model: int, lowest: float, unit: float) -> bool:
    """Whether a model may be run through a history.

    Parameters
    ----------
    model : its number, or `NO_MODEL`
    lowest : observation
    unit : of the series, zero for a constant
    """
    return bool(model != NO_MODEL and unit != 0.0 and (model < 9 or lowest > 0.0))


@njit(cache=True, nogil=True)
def _run(values: Floats, offsets: Integers, fits: EtsFits, out: EtsFits) -> None:
    n_series, m = offsets.shape[0] - 1, fits.seasons.shape[1]
    scaled, unit, lowest = values.copy(), np.zeros(n_series), np.zeros(n_series)
    scale_series(scaled, offsets, unit, lowest)
    own, state, seasons = np.empty(fits.start.shape[1]), np.zeros(2), np.zeros(m)
    for series in range(n_series):
        model = fits.model[series]
        if may_run(model, lowest[series], unit[series]):
            fill_start_in_units(shape_of(model, m), fits.start[series], unit[series], own)
            out.model[series] = model
            y = scaled[offsets[series] : offsets[series + 1]]
            settle_fit(series, y, unit[series], own, state, seasons, out)


def update_ets(fits: EtsFits, values: Floats, offsets: Integers) -> EtsFits:
    """Carry states through new observations without fitting again.

    Parameters
    ----------
    fits : states after the last period known
    values : (n_observations,) float64, what came after, series end to end, no NaN
    offsets : (n_series + 1,) int64; a series without news keeps its state

    Returns
    -------
    EtsFits with new level, trend and seasons; parameters and variance stay. A constant series
    takes its last value.
    """
    return track_ets(fits, np.zeros(fits.model.shape[0]), values, offsets)[0]


def track_ets(
    fits: EtsFits, signal: Floats, values: Floats, offsets: Integers
) -> tuple[EtsFits, Floats]:
    """Carry states through new observations, and the average of their standardised errors too.

    Parameters
    ----------
    fits, values, offsets : as for `update_ets`
    signal : (n_series,) float64, the average so far; zero after a fit

    Returns
    -------
    fits : as of `update_ets`
    signal : (n_series,) float64; infinite or NaN where the model cannot have given what came:
        relative errors and nothing, or less, was observed; or it had no error before
    """
    out = fits._replace(
        level=fits.level.copy(), trend=fits.trend.copy(), seasons=fits.seasons.copy()
    )
    moved = signal.copy()
    _carry(values, offsets, fits, out, moved)
    return out, moved


def run_ets(fits: EtsFits, values: Floats, offsets: Integers) -> EtsFits:
    """Carry states through whole histories again, from where the models start.

    Parameters
    ----------
    fits : models of series with the same first periods
    values : (n_observations,) float64, the histories end to end, units per period, no NaN
    offsets : (n_series + 1,) int64

    Returns
    -------
    EtsFits with new level, trend and seasons; parameters and variance stay. A series whose history
    is constant, or not above zero where its model's errors are relative, has no model and no level.
    """
    out = no_fits(fits.model.shape[0], fits.seasons.shape[1])
    _run(
        *as_flat(values, offsets),
        fits,
        out,
    )
    return fits._replace(model=out.model, level=out.level, trend=out.trend, seasons=out.seasons)
