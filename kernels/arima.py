"""Seasonal ARIMA models, chosen and fitted for many series a call.

Differences are chosen by tests (`kernels.arima_orders`); then every series tries all orders of a
small grid and takes the one with the least corrected information criterion. A mean of the series as
differenced, which is a drift where there is a difference, is tried without at the end. The
likelihood is exact but for far factors of its determinant, so short series lose no season to
starting values.

References
----------
Box, Jenkins & Reinsel (2008), "Time Series Analysis", chapters 7 and 9; Hyndman & Khandakar (2008),
"Automatic time series forecasting: the forecast package for R", Journal of Statistical Software
27(3), section 3 (the choice of orders).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arima_choice import (
    AR,
    CENTRED,
    DIFFERENCES,
    MA,
    N_ORDERS,
    NO_MODEL,
    SEASON_AR,
    SEASON_DIFFERENCES,
    SEASON_MA,
    WIDEST,
    ArimaFits,
    choose_models,
    difference_series,
)
from kernels.arima_forecast import expect_series, undo_differences
from kernels.arima_orders import choose_differences
from kernels.arima_shape import Shape, count_before, count_parameters
from kernels.arrays import Floats, Integers
from kernels.flat import as_flat, longest_series

# A second difference, which tests ask for in one series of ten, makes forecasts worse.
MOST_DIFFERENCES = 1


class Orders(NamedTuple):
    """The orders of one candidate, differences apart.

    Parameters
    ----------
    ar, ma : in [0, 2]
    season_ar, season_ma : in [0, 1]
    """

    ar: int
    ma: int
    season_ar: int = 0
    season_ma: int = 0


_MOST = Orders(2, 2, 1, 1)
GRID = tuple(
    Orders(ar, ma, season_ar, season_ma)
    for season_ar in range(2)
    for season_ma in range(2)
    for ar in range(3)
    for ma in range(3)
    if ar + ma < 4
)


def _check(grid: tuple[Orders, ...], differences: tuple[int, int] | None) -> None:
    for orders in grid:
        for name, value, most in zip(Orders._fields, orders, _MOST, strict=True):
            if not 0 <= value <= most:
                raise ValueError(f"{name} must be in [0, {most}]; got {value}")
    for name, value, most in zip(
        ("differences", "season differences"), differences or (), (2, 1), strict=False
    ):
        if not 0 <= value <= most:
            raise ValueError(f"{name} must be in [0, {most}]; got {value}")


def fit_arima(
    values: Floats,
    offsets: Integers,
    season_length: int,
    *,
    grid: tuple[Orders, ...] = GRID,
    differences: tuple[int, int] | None = None,
    most_differences: int = MOST_DIFFERENCES,
    means: tuple[bool, bool] = (True, True),
    exact: bool = True,
) -> ArimaFits:
    """Choose and fit a model for each series.

    Parameters
    ----------
    values : (n_observations,) float64, the series end to end, units per period
    offsets : (n_series + 1,) int64, where each series starts
    season_length : periods, 1 for none; orders of the season are tried where it was seen three
        times
    grid : the orders to choose from
    differences : by one period and by the season, for all series; None has tests choose
    most_differences : by one period that tests may choose
    means : whether models without and with a mean, a drift of what is differenced once, are tried;
        what is differenced twice has none
    exact : whether the likelihood is that of a stationary series as differenced; otherwise it is
        the sum of squares of one that starts from rest

    Raises
    ------
    ValueError
        Where an order or a number of differences is out of range.

    Returns
    -------
    ArimaFits; a series of fewer than ten periods, or one with a value that is not finite, has no
    model, and a series that does not vary as differenced goes on as it does.
    """
    _check(grid, differences)
    n_series = offsets.shape[0] - 1
    fits = ArimaFits(
        np.full((n_series, N_ORDERS), NO_MODEL, np.int64),
        np.zeros((n_series, WIDEST)),
        np.full(n_series, np.nan),
        np.full(n_series, np.inf),
        np.zeros(n_series, np.int64),
    )
    values, offsets = as_flat(values, offsets)
    times = np.zeros((n_series, 2), np.int64)
    if differences is None:
        choose_differences(values, offsets, season_length, most_differences, times)
    else:
        times[:] = differences
    rows = np.array(grid, np.int64)
    choose_models(values, offsets, season_length, exact, times, rows, means, fits)
    return fits


@njit(cache=True, nogil=True)
def _forecast_batch(
    fits: ArimaFits, values: Floats, offsets: Integers, length: int, exact: bool, means: Floats
) -> None:
    longest = longest_series(offsets)
    widest = count_before(Shape(2, 2, 1, 1, True, length)) if exact else 0
    work = np.empty((4, widest + longest + means.shape[1]))
    for s in range(offsets.shape[0] - 1):
        own = fits.orders[s]
        if own[AR] == NO_MODEL:
            means[s] = math.nan
            continue
        y = values[offsets[s] : offsets[s + 1]]
        rest = difference_series(y.copy(), own[DIFFERENCES], own[SEASON_DIFFERENCES], length)
        shape = Shape(own[AR], own[MA], own[SEASON_AR], own[SEASON_MA], own[CENTRED] == 1, length)
        before = count_before(shape) if exact else 0
        squares = expect_series(rest, fits.coefficients[s], length, before, work, means[s])
        fits.variance[s] = squares / max(rest.shape[0] - count_parameters(shape), 1)
        undo_differences(y, own[DIFFERENCES], own[SEASON_DIFFERENCES], length, means[s])


def forecast_arima(
    fits: ArimaFits,
    values: Floats,
    offsets: Integers,
    season_length: int,
    horizon: int,
    *,
    exact: bool = True,
) -> Floats:
    """Return the expected path of each series, (n_series, horizon) float64, units.

    The variance of its one-step errors is filled in on the way.

    Parameters
    ----------
    fits : of these series
    values, offsets, season_length, exact : as `fit_arima` took them
    horizon : periods ahead

    Returns
    -------
    NaN where there is no model.
    """
    means = np.empty((offsets.shape[0] - 1, horizon))
    _forecast_batch(fits, *as_flat(values, offsets), season_length, exact, means)
    return means
