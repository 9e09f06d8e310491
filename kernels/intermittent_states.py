"""Fitted models of intermittent demand of many series, stored and carried forward.

Croston's method, its variants and TSB take a new period by one step of their recursions; their
smoothing parameters stay as they were fitted. ADIDA and IMAPA have no such step: their buckets end
with the series, and every new period moves all of them.

References
----------
As in `kernels.intermittent`.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.drift import WEIGHT, standardise
from kernels.flat import as_flat, longest_series
from kernels.intermittent import (
    CLASSIC_SMOOTHING,
    HIGHEST,
    LOWEST,
    SBA_SHARE,
    IntermittentModel,
    split_demand,
)
from kernels.smoothing import LANES, best_smoothing

CARRIED = (
    IntermittentModel.CROSTON,
    IntermittentModel.CROSTON_OPTIMISED,
    IntermittentModel.SBA,
    IntermittentModel.TSB,
)
_OPTIMISED = int(IntermittentModel.CROSTON_OPTIMISED)
_SBA, _TSB = int(IntermittentModel.SBA), int(IntermittentModel.TSB)


class IntermittentStates(NamedTuple):
    """The model of each series and its state after the last period.

    Parameters
    ----------
    of_sizes, of_gaps : (n_series,) float64, smoothing parameters, of sizes and of what tells how
        often there is demand
    size : (n_series,) float64, smoothed size of demand, units; zero before the first
    interval : (n_series,) float64, smoothed periods from demand to demand; zero before the first,
        and with TSB
    chance : (n_series,) float64, TSB's smoothed chance of demand; zero with the others
    gap : (n_series,) int64, periods since the last demand, or since before the first period
    variance : (n_series,) float64, mean squared one-step error since the first demand when it was
        fitted, squared units; zero where there was none
    """

    of_sizes: Floats
    of_gaps: Floats
    size: Floats
    interval: Floats
    chance: Floats
    gap: Integers
    variance: Floats

    @property
    def season_length(self) -> int:
        """Periods of the season: there is none."""
        return 1


@njit(inline="always")
def _rate(model: int, size: float, interval: float, chance: float) -> float:
    """Return the demand expected of a period, units; zero before the first demand."""
    if model == _TSB:
        return size * chance
    rate = size / interval if interval > 0.0 else 0.0
    return SBA_SHARE * rate if model == _SBA else rate


@njit(cache=True, nogil=True)
def carry_intermittent(
    s: int, y: Floats, model: int, out: IntermittentStates, signal: Floats
) -> tuple[float, int]:
    """Carry the state of one series through its new observations.

    Parameters
    ----------
    s : its number in ``out`` and ``signal``
    y : (n,) float64, what came after the state, units per period, zero or more
    model : number of an `IntermittentModel`
    out : size, interval, chance and gap are moved on
    signal : (n_series,) float64, average of standardised errors since the first demand, moved on

    Returns
    -------
    squares, scored : sum of squared errors since the first demand, and how many they are
    """
    of_sizes, of_gaps, variance = out.of_sizes[s], out.of_gaps[s], out.variance[s]
    size, interval, chance, gap = out.size[s], out.interval[s], out.chance[s], out.gap[s]
    squares, scored = 0.0, 0
    for t in range(y.shape[0]):
        gap += 1
        begun = size > 0.0
        if begun:
            error = y[t] - _rate(model, size, interval, chance)
            squares += error * error
            scored += 1
            signal[s] += WEIGHT * (standardise(error, variance) - signal[s])
        if model == _TSB:
            chance += of_gaps * (np.float64(y[t] > 0.0) - chance)
        if y[t] <= 0.0:
            continue
        if begun:
            size += of_sizes * (y[t] - size)
            interval += of_gaps * (gap - interval)
        else:
            size, interval = y[t], np.float64(gap)
            chance = 1.0 if gap == 1 else of_gaps
        gap = 0
    out.size[s], out.gap[s] = size, gap
    if model == _TSB:
        out.chance[s] = chance
    else:
        out.interval[s] = interval
    return squares, scored


@njit(cache=True, nogil=True)
def _fit(values: Floats, offsets: Integers, model: int, out: IntermittentStates) -> None:
    n_series, longest = offsets.shape[0] - 1, longest_series(offsets)
    sizes, gaps, lanes = np.empty(longest), np.empty(longest), np.empty((3, LANES))
    signal = np.zeros(n_series)
    for s in range(n_series):
        y = values[offsets[s] : offsets[s + 1]]
        count = split_demand(y, sizes, gaps) if model == _OPTIMISED else 0
        if count > 1:
            out.of_sizes[s] = best_smoothing(sizes[:count], LOWEST, HIGHEST, lanes)
            out.of_gaps[s] = best_smoothing(gaps[:count], LOWEST, HIGHEST, lanes)
        squares, scored = carry_intermittent(s, y, model, out, signal)
        if scored > 0:
            out.variance[s] = squares / scored


@njit(cache=True, nogil=True)
def _carry(
    values: Floats, offsets: Integers, model: int, out: IntermittentStates, signal: Floats
) -> None:
    for s in range(offsets.shape[0] - 1):
        carry_intermittent(s, values[offsets[s] : offsets[s + 1]], model, out, signal)


def fit_intermittent(
    values: Floats,
    offsets: Integers,
    model: IntermittentModel,
    of_sizes: float = CLASSIC_SMOOTHING,
    of_gaps: float = CLASSIC_SMOOTHING,
) -> IntermittentStates:
    """Fit a model of intermittent demand to each series.

    Parameters
    ----------
    values : (n_observations,) float64, the series end to end, units per period, zero or more
    offsets : (n_series + 1,) int64, where each starts; each has one observation at least
    model : one of `CARRIED`
    of_sizes, of_gaps : smoothing parameters of the models that search for none: classic Croston
        and SBA take the first one for both

    Returns
    -------
    IntermittentStates, after the last observations

    Raises
    ------
    ValueError
        Where the model has no state to carry.
    """
    if model not in CARRIED:
        names = ", ".join(each.name for each in CARRIED)
        raise ValueError(f"model must be one of {names}; got {model.name}")
    n_series = offsets.shape[0] - 1
    if model == IntermittentModel.CROSTON_OPTIMISED:
        of_sizes = of_gaps = LOWEST
    elif model != IntermittentModel.TSB:
        of_gaps = of_sizes
    states = _started(np.full(n_series, of_sizes), np.full(n_series, of_gaps), np.zeros(n_series))
    _fit(*as_flat(values, offsets), int(model), states)
    return states


def forecast_intermittent(
    states: IntermittentStates, model: IntermittentModel, horizon: int
) -> Floats:
    """Return the demand expected of each period ahead, (n_series, horizon), units per period."""
    if model == IntermittentModel.TSB:
        rates = states.size * states.chance
    else:
        some = states.interval > 0.0
        rates = np.divide(states.size, states.interval, out=np.zeros(len(some)), where=some)
    if model == IntermittentModel.SBA:
        rates = SBA_SHARE * rates
    return np.repeat(rates[:, None], horizon, axis=1)


def track_intermittent(
    states: IntermittentStates,
    model: IntermittentModel,
    signal: Floats,
    values: Floats,
    offsets: Integers,
) -> tuple[IntermittentStates, Floats]:
    """Carry states through new observations, and the average of their standardised errors too.

    Parameters
    ----------
    states : after the last period known
    model : theirs
    signal : (n_series,) float64, the average so far; zero after a fit
    values : (n_observations,) float64, what came after, series end to end, zero or more
    offsets : (n_series + 1,) int64; a series without news keeps its state

    Returns
    -------
    states : moved on; parameters and variance stay
    signal : (n_series,) float64; infinite or NaN where the model had no error before, and has now
    """
    moving = ("size", "interval", "chance", "gap")
    out = states._replace(**{name: getattr(states, name).copy() for name in moving})
    moved = signal.copy()
    _carry(*as_flat(values, offsets), int(model), out, moved)
    return out, moved


def run_intermittent(
    states: IntermittentStates, model: IntermittentModel, values: Floats, offsets: Integers
) -> IntermittentStates:
    """Carry the parameters through whole histories again, from the first period.

    Parameters
    ----------
    states : of series with the same first periods
    model : theirs
    values : (n_observations,) float64, the histories end to end, zero or more
    offsets : (n_series + 1,) int64

    Returns
    -------
    states, as `track_intermittent` returns them
    """
    out = _started(states.of_sizes, states.of_gaps, states.variance)
    _carry(*as_flat(values, offsets), int(model), out, np.zeros(len(states.size)))
    return out


def _started(of_sizes: Floats, of_gaps: Floats, variance: Floats) -> IntermittentStates:
    size, interval, chance = np.zeros((3, len(variance)))
    gap = np.zeros(len(variance), np.int64)
    return IntermittentStates(of_sizes, of_gaps, size, interval, chance, gap, variance)
