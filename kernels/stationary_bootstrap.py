"""Stationary bootstrap: paths of days in runs of random length, the days of all factors together.

References
----------
Politis & Romano (1994), "The stationary bootstrap", JASA 89(428), section 2.
"""

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.philox import Stream, uniform_pair

_STREAM = int(Stream.STATIONARY_BLOCKS)
# Scenarios summed side by side before they are laid along the rows of the result.
_WIDTH = 64


@njit(cache=True, nogil=True)
def next_day(seed: int, scenario: int, step: int, last: int, n_days: int, restart: float) -> int:
    """Day that a scenario draws at ``step``: the one after ``last``, or with luck any other.

    Parameters
    ----------
    seed : in [0, 2**32)
    scenario, step : its number, and how many days it has drawn
    last : the day drawn before; not looked at where ``step`` is 0
    n_days : days to draw from; the first follows the last
    restart : probability of a new run, 1 / mean length of a run
    """
    chance, place = uniform_pair(seed, _STREAM, 0, scenario, step)
    if step == 0 or chance < restart:
        return min(int(place * n_days), n_days - 1)
    return (last + 1) % n_days


@njit(cache=True, nogil=True)
def fill_days(seed: int, first_scenario: int, n_days: int, restart: float, out: Integers) -> None:
    """Fill (n_scenarios, horizon) with the days that each scenario strings together."""
    for s in range(out.shape[0]):
        day = 0
        for step in range(out.shape[1]):
            day = next_day(seed, first_scenario + s, step, day, n_days, restart)
            out[s, step] = day


@njit(cache=True, nogil=True)
def _fill_moves(moves: Floats, restart: float, horizon: int, seed: int, out: Floats) -> None:
    n_days, n_factors = moves.shape
    sums = np.empty((_WIDTH, n_factors))
    for start in range(0, out.shape[1], _WIDTH):
        width = min(_WIDTH, out.shape[1] - start)
        sums[:] = 0.0
        for s in range(width):
            day = 0
            for step in range(horizon):
                day = next_day(seed, start + s, step, day, n_days, restart)
                for f in range(n_factors):
                    sums[s, f] += moves[day, f]
        for f in range(n_factors):
            for s in range(width):
                out[f, start + s] = sums[s, f]


def bootstrap_moves(
    moves: Floats, block_length: float, horizon: int, n_scenarios: int, seed: int
) -> Floats:
    """Return the sums of ``horizon`` days strung together by the stationary bootstrap.

    Parameters
    ----------
    moves : (n_days, n_factors) float64
    block_length : mean number of days in a run, at least 1; the lengths are geometric
    horizon : days
    n_scenarios : how many
    seed : in [0, 2**32)

    Returns
    -------
    (n_factors, n_scenarios) float64; every factor of a scenario moves by the same days.
    """
    if not block_length >= 1.0:
        raise ValueError(f"block_length must be at least 1; got {block_length}")
    out = np.empty((moves.shape[1], n_scenarios))
    _fill_moves(np.ascontiguousarray(moves), 1.0 / block_length, horizon, seed, out)
    return out
