"""Which exponential smoothing models a series may have, in which bounds, and what judges them.

Bounds and the alpha that a search starts from are those of statsforecast's AutoETS.
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.ets_shape import Shape, count_parameters
from kernels.ets_step import DAMPED
from kernels.lane_search import Queue

SHORTEST = 7
SMALLEST_SMOOTHING, LARGEST_SMOOTHING = 1e-4, 0.9999
SMALLEST_DAMPING, LARGEST_DAMPING = 0.8, 0.98
N_MODELS = 18
# Additive errors do not go with ratios.
MODEL_NAMES = {
    error + trend + season: 9 * relative + 3 * drift + kind
    for relative, error in enumerate("AM")
    for drift, trend in enumerate(("N", "A", "Ad"))
    for kind, season in enumerate("NAM")
    if error == "M" or season != "M"
}
_START_ALPHA = 0.2


@njit(cache=True, nogil=True)
def candidate_bounds(
    relative: bool, trend: int, season: int, length: int, lower: Floats, upper: Floats
) -> None:
    """Fill the bounds of alpha, beta, gamma and phi, as far as the model has them.

    Where the series has a season, beta's upper bound was narrowed by the first model with both
    trend and season: in order, the models without a season and with additive errors come before.

    Parameters
    ----------
    relative, trend, season : of the model
    length : season's periods of the series, 1 for none
    lower, upper : (n_smoothing,) float64, filled
    """
    lower[:] = SMALLEST_SMOOTHING
    upper[:] = LARGEST_SMOOTHING
    place = 1
    if trend > 0:
        early = season == 0 and not relative
        upper[place] = start_alpha(1 if early else length)
        place += 1
    if season > 0:
        upper[place] = min(LARGEST_SMOOTHING, 1.0 - start_alpha(length))
        place += 1
    if trend == DAMPED:
        lower[place], upper[place] = SMALLEST_DAMPING, LARGEST_DAMPING


@njit(cache=True, nogil=True)
def start_alpha(length: int) -> float:
    """Return the alpha that a search starts from, for a season of ``length`` periods."""
    return SMALLEST_SMOOTHING + _START_ALPHA * (LARGEST_SMOOTHING - SMALLEST_SMOOTHING) / length


@njit(cache=True, nogil=True)
def is_open(shape: Shape, n: int, lowest: float, unit: float) -> bool:
    """Whether a model may be fitted to a series.

    Parameters
    ----------
    shape : of the model
    n : periods of the series
    lowest : observation
    unit : of the series, zero for a constant
    """
    size = count_parameters(shape.trend, shape.season, shape.length)
    fits_sign = lowest > 0.0 or not shape.relative
    long_enough = n > size + 2 and n > shape.length and n >= SHORTEST
    return bool(unit > 0.0 and long_enough and fits_sign)


@njit(cache=True, nogil=True)
def information(likelihood: float, n: int, unit: float, size: int) -> float:
    """Return the corrected criterion of a fit, without the constant that all models share.

    Parameters
    ----------
    likelihood : twice the negative log-likelihood of the series in its units
    n : its periods
    unit : of the series
    size : number of parameters
    """
    found = likelihood + 2.0 * float(n) * math.log(unit)
    count = size + 1.0
    return found + (2.0 * count + 2.0 * count * (count + 1.0) / (float(n) - count - 1.0))


@njit(cache=True, nogil=True)
def queue_for(
    shape: Shape, values: Floats, offsets: Integers, order: Integers, lowest: Floats, unit: Floats
) -> Queue:
    """Return the series that a model is open to."""
    chosen = np.empty(order.shape[0], np.int64)
    count = 0
    for series in order:
        if is_open(shape, offsets[series + 1] - offsets[series], lowest[series], unit[series]):
            chosen[count] = series
            count += 1
    return Queue(values, offsets, chosen[:count])


def candidates_of(models: tuple[str, ...], season_length: int) -> Integers:
    """Return the models to choose from, in the order in which they are tried.

    Parameters
    ----------
    models : names; none is all
    season_length : periods, 1 for none

    Returns
    -------
    (n, 3) int64: whether errors are relative, trend, season.
    """
    allowed = {model_number(name) for name in models or MODEL_NAMES}
    found = [
        (relative, trend, season)
        for season in range(3 if season_length > 1 else 1)
        for relative in range(2)
        for trend in range(3)
        if 9 * relative + 3 * trend + season in allowed
    ]
    return np.array(found, np.int64).reshape(-1, 3)


def model_number(name: str) -> int:
    """Return the number of a model by its name in the literature, "AAdN" or "MNM" for example.

    Raises
    ------
    ValueError
        Where it is none of the fifteen.
    """
    if name not in MODEL_NAMES:
        known = ", ".join(sorted(MODEL_NAMES))
        raise ValueError(f"model must be one of {known}; got {name!r}")
    return MODEL_NAMES[name]
