"""Whether a stored model still fits, told by its own one-step errors.

The errors of a model that fits, each divided by the model's deviation, are independent with mean
zero and variance one. Their exponentially weighted moving average stays within `LIMIT` times its
own standard deviation until the model has drifted.

References
----------
Roberts (1959), "Control chart tests based on geometric moving averages", Technometrics 1(3);
Lucas & Saccucci (1990), "Exponentially weighted moving average control schemes", Technometrics
32(1), table 3: with weight 0.1 and limit 2.814 a process in control alarms once in 500 periods.
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Flags, Floats

# Weight of the newest error, and the limit that goes with it.
WEIGHT = 0.1
LIMIT = 2.814
# Of the average of many independent errors of variance one.
_DEVIATION = math.sqrt(WEIGHT / (2.0 - WEIGHT))


@njit(inline="always")
def standardise(error: float, variance: float) -> float:
    """Return a one-step error by its deviation; infinite where the model cannot have given it."""
    if variance > 0.0:
        return error / math.sqrt(variance)
    return 0.0 if error == 0.0 else math.inf


def has_drifted(signal: Floats, limit: float = LIMIT) -> Flags:
    """Return whether each average is beyond so many of its standard deviations, or is no number.

    Parameters
    ----------
    signal : (n_series,) float64, averages of standardised errors since each fit
    limit : above zero
    """
    return np.asarray(~(np.abs(signal) <= limit * _DEVIATION))
