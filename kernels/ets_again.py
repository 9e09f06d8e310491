"""Which searches of exponential smoothing models are done again, and where from.

A likelihood of smoothing has several tops, and a search climbs the one that it starts below. Four
signs of a higher one are cheap to read where a search ended: it is worse than constant means, which
every model contains; its trend or season stands still; its trend moves, where the model is all but
the best and one that stands still might do as well; damped, it is worse than the line that it damps
little. A start out of a model's range is no sign: with relative errors what is found from elsewhere
fits the periods near zero, and forecasts worse.

References
----------
Hyndman, Koehler, Ord & Snyder (2008), "Forecasting with Exponential Smoothing", section 2.5 (which
model is a case of which).
"""

import math

from numba import njit

from kernels.arrays import Floats
from kernels.ets_candidates import information
from kernels.ets_shape import Shape, count_parameters
from kernels.ets_start import fill_start
from kernels.ets_step import DAMPED, RATIO

NOWHERE, LIVELY, MEANS, UNTRENDED, UNDAMPED = 0, 1, 2, 3, 4
# As many of a search's parameters as others start from: alpha, beta, gamma, level and trend.
FIRST_PARAMETERS = 5
# A parameter below this many times its least stands still.
_STILL = 1.01
# With a trend that stands still, a level that follows its series less than this is a line, and one
# that follows it less than that is near one.
_LINE, _NEARLY_LINE = 0.02, 0.2
# Of the criterion: how far from the best a model, or what it contains, may be to be searched again;
# how close it is where no other sign is asked for; how much worse it is than what it contains.
_WORTH_ANOTHER = 10.0
_CLOSE = 2.0
_WORSE = 0.1
_NOTHING = 1e-300


@njit(cache=True, nogil=True)
def choose_again(
    shape: Shape,
    lower: Floats,
    found: float,
    end: Floats,
    means: float,
    untrended: float,
    undamped: float,
    undamped_alpha: float,
) -> tuple[int, float]:
    """Return where a second search starts, and the best criterion above which it is worth it.

    Parameters
    ----------
    shape : of the model
    lower : (n_smoothing,) float64, bounds
    found : criterion of the first search, infinite where its start was out of the model's range
    end : (>= 3,) float64, where that ended
    means : what the criterion would be with constant means; infinite where there is a trend
    untrended : criterion of the model without trend, infinite where there is none
    undamped, undamped_alpha : what the criterion would be without damping, and that model's alpha;
        infinite where there is none
    """
    if not found < math.inf:
        return NOWHERE, math.inf
    if found > means + _WORSE:
        return MEANS, means - _WORTH_ANOTHER
    place = 1 + (shape.trend > 0)
    season_stands = shape.season > 0 and end[place] < _STILL * lower[place]
    trend_stands = shape.trend > 0 and end[1] < _STILL * lower[1]
    is_line = trend_stands and end[0] < _LINE
    if (season_stands or trend_stands) and not is_line:
        return LIVELY, found - _WORTH_ANOTHER
    if found > undamped + _WORSE and undamped_alpha < _NEARLY_LINE:
        return UNDAMPED, undamped - 2.0 * _CLOSE
    if shape.trend > 0 and not trend_stands:
        return UNTRENDED, max(found - _CLOSE, untrended - _WORTH_ANOTHER)
    return NOWHERE, math.inf


@njit(cache=True, nogil=True)
def constant_means(y: Floats, relative: bool, means: Floats) -> float:
    """Fill the mean of each place in the season; return what they are worth.

    Parameters
    ----------
    y : (n,) float64, longer than its season; above zero where errors are relative
    relative : whether they are
    means : (m,) float64, filled; one for a model without season

    Returns
    -------
    Twice the negative log-likelihood, without its constant.
    """
    n, m = y.shape[0], means.shape[0]
    squares, logs = 0.0, 0.0
    for j in range(m):
        total, own, count = 0.0, 0.0, (n - j + m - 1) // m
        for t in range(j, n, m):
            total += y[t]
        mean = total / count
        for t in range(j, n, m):
            own += (y[t] - mean) ** 2
        means[j] = mean
        squares += own / (mean * mean) if relative else own
        logs += count * math.log(mean) if relative else 0.0
    return float(n * math.log(squares + _NOTHING) + 2.0 * logs)


