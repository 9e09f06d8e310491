"""The errors of one seasonal ARMA series, and what comes after it: the scalar truth.

References
----------
Box, Jenkins & Reinsel (2008), "Time Series Analysis", sections 5.1-5.2 (forecasts by the difference
equation) and 7.1.4 (back-forecasts).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats

# Places of a model's coefficients.
FIRST_AR, SECOND_AR, SEASON_AR, FIRST_MA, SECOND_MA, SEASON_MA, CENTRE = 0, 1, 2, 3, 4, 5, 6


@njit(inline="always")
def _lagged(values, t, lag):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return values[t - lag] if t >= lag else 0.0


@njit(cache=True, nogil=True)
def carry_errors(
    work: Floats, coefficients: Floats, length: int, unsure: int, first: int, known: int, stop: int
) -> None:
    """Carry a series through its filters: errors where it is known, expected values after.

    Parameters
    ----------
    work : (4, >= stop) float64: values less their mean, which are filled from ``known`` on, the
        same less autoregression, less seasonal autoregression and moving average, and errors
    coefficients : (7,) float64
    length : periods of the season
    unsure : periods at the start whose errors are taken to be zero
    first, known, stop : periods to begin with, of the first unknown value, and to end before
    """
    value, part, kept, error = work[0], work[1], work[2], work[3]
    for t in range(first, stop):
        of_ma = coefficients[FIRST_MA] * _lagged(error, t, 1)
        of_ma += coefficients[SECOND_MA] * _lagged(error, t, 2)
        of_season_ma = coefficients[SEASON_MA] * _lagged(kept, t, length)
        of_season_ar = coefficients[SEASON_AR] * _lagged(part, t, length)
        of_ar = coefficients[FIRST_AR] * _lagged(value, t, 1)
        of_ar += coefficients[SECOND_AR] * _lagged(value, t, 2)
        if t < known:
            part[t] = value[t] - of_ar
            kept[t] = part[t] - of_season_ar - of_season_ma
            error[t] = kept[t] - of_ma
            if t < unsure:
                kept[t], error[t] = 0.0, 0.0
        else:
            error[t] = 0.0
            kept[t] = of_ma
            part[t] = kept[t] + of_season_ma + of_season_ar
            value[t] = part[t] + of_ar


@njit(cache=True, nogil=True)
def expect_series(
    values: Floats, coefficients: Floats, length: int, before: int, work: Floats, ahead: Floats
) -> float:
    """Fill what is expected after a series as differenced; return its sum of squared errors.

    Parameters
    ----------
    values : (n,) float64
    coefficients : (7,) float64: AR, seasonal AR, MA, seasonal MA, mean
    length : periods of the season, 1 for none
    before : periods expected before the series, by the model run backwards; none starts from rest
    work : (4, before + n + horizon or more) float64 scratch
    ahead : (horizon,) float64, filled
    """
    n, horizon, centre = values.shape[0], ahead.shape[0], coefficients[CENTRE]
    if before > 0:
        unsure = (coefficients[FIRST_AR] != 0.0) + (coefficients[SECOND_AR] != 0.0)
        if coefficients[SECOND_AR] != 0.0:
            unsure = 2
        unsure += length * int(coefficients[SEASON_AR] != 0.0)
        for t in range(n):
            work[0, t] = values[n - 1 - t] - centre
        carry_errors(work, coefficients, length, unsure, 0, n, n + before)
        for t in range(before):
            work[1, t] = work[0, n + before - 1 - t]
        work[0, :before] = work[1, :before]
    for t in range(n):
        work[0, before + t] = values[t] - centre
    stop = before + n
    carry_errors(work, coefficients, length, 0, 0, stop, stop + horizon)
    squares = 0.0
    for t in range(stop):
        squares += work[3, t] * work[3, t]
    for step in range(horizon):
        ahead[step] = work[0, stop + step] + centre
    return squares


@njit(cache=True, nogil=True)
def undo_differences(
    values: Floats, differences: int, season_differences: int, length: int, ahead: Floats
) -> None:
    """Turn expected differences into expected values, in place.

    Parameters
    ----------
    values : (n,) float64, the series
    differences, season_differences : how often it was differenced, the latter at most once
    length : periods of the season
    ahead : (horizon,) float64
    """
    n, horizon = values.shape[0], ahead.shape[0]
    lag = length if season_differences > 0 else 0
    last = np.zeros(differences + 1)
    for back in range(differences):
        # The last value of the series differenced ``back`` times.
        sign, total = 1.0, 0.0
        for i in range(back + 1):
            t = n - 1 - i
            own = values[t] - (values[t - lag] if lag else 0.0)
            total += sign * own
            sign *= -(back - i) / (i + 1.0)
        last[back] = total
    for step in range(horizon):
        moved = ahead[step]
        for back in range(differences - 1, -1, -1):
            last[back] += moved
            moved = last[back]
        ahead[step] = moved
    for step in range(horizon if lag else 0):
        ahead[step] += values[n - lag + step] if step < lag else ahead[step - lag]


@njit(cache=True, nogil=True)
def corrected_criterion(likelihood: float, n: float, parameters: int) -> float:
    """Return the corrected information criterion; infinite where there are too few periods.

    Parameters
    ----------
    likelihood : twice the negative log-likelihood
    n : periods of the series as differenced
    parameters : the variance among them
    """
    left = n - parameters - 1.0
    if left <= 0.0:
        return math.inf
    return likelihood + 2.0 * parameters * n / left
