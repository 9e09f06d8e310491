"""Fitted simple exponential smoothing of many series, stored and carried forward.

A state takes a new period by one step of the smoothing; its parameter stays as it was fitted. With
a season every place in it is smoothed by itself, and the periods before the first whole season,
counted from the fit's end, are left out (`kernels.smoothing.fill_seasonal_levels`).

References
----------
Brown (1956), "Exponential smoothing for predicting demand"; Gardner (2006), "Exponential
smoothing: the state of the art - part II", International Journal of Forecasting 22(4).
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.drift import WEIGHT, standardise
from kernels.flat import as_flat, longest_series
from kernels.smoothing import LANES, best_smoothing


class LevelStates(NamedTuple):
    """The smoothing of each series and its levels after the last period.

    Parameters
    ----------
    alphas : (n_series, season_length) float64, weight of the newest observation, by the place in
        the season, that of the first period first
    levels : (n_series, season_length) float64, units of the series, by the same places; NaN for a
        series shorter than a season
    variance : (n_series,) float64, mean squared one-step error of all places when it was fitted,
        squared units; zero where there was none
    skipped : (n_series,) int64, first periods that the fit left out
    seen : (n_series,) int64, periods since the first, that one included
    """

    alphas: Floats
    levels: Floats
    variance: Floats
    skipped: Integers
    seen: Integers

    @property
    def season_length(self) -> int:
        """Periods of the season, 1 for none."""
        return int(self.levels.shape[1])


@njit(cache=True, nogil=True)
def carry_levels(
    s: int, y: Floats, states: LevelStates, before: int, levels: Floats, signal: Floats
) -> float:
    """Carry the levels of one series through its new observations.

    Parameters
    ----------
    s : its number in ``states`` and ``signal``
    y : (n,) float64, what came after the state
    before : periods seen before ``y``
    levels : (season_length,) float64, moved on
    signal : (n_series,) float64, average of standardised errors, moved on

    Returns
    -------
    the sum of squared errors
    """
    m, variance, squares = levels.shape[0], states.variance[s], 0.0
    place = before % m
    for t in range(y.shape[0]):
        error = y[t] - levels[place]
        squares += error * error
        signal[s] += WEIGHT * (standardise(error, variance) - signal[s])
        levels[place] += states.alphas[s, place] * error
        place = place + 1 if place + 1 < m else 0
    return squares


@njit(cache=True, nogil=True)
def _run_series(s: int, y: Floats, states: LevelStates, levels: Floats, signal: Floats) -> float:
    """Fill the levels of one series from its first period on; return the squared errors."""
    m, first = levels.shape[0], states.skipped[s]
    if y.shape[0] < first + m:
        levels[:] = np.nan
        return 0.0
    for t in range(first, first + m):
        levels[t % m] = y[t]
    squares: float = carry_levels(s, y[first + m :], states, first + m, levels, signal)
    return squares


@njit(cache=True, nogil=True)
def _fit(values: Floats, offsets: Integers, low: float, high: float, out: LevelStates) -> None:
    n_series, m = offsets.shape[0] - 1, out.levels.shape[1]
    own = np.empty(longest_series(offsets) // m + 1)
    lanes, signal = np.empty((3, LANES)), np.zeros(n_series)
    for s in range(n_series):
        y = values[offsets[s] : offsets[s + 1]]
        n = y.shape[0]
        out.skipped[s], out.seen[s] = n % m, n
        for first in range(n % m, min(n % m + m, n)):
            count = 0
            for t in range(first, n, m):
                own[count] = y[t]
                count += 1
            searched = low < high and count > 1
            alpha = best_smoothing(own[:count], low, high, lanes) if searched else low
            out.alphas[s, first % m] = alpha
        squares = _run_series(s, y, out, out.levels[s], signal)
        scored = n - n % m - m
        if scored > 0:
            out.variance[s] = squares / scored


@njit(cache=True, nogil=True)
def _track(
    values: Floats, offsets: Integers, states: LevelStates, levels: Floats, signal: Floats
) -> None:
    for s in range(offsets.shape[0] - 1):
        y = values[offsets[s] : offsets[s + 1]]
        carry_levels(s, y, states, states.seen[s], levels[s], signal)


@njit(cache=True, nogil=True)
def _run(values: Floats, offsets: Integers, states: LevelStates, levels: Floats) -> None:
    signal = np.zeros(offsets.shape[0] - 1)
    for s in range(offsets.shape[0] - 1):
        _run_series(s, values[offsets[s] : offsets[s + 1]], states, levels[s], signal)


def fit_levels(
    values: Floats, offsets: Integers, season_length: int, low: float, high: float
) -> LevelStates:
    """Fit simple exponential smoothing to each series, or to each place in its season.

    Parameters
    ----------
    values : (n_observations,) float64, the series end to end, no NaN
    offsets : (n_series + 1,) int64, where each starts; each has one observation at least
    season_length : periods, 1 for none
    low, high : bounds of alpha in (0, 1); where they are equal nothing is searched

    Returns
    -------
    LevelStates, after the last observations
    """
    n_series = offsets.shape[0] - 1
    states = LevelStates(
        np.full((n_series, season_length), low),
        np.full((n_series, season_length), np.nan),
        np.zeros(n_series),
        np.zeros(n_series, np.int64),
        np.zeros(n_series, np.int64),
    )
    _fit(*as_flat(values, offsets), low, high, states)
    return states


def forecast_levels(states: LevelStates, horizon: int) -> Floats:
    """Return the expected path of each series after its state, (n_series, horizon)."""
    places = (states.seen[:, None] + np.arange(horizon)) % states.season_length
    return np.asarray(np.take_along_axis(states.levels, places, axis=1))


def track_levels(
    states: LevelStates, signal: Floats, values: Floats, offsets: Integers
) -> tuple[LevelStates, Floats]:
    """Carry levels through new observations, and the average of their standardised errors too.

    Parameters
    ----------
    states : after the last period known
    signal : (n_series,) float64, the average so far; zero after a fit
    values : (n_observations,) float64, what came after, series end to end, no NaN
    offsets : (n_series + 1,) int64; a series without news keeps its state

    Returns
    -------
    states : moved on; parameters and variance stay
    signal : (n_series,) float64; infinite or NaN where the model had no error before, and has now
    """
    levels, moved = states.levels.copy(), signal.copy()
    _track(*as_flat(values, offsets), states, levels, moved)
    return states._replace(levels=levels, seen=states.seen + np.diff(offsets)), moved


def run_levels(states: LevelStates, values: Floats, offsets: Integers) -> LevelStates:
    """Carry the parameters through whole histories again, from the first period.

    Parameters
    ----------
    states : of series with the same first periods
    values : (n_observations,) float64, the histories end to end, no NaN
    offsets : (n_series + 1,) int64

    Returns
    -------
    states, as `track_levels` returns them
    """
    levels = states.levels.copy()
    _run(*as_flat(values, offsets), states, levels)
    return states._replace(levels=levels, seen=np.diff(offsets))