@njit(cache=True, nogil=True)
def start_from_means(shape: Shape, lower: Floats, means: Floats, start: Floats) -> None:
    """Fill the start of a model without trend from constant means, which it all but keeps.

    Parameters
    ----------
    shape : of the model
    lower : (n_smoothing,) float64, bounds
    means : (m,) float64, of `constant_means`
    start : (>= n_parameters,) float64, filled
    """
    place, level = lower.shape[0], 0.0
    for p in range(place):
        start[p] = lower[p]
    for j in range(shape.length):
        level += means[j] / shape.length
    start[place] = level
    for j in range(1, shape.length):
        start[place + j] = means[j] / level if shape.season == RATIO else means[j] - level


@njit(cache=True, nogil=True)
def start_untrended(
    shape: Shape, lower: Floats, upper: Floats, ended: Floats, begun: Floats, start: Floats
) -> None:
    """Fill the start of a model with a trend from where the one without ended.

    Parameters
    ----------
    shape : of the model
    lower, upper : (n_smoothing,) float64, bounds
    ended : (>= 3,) float64, first parameters of the model without trend
    begun : (3 + m,) float64, of `kernels.ets_start.begin_series`
    start : (>= n_parameters,) float64, filled
    """
    place, seasonal = lower.shape[0], shape.season > 0
    start[0], start[1] = ended[0], lower[1]
    if seasonal:
        start[2] = ended[1]
    if shape.trend == DAMPED:
        start[place - 1] = upper[place - 1]
    start[place], start[place + 1] = ended[1 + seasonal], 0.0
    for j in range(1, shape.length):
        start[place + 1 + j] = begun[3 + j]


@njit(cache=True, nogil=True)
def start_undamped(
    shape: Shape, upper: Floats, ended: Floats, begun: Floats, start: Floats
) -> None:
    """Fill the start of a damped model from where the one without damping ended.

    Parameters
    ----------
    shape, upper, begun, start : as for `start_untrended`
    ended : (>= 5,) float64, first parameters of the model without damping
    """
    place = upper.shape[0]
    for p in range(place - 1):
        start[p] = ended[p]
    start[place - 1] = upper[place - 1]
    start[place], start[place + 1] = ended[place - 1], ended[place]
    for j in range(1, shape.length):
        start[place + 1 + j] = begun[3 + j]


@njit(cache=True, nogil=True)
def start_again(
    shape: Shape,
    y: Floats,
    unit: float,
    lower: Floats,
    upper: Floats,
    begun: Floats,
    found: float,
    end: Floats,
    untrended: float,
    untrended_end: Floats,
    undamped: float,
    undamped_end: Floats,
    means: Floats,
    start: Floats,
) -> float:
    """Fill where the second search of a model starts, if it may end higher.

    Parameters
    ----------
    shape, lower, upper, begun : as for `fill_start`
    y : (n,) float64, in units of its mean
    unit : that mean
    found, end : criterion and parameters that the model's first search ended with
    untrended, untrended_end : that of the model without trend, infinite where there is none
    undamped, undamped_end : that of the model without damping, infinite where there is none
    means : (m,) float64 scratch
    start : (>= n_parameters,) float64, filled; may be ``end``

    Returns
    -------
    The best criterion above which that search is worth it; infinite where there is none.
    """
    n, worth = y.shape[0], math.inf
    size = count_parameters(shape.trend, shape.season, shape.length)
    if shape.trend == 0:
        likelihood = constant_means(y, shape.relative, means[: shape.length])
        worth = information(likelihood, n, unit, size)
    damped = undamped + information(0.0, n, 1.0, size) - information(0.0, n, 1.0, size - 1)
    kind, above = choose_again(shape, lower, found, end, worth, untrended, damped, undamped_end[0])
    if kind == LIVELY:
        fill_start(shape, lower, upper, True, begun, start)
    elif kind == MEANS:
        start_from_means(shape, lower, means, start)
    elif kind == UNDAMPED:
        start_undamped(shape, upper, undamped_end, begun, start)
    elif kind == UNTRENDED:
        start_untrended(shape, lower, upper, untrended_end, begun, start)
    return float(above)
