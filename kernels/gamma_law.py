"""The gamma law of demand, its quantiles interpolated in a table over shapes.

References
----------
Burgin (1975), "The gamma distribution and inventory control", Operational Research Quarterly
26(3) (why demand is gamma).
"""

import math

import numpy as np
from numba import njit
from scipy.special import gammaincinv

from kernels.arrays import Floats

# A sixteenth of an octave apart, linear interpolation is within 1e-4 of the mean.
SHAPES_IN_OCTAVE = 16
FIRST_OCTAVE = -10
LAST_OCTAVE = 24


def gamma_table(levels: Floats) -> Floats:
    """Return the quantiles of gamma laws of mean one.

    Parameters
    ----------
    levels : (n_levels,) in (0, 1)

    Returns
    -------
    (n_shapes, n_levels) float64, for shapes 2**(FIRST_OCTAVE + i / SHAPES_IN_OCTAVE).
    """
    octaves = np.arange((LAST_OCTAVE - FIRST_OCTAVE) * SHAPES_IN_OCTAVE + 1) / SHAPES_IN_OCTAVE
    shapes = 2.0 ** (FIRST_OCTAVE + octaves)
    return np.asarray(gammaincinv(shapes[:, None], levels) / shapes[:, None])


@njit(cache=True, nogil=True)
def gamma_quantiles(mean: float, dispersion: float, table: Floats, out: Floats) -> None:
    """Fill ``out`` with the quantiles of a gamma law.

    Parameters
    ----------
    mean : units per period, positive
    dispersion : variance / mean**2; outside 2**-24 ... 2**10 the nearest of these is taken
    table : of `gamma_table`
    out : (n_levels,) float64
    """
    octave = -math.log2(dispersion) - FIRST_OCTAVE
    place = min(max(octave * SHAPES_IN_OCTAVE, 0.0), table.shape[0] - 1.000001)
    row = int(place)
    fraction = place - row
    for i in range(table.shape[1]):
        out[i] = mean * (table[row, i] + fraction * (table[row + 1, i] - table[row, i]))
