"""Which parameters of a GARCH recursion are fitted, within what bounds, and derivatives by them.

References
----------
Bollerslev (1986), theorem 1 (covariance stationarity); Glosten, Jagannathan & Runkle (1993).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Floats
from kernels.garch import CONSTANT, DEGREES, FALL, MEAN, N_PARAMETERS, PERSISTED, RISE

# Of the variance of the series: keeps every variance positive.
LEAST_CONSTANT = 1e-8
# Weights that add up to one make a variance that never comes back to any mean.
LONGEST_MEMORY = 1.0 - 1e-6
LEAST_DECAY, MOST_DECAY = 0.01, 0.9999
# The variance is infinite at two degrees; five hundred pass for a normal law.
LEAST_DEGREES, MOST_DEGREES = 2.05, 500.0
# (constant, weight of surprises, of all) to start from: the likelihood may have several tops. From
# the last two a variance rises or falls, and hardly looks at surprises: where these tell nothing.
_STARTS = (
    *((0.03, 0.1, 0.97), (0.002, 0.01, 0.998), (0.5, 0.4, 0.5)),
    *((1e-3, 1e-3, 0.9999), (1e-5, 1e-3, 0.9995)),
)
_DECAYS = (0.94, 0.995, 0.6)
_STARTING_DEGREES = 8.0
# Keeps the information of parameters that do not matter (at no weight of surprises) regular.
_RIDGE = 1e-9


class FreeParameters(NamedTuple):
    """A linear map from free parameters to all six, and their bounds.

    The last of the six is one over the degrees of freedom. Series are in units of their own
    deviation.

    Parameters
    ----------
    shift : (6,) float64
    design : (6, n_free) float64; parameters = shift + design @ free
    rows, limits : (n_bounds, n_free) and (n_bounds,) float64; rows @ free <= limits
    starts : (n_starts, n_free) float64, where a fit may begin
    """

    shift: Floats
    design: Floats
    rows: Floats
    limits: Floats
    starts: Floats


def free_garch(*, asymmetric: bool, student: bool) -> FreeParameters:
    """Return the free parameters of GARCH(1,1): mean, constant, weights, and degrees.

    Parameters
    ----------
    asymmetric : whether falls weigh otherwise than rises (GJR)
    student : whether the degrees of freedom are free
    """
    places = [[MEAN], [CONSTANT], [RISE], [FALL], [PERSISTED]]
    share = [0.0, 0.0, 0.5, 0.5, 1.0]
    if not asymmetric:
        places[2:4] = [[RISE, FALL]]
        share[2:4] = [1.0]
    lower = np.array([-np.inf, LEAST_CONSTANT] + [0.0] * (len(places) - 2))
    starts = [
        [0.0, constant, *([weight] * (len(places) - 3)), total - weight]
        for constant, weight, total in _STARTS
    ]
    return _bounded(places, lower, [(share, LONGEST_MEMORY)], starts, student=student)


def free_ewma(*, student: bool) -> FreeParameters:
    """Return the free parameter of an exponentially weighted average: its decay, and degrees."""
    free = _bounded(
        [[PERSISTED]],
        np.array([LEAST_DECAY]),
        [([1.0], MOST_DECAY)],
        [[decay] for decay in _DECAYS],
        student=student,
    )
    free.shift[[RISE, FALL]] = 1.0
    free.design[[RISE, FALL], 0] = -1.0
    return free


def fixed_ewma(decay: float, *, student: bool) -> FreeParameters:
    """Return what is free of an exponentially weighted average of a given decay: the degrees.

    Parameters
    ----------
    decay : weight of today's variance, in (0, 1)
    """
    free = _bounded([], np.empty(0), [], [[]], student=student)
    free.shift[[RISE, FALL]] = 1.0 - decay
    free.shift[PERSISTED] = decay
    return free


def _bounded(
    places: list[list[int]],
    lower: Floats,
    upper: list[tuple[list[float], float]],
    starts: list[list[float]],
    *,
    student: bool,
) -> FreeParameters:
    """Lay out the map and its bounds; the degrees come last."""
    n_free = len(places) + student
    design = np.zeros((N_PARAMETERS, n_free))
    for number, own in enumerate(places):
        design[own, number] = 1.0
    rows, limits = [], []
    for place in np.flatnonzero(np.isfinite(lower)):
        rows.append(-np.eye(n_free)[place])
        limits.append(-lower[place])
    for share, limit in upper:
        rows.append(np.array(share + [0.0] * student))
        limits.append(limit)
    points = np.array(starts, dtype=float).reshape(len(starts), len(places))
    if student:
        design[DEGREES, -1] = 1.0
        last = np.eye(n_free)[-1]
        rows += [last, -last]
        limits += [1.0 / LEAST_DEGREES, -1.0 / MOST_DEGREES]
        points = np.column_stack([points, np.full(len(points), 1.0 / _STARTING_DEGREES)])
    return FreeParameters(
        np.zeros(N_PARAMETERS),
        design,
        np.array(rows, dtype=float).reshape(len(rows), n_free),
        np.array(limits, dtype=float),
        points,
    )


@njit(cache=True, nogil=True, forceinline=True)
def expand(point: Floats, free: FreeParameters, student: bool, parameters: Floats) -> None:
    """Fill the six parameters that free ones stand for."""
    for i in range(N_PARAMETERS):
        parameters[i] = free.shift[i]
        for j in range(point.shape[0]):
            parameters[i] += free.design[i, j] * point[j]
    parameters[DEGREES] = 1.0 / parameters[DEGREES] if student else math.inf


@njit(cache=True, nogil=True, forceinline=True)
def reduce_to_free(
    free: FreeParameters,
    degrees: float,
    student: bool,
    score: Floats,
    fisher: Floats,
    slope: Floats,
    curvature: Floats,
) -> None:
    """Fill slope and curvature by the free parameters from those by all six.

    Parameters
    ----------
    free : the map
    degrees : of freedom, where ``student``; the free parameter is one over them
    score, fisher : (6,) and (6, 6) float64; scaled in place
    slope, curvature : (n_free,) and (n_free, n_free) float64, filled
    """
    size = slope.shape[0]
    if student:
        _turn_degrees(-degrees * degrees, score, fisher)
    for a in range(size):
        slope[a] = 0.0
        for i in range(N_PARAMETERS):
            slope[a] += free.design[i, a] * score[i]
        for b in range(a + 1):
            curvature[a, b] = curvature[b, a] = _curvature_of(free.design, a, b, fisher)
        curvature[a, a] *= 1.0 + _RIDGE


@njit(cache=True, nogil=True, forceinline=True)
def _turn_degrees(chain: float, score: Floats, fisher: Floats) -> None:
    """Turn derivatives by the degrees of freedom into those by one over them."""
    score[DEGREES] *= chain
    for i in range(N_PARAMETERS):
        fisher[i, DEGREES] *= chain
    for i in range(N_PARAMETERS):
        fisher[DEGREES, i] *= chain


@njit(cache=True, nogil=True, forceinline=True)
def _curvature_of(design: Floats, a: int, b: int, fisher: Floats) -> float:
    """Return the information of two free parameters, each of which stands for few of the six."""
    total = 0.0
    for i in range(N_PARAMETERS):
        if design[i, a] != 0.0:
            for j in range(N_PARAMETERS):
                if design[j, b] != 0.0:
                    total += design[i, a] * fisher[i, j] * design[j, b]
    return total
