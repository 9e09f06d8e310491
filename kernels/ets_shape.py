"""Which exponential smoothing model one is, and how many parameters it has."""

from typing import NamedTuple

from numba import njit

from kernels.ets_step import DAMPED


class Shape(NamedTuple):
    """One candidate model.

    Parameters
    ----------
    relative : whether errors are relative to the mean
    trend : of `Trend`
    season : of `Season`
    length : periods of the season; 1 where there is none
    """

    relative: bool
    trend: int
    season: int
    length: int


@njit(cache=True, nogil=True)
def shape_of(model: int, length: int) -> Shape:
    """Return the shape of a model by its number, as `kernels.ets_fits.EtsFits` has it.

    Parameters
    ----------
    model : 0 to 17
    length : periods of the season that there is
    """
    season = model % 3
    return Shape(model >= 9, model % 9 // 3, season, length if season > 0 else 1)


@njit(cache=True, nogil=True)
def count_smoothing(trend: int, season: int) -> int:
    """Return the number of smoothing parameters: alpha, beta, gamma, phi."""
    return 1 + (trend > 0) + (season > 0) + (trend == DAMPED)


@njit(cache=True, nogil=True)
def count_parameters(trend: int, season: int, length: int) -> int:
    """Return the number of parameters: smoothing, level, trend, and all seasons but the first."""
    states = 1 + (trend > 0) + (length - 1 if season > 0 else 0)
    return states + 1 + (trend > 0) + (season > 0) + (trend == DAMPED)
