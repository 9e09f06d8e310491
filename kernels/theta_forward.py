"""Stored theta models carried forward, without fitting them again.

What a fit learns of a whole history stays as it was until the next fit: smoothing parameter, weight
and starting level, the scale, the seasonal indices, and the trend line of a static model, which is
the least-squares line through that history. The line of a dynamic model is a running one, and
learns from every period by its own recursion.

References
----------
Fiorucci, Pellegrini, Louzada & Petropoulos (2016), "Models for optimising the theta method and
their relationship to state space models", International Journal of Forecasting 32(4), eqs. 5-12
(the recursions: a state takes a new observation by one step of them); Assimakopoulos &
Nikolopoulos (2000), "The theta model: a decomposition approach to forecasting", International
Journal of Forecasting 16(4) (season and line are estimated once, from the data at hand).
"""

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.drift import WEIGHT, standardise
from kernels.flat import as_flat
from kernels.theta_series import RATIO, follow_trend
from kernels.theta_states import DYNAMIC, NO_MODEL, ThetaStates


@njit(cache=True, nogil=True)
def carry_theta(
    s: int, y: Floats, states: ThetaStates, before: int, out: ThetaStates, signal: Floats
) -> None:
    """Carry the state of one series, which has a model, through its new observations.

    Parameters
    ----------
    s : its number in ``states``, ``out`` and ``signal``
    y : (n,) float64, what came after the state, units of the series
    before : periods seen before ``y``; level, power and trend line of ``out`` are those after them
    out : as ``states``; what changes from period to period is moved on
    signal : (n_series,) float64, average of standardised errors, moved on
    """
    m, place = states.seasons.shape[1], before % states.seasons.shape[1]
    alpha, weight, start = states.alpha[s], states.weight[s], states.start[s]
    season, scale, variance = states.season[s], states.scale[s], states.variance[s]
    dynamic, rest = states.kind[s] == DYNAMIC, 1.0 - states.alpha[s]
    level, power = out.level[s], out.power[s]
    intercept, slope, mean = out.intercept[s], out.slope[s], out.mean[s]
    for t in range(y.shape[0]):
        seen = before + t
        index = states.seasons[s, place]
        place = place + 1 if place + 1 < m else 0
        x = y[t] / scale
        if season != 0:
            x = x / index if season == RATIO else x - index
        drift = intercept * power + slope * (1.0 - power * rest) / alpha
        error = x - (level + power * start + weight * drift)
        signal[s] += WEIGHT * (standardise(error, variance) - signal[s])
        level += alpha * (x - level)
        power *= rest
        if dynamic and seen == 0:
            intercept, slope, mean = x, 0.0, x
        elif dynamic:
            share, following = 1.0 / (seen + 1), 1.0 / (seen + 2)
            intercept, slope, mean = follow_trend(seen, x, slope, mean, share, following)
    out.level[s], out.power[s] = level, power
    out.intercept[s], out.slope[s], out.mean[s] = intercept, slope, mean
    out.seen[s] = before + y.shape[0]


@njit(cache=True, nogil=True)
def _track(
    values: Floats, offsets: Integers, states: ThetaStates, out: ThetaStates, signal: Floats
) -> None:
    for s in range(offsets.shape[0] - 1):
        y = values[offsets[s] : offsets[s + 1]]
        if states.kind[s] != NO_MODEL:
            carry_theta(s, y, states, states.seen[s], out, signal)
        elif y.shape[0] > 0:
            out.level[s] = y[y.shape[0] - 1]
            out.seen[s] = states.seen[s] + y.shape[0]


@njit(cache=True, nogil=True)
def _run(values: Floats, offsets: Integers, states: ThetaStates, out: ThetaStates) -> None:
    signal = np.zeros(offsets.shape[0] - 1)
    for s in range(offsets.shape[0] - 1):
        y = values[offsets[s] : offsets[s + 1]]
        if states.kind[s] == NO_MODEL:
            out.level[s], out.seen[s] = y[y.shape[0] - 1], y.shape[0]
            continue
        out.level[s], out.power[s] = 0.0, 1.0
        carry_theta(s, y, states, 0, out, signal)


def track_thetas(
    states: ThetaStates, signal: Floats, values: Floats, offsets: Integers
) -> tuple[ThetaStates, Floats]:
    """Carry states through new observations, and the average of their standardised errors too.

    Parameters
    ----------
    states : after the last period known
    signal : (n_series,) float64, the average so far; zero after a fit
    values : (n_observations,) float64, what came after, series end to end, no NaN
    offsets : (n_series + 1,) int64; a series without news keeps its state

    Returns
    -------
    states : moved on; parameters, seasonal indices and the line of a static model stay
    signal : (n_series,) float64; infinite or NaN where the model had no error before, and has now
    """
    out, moved = _room(states), signal.copy()
    _track(
        *as_flat(values, offsets),
        states,
        out,
        moved,
    )
    return out, moved


def run_thetas(states: ThetaStates, values: Floats, offsets: Integers) -> ThetaStates:
    """Carry the parameters through whole histories again, from the first period.

    Parameters
    ----------
    states : of series with the same first periods
    values : (n_observations,) float64, the histories end to end, no NaN
    offsets : (n_series + 1,) int64; each has one observation at least

    Returns
    -------
    states, as `track_thetas` returns them
    """
    out = _room(states)
    _run(
        *as_flat(values, offsets),
        states,
        out,
    )
    return out


def _room(states: ThetaStates) -> ThetaStates:
    """Return the states, with copies of what changes from period to period."""
    moving = ("seen", "level", "power", "intercept", "slope", "mean")
    return states._replace(**{name: getattr(states, name).copy() for name in moving})
