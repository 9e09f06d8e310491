"""Fitted theta models of many series as arrays, and what they forecast.

A stored theta model is its smoothing parameter, the weight of its trend line, the season that was
taken out, and where smoothing and line stand after the last period.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.theta_series import fill_expected, put_season_back

# A constant series, or one of three observations or fewer.
NO_MODEL, STATIC, DYNAMIC = -1, 0, 1


class ThetaStates(NamedTuple):
    """The theta model of each series and its state after the last period.

    All but ``scale`` is of the series divided by that, and without its season.

    Parameters
    ----------
    kind : (n_series,) int64, `STATIC`, `DYNAMIC` or `NO_MODEL`, which repeats the last value
    alpha, weight, start : (n_series,) float64, parameters: of smoothing, 1 - 1/theta, and the
        starting level
    variance : (n_series,) float64, mean squared one-step error
    scale : (n_series,) float64, units of the series, its mean size when it was fitted
    season : (n_series,) int64, how the season was taken out, `kernels.theta_series.ADDED` or
        `RATIO`; 0 where there is none
    seasons : (n_series, season_length) float64, indices, that of the first period first
    seen : (n_series,) int64, periods since the first, that one included
    level, power : (n_series,) float64, smoothed from zero, and the weight of the starting level;
        without a model the last value, in units
    intercept, slope : (n_series,) float64, of the trend line
    mean : (n_series,) float64, of all that a dynamic model has seen; zero for a static one
    """

    kind: Integers
    alpha: Floats
    weight: Floats
    start: Floats
    variance: Floats
    scale: Floats
    season: Integers
    seasons: Floats
    seen: Integers
    level: Floats
    power: Floats
    intercept: Floats
    slope: Floats
    mean: Floats

    @property
    def season_length(self) -> int:
        """Periods of the season, 1 for none."""
        return int(self.seasons.shape[1])


def no_theta_states(n_series: int, season_length: int) -> ThetaStates:
    """Return room for the states of so many series, without a model yet."""
    parts: dict[str, Any] = {name: np.zeros(n_series) for name in ThetaStates._fields}
    for name in ("season", "seen"):
        parts[name] = np.zeros(n_series, np.int64)
    parts["kind"] = np.full(n_series, NO_MODEL, np.int64)
    parts["seasons"] = np.zeros((n_series, max(season_length, 1)))
    return ThetaStates(**parts)


@njit(cache=True, nogil=True)
def _forecast(states: ThetaStates, means: Floats) -> None:
    m = states.seasons.shape[1]
    for s in range(means.shape[0]):
        if states.kind[s] == NO_MODEL:
            means[s, :] = states.level[s]
            continue
        n, power = states.seen[s], states.power[s]
        level = states.level[s] + power * states.start[s]
        trend = (states.intercept[s], states.slope[s], states.mean[s])
        dynamic = states.kind[s] == DYNAMIC
        fill_expected(n, states.alpha[s], states.weight[s], level, power, trend, dynamic, means[s])
        put_season_back(n, states.season[s], m, states.seasons[s], states.scale[s], means[s])


def forecast_thetas(states: ThetaStates, horizon: int) -> Floats:
    """Return the expected path of each series after its state.

    Parameters
    ----------
    states : of `kernels.theta.fit_theta_states`, or carried on since
    horizon : periods ahead

    Returns
    -------
    (n_series, horizon) float64, units of the series
    """
    means = np.empty((states.kind.shape[0], horizon))
    _forecast(states, means)
    return means
