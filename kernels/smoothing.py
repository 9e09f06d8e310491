"""Simple exponential smoothing, its parameter found by golden section in vector lanes.

Five steps of a golden section can only ever ask for 24 points. All are scored side by side in one
pass over the series, so a search of twenty steps costs four passes, and it ends in the bracket
that the section itself would reach, also where there are several optima; a parabola through the
last points does the rest.

References
----------
Brown (1956), "Exponential smoothing for predicting demand"; Kiefer (1953), "Sequential minimax
search for a maximum", Proceedings of the AMS 4(3) (the section); Gardner (2006), "Exponential
smoothing: the state of the art - part II", International Journal of Forecasting 22(4).
"""

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.flat import longest_series

STEPS = 5
LANES = 24
ROUNDS = 4
LOWEST = 0.01
HIGHEST = 0.99
_FUSED = {"contract"}
_GOLDEN = (5.0**0.5 - 1.0) / 2.0


def _section_tree() -> tuple[Floats, Integers]:
    """Return the points of all sections of (0, 1) after `STEPS` steps, and who asks for which.

    Returns
    -------
    points : (LANES + 2,) float64, ascending, with both ends
    asked : (4, 2 ** (STEPS + 1) - 1) int64, numbers of each bracket's ends and inner points:
        first, last, near, far; the brackets of ``b`` are ``2 * b + 1`` to the left and
        ``2 * b + 2`` to the right
    """
    ends = [(0.0, 1.0)]
    for number in range(2**STEPS - 1):
        first, last = ends[number]
        width = (last - first) * _GOLDEN
        ends += [(first, first + width), (last - width, last)]
    wanted = np.array([(a, b, b - (b - a) * _GOLDEN, a + (b - a) * _GOLDEN) for a, b in ends]).T
    inner = wanted[:, : 2**STEPS - 1].round(9)
    points = np.unique(inner)
    asked = np.abs(wanted[:, :, None] - points).argmin(axis=2)
    return points, asked.astype(np.int64)


_POINTS, _ASKED = _section_tree()


@njit(cache=True, nogil=True)
def smoothed_level(y: Floats, alpha: float) -> float:
    """Return the level after the last observation, which is every forecast.

    Parameters
    ----------
    y : (n,) float64, n >= 1; the first observation is the first level
    alpha : weight of the newest observation
    """
    level: float = y[0]
    for t in range(1, y.shape[0]):
        level += alpha * (y[t] - level)
    return level


@njit(cache=True, nogil=True, fastmath=_FUSED)
def fill_squared_errors(y: Floats, low: float, width: float, lanes: Floats) -> None:
    """Score the points of all sections of ``[low, low + width]``.

    Four observations a turn keep a lane in its register; the number of lanes is read from the
    array because a loop of a known length is unrolled into scalar code.

    Parameters
    ----------
    y : (n,) float64
    low, width : of the bracket
    lanes : (3, LANES) float64, overwritten: alpha, level, sum of squared one-step errors
    """
    alphas, levels, errors = lanes[0], lanes[1], lanes[2]
    for k in range(lanes.shape[1]):
        alphas[k] = low + width * _POINTS[k + 1]
        levels[k] = y[0]
        errors[k] = 0.0
    whole = 1 + (y.shape[0] - 1) // 4 * 4
    for t in range(1, whole, 4):
        first, second, third, fourth = y[t], y[t + 1], y[t + 2], y[t + 3]
        for k in range(lanes.shape[1]):
            alpha, level = alphas[k], levels[k]
            error = first - level
            total = error * error
            level += alpha * error
            error = second - level
            total += error * error
            level += alpha * error
            error = third - level
            total += error * error
            level += alpha * error
            error = fourth - level
            errors[k] += total + error * error
            levels[k] = level + alpha * error
    for t in range(whole, y.shape[0]):
        for k in range(lanes.shape[1]):
            error = y[t] - levels[k]
            errors[k] += error * error
            levels[k] += alphas[k] * error


