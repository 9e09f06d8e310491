"""GARCH recursions: tomorrow's variance from today's surprise and today's variance.

The one recursion is that of Glosten, Jagannathan and Runkle, with the weights of a surprise
upwards and downwards as its parameters: equal ones make GARCH(1,1), and these with no constant
and weights that add up to one make the exponentially weighted average.

References
----------
Bollerslev (1986), "Generalized autoregressive conditional heteroskedasticity", Journal of
Econometrics 31; Glosten, Jagannathan & Runkle (1993), Journal of Finance 48(5); RiskMetrics
(1996), "Technical document", ch. 5.
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers

# Places of a series' parameters.
MEAN, CONSTANT, RISE, FALL, PERSISTED, DEGREES = range(6)
N_PARAMETERS = 6
# Series whose days are filtered side by side.
_SIDE_BY_SIDE = 512


@njit(cache=True, nogil=True)
def next_variance(parameters: Floats, surprise: float, variance: float) -> float:
    """Variance of the next day, squared units of the series.

    Parameters
    ----------
    parameters : (6,) mean; constant; weight of a squared surprise that is not negative; of one
        that is; weight of today's variance; degrees of freedom (not looked at)
    surprise : today's value less its mean
    variance : of today
    """
    weight = parameters[FALL] if surprise < 0.0 else parameters[RISE]
    following: float = (
        parameters[CONSTANT] + weight * surprise * surprise + parameters[PERSISTED] * variance
    )
    return following


@njit(cache=True, nogil=True)
def presample_variance(values: Floats, mean: float) -> float:
    """Mean squared surprise, which stands for the variance and surprise before the first day."""
    total = 0.0
    for value in values:
        total += (value - mean) * (value - mean)
    square: float = total / values.shape[0]
    return square


@njit(cache=True, nogil=True)
def first_variance(parameters: Floats, presample: float) -> float:
    """Variance of the first day, where the day before is known by its expected square alone."""
    weight = 0.5 * (parameters[RISE] + parameters[FALL])
    variance: float = parameters[CONSTANT] + (weight + parameters[PERSISTED]) * presample
    return variance


@njit(cache=True, nogil=True)
def filter_series(
    values: Floats, parameters: Floats, variance: float, variances: Floats, residuals: Floats
) -> float:
    """Run one series through the recursion; return the variance of the day after its last.

    Parameters
    ----------
    values : (n,) float64
    parameters : (6,) float64, as in `next_variance`
    variance : of the first day
    variances, residuals : (n,) float64, filled: the variance said of each day on its eve, and
        the surprise in units of its root
    """
    for t in range(values.shape[0]):
        surprise = values[t] - parameters[MEAN]
        variances[t] = variance
        residuals[t] = surprise / math.sqrt(variance)
        variance = next_variance(parameters, surprise, variance)
    return variance


@njit(cache=True, nogil=True)
def filter_histories(
    values: Floats, starts: Integers, parameters: Floats, variances: Floats, residuals: Floats
) -> Floats:
    """Run every series through its own recursion from its own first day.

    Parameters
    ----------
    values : (n_series, n) float64; what lies before a series' start is not looked at
    starts : (n_series,) int64, first day of each; n leaves the series out
    parameters : (n_series, 6) float64
    variances, residuals : (n_series, n) float64, filled; NaN before the start

    Returns
    -------
    (n_series,) float64, variance of the day after the last; NaN for what is left out.
    """
    n_series, n = values.shape
    following = np.full(n_series, np.nan)
    for i in range(n_series):
        start = starts[i]
        variances[i, :start] = np.nan
        residuals[i, :start] = np.nan
        if start < n:
            own = values[i, start:]
            presample = presample_variance(own, parameters[i, MEAN])
            variance = first_variance(parameters[i], presample)
            following[i] = filter_series(
                own, parameters[i], variance, variances[i, start:], residuals[i, start:]
            )
    return following


@njit(cache=True, nogil=True, error_model="numpy")
def filter_days(
    moves: Floats, starts: Integers, parameters: Floats, volatility: Floats, residuals: Floats
) -> Floats:
    """Run every series through its own recursion, day by day: `filter_histories` in lanes.

    Parameters
    ----------
    moves : (n, n_series) float64, oldest first
    starts, parameters : as of `filter_histories`
    volatility, residuals : (n, n_series) float64, filled: the root of the variance said of each
        day on its eve, and the surprise in units of it; NaN before the start

    Returns
    -------
    (n_series,) float64, variance of the day after the last; NaN for what is left out.
    """
    n, n_series = moves.shape
    following = np.empty(n_series)
    for first in range(0, n_series, _SIDE_BY_SIDE):
        last = min(first + _SIDE_BY_SIDE, n_series)
        own, begun = parameters[first:last], starts[first:last]
        variance = following[first:last]
        _first_variances(moves[:, first:last], begun, own, variance)
        mean, constant = own[:, MEAN].copy(), own[:, CONSTANT].copy()
        rise, fall, persisted = own[:, RISE].copy(), own[:, FALL].copy(), own[:, PERSISTED].copy()
        latest = 0
        for k in range(last - first):
            latest = max(latest, begun[k] if begun[k] < n else 0)
        for t in range(n):
            own_moves, roots = moves[t, first:last], volatility[t, first:last]
            ratios = residuals[t, first:last]
            for k in range(last - first):
                surprise, now = own_moves[k] - mean[k], variance[k]
                weight = fall[k] if surprise < 0.0 else rise[k]
                after = constant[k] + weight * surprise * surprise + persisted[k] * now
                roots[k] = math.sqrt(now)
                ratios[k] = surprise / math.sqrt(now)
                variance[k] = after if t >= latest or t >= begun[k] else now
            for k in range(last - first if t < latest else 0):
                roots[k] = roots[k] if t >= begun[k] else np.nan
                ratios[k] = ratios[k] if t >= begun[k] else np.nan
        for k in range(last - first):
            if begun[k] >= n:
                variance[k] = np.nan
                volatility[:, first + k] = residuals[:, first + k] = np.nan
    return following


@njit(cache=True, nogil=True, error_model="numpy")
def _first_variances(moves: Floats, starts: Integers, parameters: Floats, variance: Floats) -> None:
    """Fill the variance of each series' first day."""
    n, width = moves.shape
    variance[:] = 0.0
    mean = parameters[:, MEAN].copy()
    for t in range(n):
        for k in range(width):
            surprise = moves[t, k] - mean[k]
            variance[k] += surprise * surprise if t >= starts[k] else 0.0
    for k in range(width):
        variance[k] = first_variance(parameters[k], variance[k] / (n - starts[k]))


@njit(cache=True, nogil=True)
def continue_histories(
    values: Floats, variance: Floats, parameters: Floats, variances: Floats, residuals: Floats
) -> Floats:
    """Run every series on from the variance of its first new day.

    Parameters
    ----------
    values : (n_series, n) float64, new days
    variance : (n_series,) float64, of the first of them; NaN carries on as NaN
    parameters : (n_series, 6) float64
    variances, residuals : (n_series, n) float64, filled

    Returns
    -------
    (n_series,) float64, variance of the day after the last.
    """
    following = np.empty(values.shape[0])
    for i in range(values.shape[0]):
        following[i] = filter_series(
            values[i], parameters[i], variance[i], variances[i], residuals[i]
        )
    return following
