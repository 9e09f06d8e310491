"""Demand drawn inside a walk from a discrete law, by Walker's alias tables.

References
----------
Walker (1977), "An efficient method for generating discrete random variables with general
distributions", ACM TOMS 3(3); Vose (1991), IEEE Trans. Software Eng. 17(9) (building the table).
"""

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.philox import Stream
from kernels.stock_draws import DRAWS, fill_draws

_DEMAND = int(Stream.DEMAND_PATHS)
# Lifts any difference of two doubles in [0, 1] above one.
_VAST = 1e300


@njit(cache=True, nogil=True)
def build_alias(probabilities: Floats, keep: Floats, alias: Integers) -> None:
    """Fill the alias table of one law.

    Parameters
    ----------
    probabilities : (n,) float64, not negative, summing to one
    keep : (n,) float64, overwritten: the chance that a column stands for itself
    alias : (n,) int64, overwritten: what it else stands for
    """
    n = probabilities.shape[0]
    scaled = probabilities * n
    small = np.empty(n, np.int64)
    large = np.empty(n, np.int64)
    n_small = 0
    n_large = 0
    for i in range(n):
        keep[i] = 1.0
        alias[i] = i
        if scaled[i] < 1.0:
            small[n_small] = i
            n_small += 1
        else:
            large[n_large] = i
            n_large += 1
    while n_small > 0 and n_large > 0:
        n_small -= 1
        low = small[n_small]
        high = large[n_large - 1]
        keep[low] = scaled[low]
        alias[low] = high
        scaled[high] -= 1.0 - scaled[low]
        if scaled[high] < 1.0:
            n_large -= 1
            small[n_small] = high
            n_small += 1


@njit(cache=True, nogil=True)
def drawn_column(uniform: float, keep: Floats, alias: Integers) -> int:
    """Outcome of a law at a ``uniform`` draw in (0, 1), from its alias table."""
    place = uniform * keep.shape[0]
    column = np.int64(place)
    return int(column if place - column < keep[column] else alias[column])


@njit(cache=True, nogil=True)
def draw_row(keep: Floats, alias: Integers, unit: float, row: Floats) -> None:
    """Turn a row of uniform draws into demand.

    Parameters
    ----------
    keep, alias : (n_outcomes,), the law's alias table
    unit : units of one step of the law
    row : (n_paths,) float64, uniform draws in (0, 1), overwritten with units
    """
    n = keep.shape[0]
    for i in range(row.shape[0]):
        # `drawn_column` as arithmetic: as a branch, half the draws of a law are mispredicted.
        place = row[i] * n
        number = np.int64(place)
        column = np.float64(number)
        other = np.float64(alias[number])
        stays = min(max((keep[number] - (place - column)) * _VAST, 0.0), 1.0)
        row[i] = unit * (other + (column - other) * stays)


@njit(cache=True, nogil=True)
def fill_demand(
    seed: int,
    entity: int,
    first_path: int,
    keep: Floats,
    alias: Integers,
    unit: float,
    out: Floats,
) -> None:
    """Fill demand of a block of paths, drawn by (entity, path, period).

    Parameters
    ----------
    keep, alias : (n_laws, n_outcomes), alias tables; period t takes law t modulo n_laws
    unit : units of one step of the law
    out : (horizon rounded up to a multiple of 4, n_paths) float64, overwritten
    """
    n_laws = keep.shape[0]
    for t in range(0, out.shape[0], DRAWS):
        fill_draws(seed, _DEMAND, entity, first_path, t // DRAWS, out[t : t + DRAWS])
        for k in range(DRAWS):
            law = (t + k) % n_laws
            draw_row(keep[law], alias[law], unit, out[t + k])
