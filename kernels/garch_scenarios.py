"""Filtered historical simulation: residuals of whole days, run forward through each recursion.

References
----------
Barone-Adesi, Giannopoulos & Vosper (1999), "VaR without correlations for portfolios of
derivative securities", Journal of Futures Markets 19(5).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.garch import MEAN, next_variance
from kernels.philox import Stream, uniform_pair

_STREAM = int(Stream.FILTERED_DAYS)
# Scenarios whose days are drawn before the series are run through them.
_BLOCK = 64


@njit(cache=True, nogil=True)
def fill_days(seed: int, first_scenario: int, n_days: int, out: Integers) -> None:
    """Fill (n_scenarios, horizon) with days drawn alike from ``n_days``.

    A day depends on the seed, the scenario's number and the step alone.
    """
    for s in range(out.shape[0]):
        for step in range(out.shape[1]):
            place, _ = uniform_pair(seed, _STREAM, 0, first_scenario + s, step)
            out[s, step] = min(int(place * n_days), n_days - 1)


@njit(cache=True, nogil=True)
def walk_scenario(
    residuals: Floats, days: Integers, parameters: Floats, variance: float, highest: float
) -> float:
    """Sum of one series' moves over the days of a scenario.

    Parameters
    ----------
    residuals : (n_days,) float64, in units of the standard deviation of their day
    days : (horizon,) int64, the days whose residuals come, in their order
    parameters : (6,) float64, as `kernels.garch.next_variance` takes them
    variance : of the first day
    highest : variance that no later day has more than
    """
    total = 0.0
    for day in days:
        surprise = math.sqrt(variance) * residuals[day]
        total += parameters[MEAN] + surprise
        variance = min(next_variance(parameters, surprise, variance), highest)
    return total


@njit(cache=True, nogil=True)
def _fill_moves(
    residuals: Floats,
    parameters: Floats,
    variance: Floats,
    highest: Floats,
    horizon: int,
    seed: int,
    first_scenario: int,
    out: Floats,
) -> None:
    n_series, n_days = residuals.shape
    days = np.empty((_BLOCK, horizon), np.int64)
    for start in range(0, out.shape[1], _BLOCK):
        width = min(_BLOCK, out.shape[1] - start)
        fill_days(seed, first_scenario + start, n_days, days[:width])
        for i in range(n_series):
            for s in range(width):
                out[i, start + s] = walk_scenario(
                    residuals[i], days[s], parameters[i], variance[i], highest[i]
                )


def filtered_scenarios(
    residuals: Floats,
    parameters: Floats,
    variance: Floats,
    highest: Floats,
    horizon: int,
    n_scenarios: int,
    seed: int,
    first_scenario: int = 0,
) -> Floats:
    """Return the sums of moves over ``horizon`` days of each scenario.

    Parameters
    ----------
    residuals : (n_series, n_days) float64, no NaN; the days are those of all series
    parameters : (n_series, 6) float64
    variance : (n_series,) float64, of the first day ahead
    highest : (n_series,) float64, variance that no later day has more than
    horizon : days
    n_scenarios : how many
    seed : in [0, 2**32)
    first_scenario : number of the first

    Returns
    -------
    (n_series, n_scenarios) float64; every series of a scenario takes the residuals of the same
    days. A series' scenarios depend neither on the other series nor on how many there are.
    """
    if residuals.shape[1] < 1:
        raise ValueError("residuals must have at least one day; got none")
    out = np.empty((len(residuals), n_scenarios))
    _fill_moves(
        np.ascontiguousarray(residuals),
        np.ascontiguousarray(parameters),
        np.ascontiguousarray(variance),
        np.ascontiguousarray(highest),
        horizon,
        seed,
        first_scenario,
        out,
    )
    return out