@njit(cache=True, nogil=True)
def parabola_vertex(lanes: Floats, middle: int, low: float, high: float) -> float:
    """Return where the parabola through a point and its neighbours is least, within the bracket."""
    left, right = lanes[0, middle - 1], lanes[0, middle + 1]
    at = lanes[0, middle]
    of_left = lanes[2, middle - 1] - lanes[2, middle]
    of_right = lanes[2, middle + 1] - lanes[2, middle]
    first, second = of_left / (left - at), of_right / (right - at)
    curvature = (second - first) / (right - left)
    if curvature <= 0.0:
        return low if first > 0.0 else high
    slope = first - curvature * (left - at)
    vertex: float = at - slope / (2.0 * curvature)
    return min(max(vertex, low), high)


@njit(cache=True, nogil=True)
def best_smoothing(y: Floats, low: float, high: float, lanes: Floats) -> float:
    """Return the parameter with the least squared one-step errors, as a golden section finds it.

    Parameters
    ----------
    y : (n,) float64, no NaN
    low, high : bounds of alpha
    lanes : (3, LANES) float64 scratch

    Returns
    -------
    alpha; the middle of the bracket where two of its points score the same, as in a constant
    series, or in one of two observations, where every alpha does.
    """
    bracket = 0
    for _ in range(ROUNDS):
        width = high - low
        fill_squared_errors(y, low, width, lanes)
        bracket = 0
        for _ in range(STEPS):
            near, far = _ASKED[2, bracket] - 1, _ASKED[3, bracket] - 1
            of_near, of_far = lanes[2, near], lanes[2, far]
            if of_near == of_far:
                ends = _POINTS[_ASKED[0, bracket]] + _POINTS[_ASKED[1, bracket]]
                middle: float = low + width * 0.5 * ends
                return middle
            bracket = 2 * bracket + (1 if of_near < of_far else 2)
        high = low + width * _POINTS[_ASKED[1, bracket]]
        low = low + width * _POINTS[_ASKED[0, bracket]]
    inner = min(max(_ASKED[0, bracket], 1), LANES - 2)
    alpha: float = parabola_vertex(lanes, inner, low, high)
    return alpha


@njit(cache=True, nogil=True)
def best_level(y: Floats, low: float, high: float, lanes: Floats) -> float:
    """Return the level after the last observation with the best parameter within bounds."""
    alpha: float = best_smoothing(y, low, high, lanes) if y.shape[0] > 1 else low
    level: float = smoothed_level(y, alpha)
    return level


@njit(cache=True, nogil=True)
def fill_levels(values: Floats, offsets: Integers, low: float, high: float, out: Floats) -> None:
    """Fill the forecast of simple exponential smoothing of each series.

    Parameters
    ----------
    values : (n_observations,) float64, the series end to end, no NaN
    offsets : (n_series + 1,) int64, where each starts; each has one observation at least
    low, high : bounds of alpha in (0, 1); where they are equal nothing is searched
    out : (n_series,) float64, overwritten, units of the series
    """
    lanes = np.empty((3, LANES))
    for s in range(offsets.shape[0] - 1):
        y = values[offsets[s] : offsets[s + 1]]
        out[s] = best_level(y, low, high, lanes) if low < high else smoothed_level(y, low)


@njit(cache=True, nogil=True)
def fill_seasonal_levels(
    values: Floats, offsets: Integers, season_length: int, low: float, high: float, out: Floats
) -> None:
    """Fill the level of each place in the season, every place smoothed by itself.

    Parameters
    ----------
    values, offsets, low, high : as in `fill_levels`
    season_length : periods
    out : (n_series, season_length) float64, overwritten: the place of the first period after the
        end first; NaN for a series shorter than a season
    """
    lanes = np.empty((3, LANES))
    own = np.empty(longest_series(offsets) // season_length + 1)
    for s in range(offsets.shape[0] - 1):
        y = values[offsets[s] : offsets[s + 1]]
        n = y.shape[0]
        if n < season_length:
            out[s, :] = np.nan
            continue
        for place in range(season_length):
            count = 0
            for t in range(place + n % season_length, n, season_length):
                own[count] = y[t]
                count += 1
            out[s, place] = best_level(own[:count], low, high, lanes)
