"""The choice among seasonal ARMA models: every series tries a grid of orders.

Each model is fitted to all series that admit it, with a mean where there is one difference at most;
at the end the best is tried without it.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arima_forecast import corrected_criterion
from kernels.arima_orders import difference, is_constant
from kernels.arima_search import search_model
from kernels.arima_shape import Shape, count_parameters
from kernels.arrays import Floats, Integers
from kernels.lane_search import Queue

SHORTEST = 10
NO_MODEL = -1
# Columns of a fit's orders.
AR, DIFFERENCES, MA, SEASON_AR, SEASON_DIFFERENCES, SEASON_MA, CENTRED = 0, 1, 2, 3, 4, 5, 6
N_ORDERS = 7
# One season has to be seen so often for orders of it.
_SEASONS_AN_ORDER = 3
# Where partial correlations start. From other starts as well likelihoods are better in one mixed
# model of seven, and forecasts are not.
_START = 0.1
WIDEST = 7


class ArimaFits(NamedTuple):
    """The model of each series.

    Parameters
    ----------
    orders : (n_series, 7) int64: p, d, q, P, D, Q, and one where there is a mean or drift;
        `NO_MODEL` throughout for a series too short or not finite
    coefficients : (n_series, 7) float64: two of AR, one of seasonal AR, two of MA, one of seasonal
        MA, and the mean of the series as differenced, in units; moving averages are added, as in R
    variance : (n_series,) float64, of one-step errors, in squared units
    criterion : (n_series,) float64, AICc without the constant that all models share; infinite
        where nothing was searched
    points : (n_series,) int64, evaluations of likelihood and slope
    """

    orders: Integers
    coefficients: Floats
    variance: Floats
    criterion: Floats
    points: Integers


class Reduced(NamedTuple):
    """Series as differenced, each in units of its own deviation.

    Parameters
    ----------
    lengths : (n_series,) int64, periods before differencing
    differences : (n_series, 2) int64, by a period and by the season
    values, offsets : as differenced, end to end
    unit : (n_series,) float64; zero where nothing varies, not finite where the series is not
    mean : (n_series,) float64, in units; of a constant, its value
    """

    lengths: Integers
    differences: Integers
    values: Floats
    offsets: Integers
    unit: Floats
    mean: Floats


@njit(cache=True, nogil=True)
def difference_series(y: Floats, times: int, season_times: int, length: int) -> Floats:
    """Return a series as differenced; what it was is overwritten."""
    rest = y
    for _ in range(season_times):
        rest = difference(rest, length)
    for _ in range(times):
        rest = difference(rest, 1)
    return rest


@njit(cache=True, nogil=True)
def reduce_series(values: Floats, offsets: Integers, length: int, differences: Integers) -> Reduced:
    """Return each series as differenced, in units of its deviation."""
    n_series = offsets.shape[0] - 1
    rest, bounds = np.empty_like(values), np.zeros(n_series + 1, np.int64)
    unit, mean = np.zeros(n_series), np.zeros(n_series)
    for s in range(n_series):
        y = values[offsets[s] : offsets[s + 1]].copy()
        y = difference_series(y, differences[s, 0], differences[s, 1], length)
        bounds[s + 1] = bounds[s] + y.shape[0]
        own = rest[bounds[s] : bounds[s + 1]]
        own[:] = y
        if y.shape[0] == 0 or is_constant(y):
            mean[s] = y[0] if y.shape[0] > 0 else 0.0
            unit[s] = 0.0 if math.isfinite(mean[s]) else math.nan
            continue
        mean[s], unit[s] = np.mean(y), np.std(y)
        if unit[s] > 0.0:
            own /= unit[s]
            mean[s] /= unit[s]
    lengths = offsets[1:] - offsets[:-1]
    return Reduced(lengths, differences, rest, bounds, unit, mean)


@njit(cache=True, nogil=True)
def _admits(shape: Shape, n: int, n_reduced: int, differences: int) -> bool:
    """Whether a series of ``n`` periods may try a model."""
    if shape.season_ar + shape.season_ma > 0 and n < _SEASONS_AN_ORDER * shape.length:
        return False
    if shape.length > 1 and max(shape.ar, shape.ma) >= shape.length:
        return False
    if shape.centred and differences > 1:
        return False
    return bool(n_reduced > count_parameters(shape) + 2)


@njit(cache=True, nogil=True)
def _read_pair(theta: Floats, place: int, order: int, sign: float, own: Floats, first: int) -> None:
    if order > 0:
        two = theta[place + 1] if order > 1 else 0.0
        own[first] = sign * (theta[place] - theta[place] * two)
        own[first + 1] = sign * two


@njit(cache=True, nogil=True)
def _keep(
    theta: Floats, shape: Shape, series: int, reduced: Reduced, criterion: float, fits: ArimaFits
) -> None:
    """Let a series have a model: the coefficients are those that partial correlations stand for."""
    own, orders = fits.coefficients[series], fits.orders[series]
    own[:] = 0.0
    after = shape.ar + shape.season_ar
    _read_pair(theta, 0, shape.ar, 1.0, own, 0)
    _read_pair(theta, after, shape.ma, -1.0, own, 3)
    if shape.season_ar > 0:
        own[2] = theta[shape.ar]
    if shape.season_ma > 0:
        own[5] = -theta[after + shape.ma]
    if shape.centred:
        own[6] = theta[after + shape.ma + shape.season_ma] * reduced.unit[series]
    orders[AR], orders[MA] = shape.ar, shape.ma
    orders[SEASON_AR], orders[SEASON_MA] = shape.season_ar, shape.season_ma
    orders[DIFFERENCES], orders[SEASON_DIFFERENCES] = reduced.differences[series]
    orders[CENTRED] = int(shape.centred)
    fits.criterion[series] = criterion


@njit(cache=True, nogil=True)
def try_model(
    shape: Shape,
    exact: bool,
    chosen: Integers,
    reduced: Reduced,
    theta: Floats,
    likelihood: Floats,
    fits: ArimaFits,
) -> None:
    """Fit one model to some series, those that admit it; those it suits best take it."""
    admitted = np.empty(chosen.shape[0], np.int64)
    count, offsets = 0, reduced.offsets
    for s in chosen:
        n_reduced = offsets[s + 1] - offsets[s]
        if _admits(shape, reduced.lengths[s], n_reduced, reduced.differences[s].sum()):
            admitted[count] = s
            count += 1
    queue = Queue(reduced.values, offsets, admitted[:count])
    size = count_parameters(shape)
    for s in queue.order:
        theta[s, :size] = _START
        if shape.centred:
            theta[s, size - 1] = reduced.mean[s]
    search_model(queue, shape, exact, theta, likelihood, fits.points)
    for s in queue.order:
        n = float(reduced.offsets[s + 1] - reduced.offsets[s])
        found = likelihood[s] + 2.0 * n * math.log(reduced.unit[s])
        found = corrected_criterion(found, n, size + 1)
        if found < fits.criterion[s]:
            _keep(theta[s], shape, s, reduced, found, fits)


@njit(cache=True, nogil=True)
def _having(orders: Integers, shape: Shape, order: Integers) -> Integers:
    """Return the series whose model has this shape."""
    found = np.empty(order.shape[0], np.int64)
    count = 0
    for s in order:
        own = orders[s]
        same = own[AR] == shape.ar and own[MA] == shape.ma
        same = same and own[SEASON_AR] == shape.season_ar and own[SEASON_MA] == shape.season_ma
        if same and own[CENTRED] == int(shape.centred):
            found[count] = s
            count += 1
    return found[:count]


@njit(cache=True, nogil=True)
def _settle_plain(reduced: Reduced, fits: ArimaFits) -> Integers:
    """Give series that do not vary as differenced their model; return the others, shortest first.

    What is too short or not finite has none, and is not among them.
    """
    order = np.argsort(reduced.offsets[1:] - reduced.offsets[:-1], kind="mergesort")
    lively = np.empty(order.shape[0], np.int64)
    count = 0
    for s in order:
        if reduced.lengths[s] < SHORTEST or not math.isfinite(reduced.unit[s]):
            continue
        if reduced.unit[s] > 0.0:
            lively[count] = s
            count += 1
            continue
        fits.orders[s] = 0
        fits.orders[s, DIFFERENCES], fits.orders[s, SEASON_DIFFERENCES] = reduced.differences[s]
        fits.orders[s, CENTRED] = int(reduced.differences[s].sum() < 2)
        fits.coefficients[s, 6] = reduced.mean[s] * fits.orders[s, CENTRED]
    return lively[:count]


@njit(cache=True, nogil=True)
def choose_models(
    values: Floats,
    offsets: Integers,
    length: int,
    exact: bool,
    differences: Integers,
    grid: Integers,
    means: tuple[bool, bool],
    fits: ArimaFits,
) -> None:
    """Let each series try the grid, and take the best.

    Parameters
    ----------
    values, offsets : the series, end to end
    length : periods of the season, 1 for none
    exact, means : as `kernels.arima.fit_arima` takes them
    differences : (n_series, 2) int64, by a period and by the season
    grid : (n_models, 4) int64: p, q, P, Q
    fits : filled
    """
    reduced = reduce_series(values, offsets, length, differences)
    lively = _settle_plain(reduced, fits)
    n_series = offsets.shape[0] - 1
    theta, likelihood = np.zeros((n_series, WIDEST)), np.zeros(n_series)
    once = reduced.differences[lively].sum(axis=1) < 2
    with_mean = lively[once] if means[1] else lively[:0]
    without = lively[~once] if means[1] else lively
    for row in grid:
        if length == 1 and row[2] + row[3] > 0:
            continue
        centred = Shape(row[0], row[1], row[2], row[3], True, length)
        plain = Shape(row[0], row[1], row[2], row[3], False, length)
        try_model(centred, exact, with_mean, reduced, theta, likelihood, fits)
        try_model(plain, exact, without, reduced, theta, likelihood, fits)
    if means[0] and means[1]:
        for row in grid:
            centred = Shape(row[0], row[1], row[2], row[3], True, length)
            plain = Shape(row[0], row[1], row[2], row[3], False, length)
            chosen = _having(fits.orders, centred, with_mean)
            try_model(plain, exact, chosen, reduced, theta, likelihood, fits)
