"""Days drawn as they would be if risk figures were true: only those beyond value at risk."""

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.philox import Stream, uniform_pair

_DAYS = int(Stream.BACKTEST_DAYS)


@njit(cache=True, nogil=True)
def _draw_exceptions(
    seed: int,
    n_paths: int,
    n_days: int,
    share: float,
    paths: Integers,
    days: Integers,
    uniforms: Floats,
) -> int:
    """Keep the draws below ``share`` as far as there is room, and return how many there are."""
    found = 0
    for path in range(n_paths):
        for day in range(0, n_days, 2):
            pair = uniform_pair(seed, _DAYS, 0, path, day // 2)
            for half in range(2):
                uniform = pair[half]
                if uniform < share and day + half < n_days:
                    if found < paths.shape[0]:
                        paths[found], days[found] = path, day + half
                        uniforms[found] = uniform
                    found += 1
    return found


def draw_exceptions(
    seed: int, n_paths: int, n_days: int, share: float
) -> tuple[Integers, Integers, Floats]:
    """Return the days beyond value at risk among independent days, and their tail probabilities.

    Parameters
    ----------
    seed : in [0, 2**32)
    n_paths, n_days : how many histories of how many days
    share : probability of a day beyond value at risk

    Returns
    -------
    Three (n_exceptions,) arrays: path, in ascending order; day, from 0; and the probability of a
    worse day, uniform in (0, share). Those of the first days of a path do not depend on
    ``n_days``, and those of a path not on ``n_paths``.
    """
    expected = n_paths * n_days * share
    room = int(expected + 10.0 * np.sqrt(expected)) + 10
    while True:
        paths, days = np.empty(room, np.int64), np.empty(room, np.int64)
        uniforms = np.empty(room)
        found = _draw_exceptions(seed, n_paths, n_days, share, paths, days, uniforms)
        if found <= room:
            return paths[:found], days[:found], uniforms[:found]
        room = found
