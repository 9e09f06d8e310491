"""Local regression on a regular grid, as the decomposition by loess uses it.

References
----------
Cleveland, Cleveland, McRae & Terpenning (1990), "STL: a seasonal-trend decomposition procedure
based on loess", Journal of Official Statistics 6(1), sections 2.2 and 3 (what lies between the
points that are fitted, a jump apart, is interpolated).
"""

import math

from numba import njit

from kernels.arrays import Floats

# Nearer than the one share of the window all count fully, beyond the other not at all; a line is
# fitted where the points spread by the first share of the series.
_NEAR, _FAR = 0.001, 0.999
# Sums may be reordered, as each copy of the code likes. So that there is one copy, and code from
# the cache gives the bits of code just compiled, all that leads here is inlined.
_RELAXED = {"reassoc", "nsz", "arcp", "contract", "afn"}


@njit(cache=True, nogil=True, forceinline=True, fastmath=_RELAXED)
def loess_at(
    y: Floats, place: float, first: int, last: int, window: int, line: bool, weights: Floats
) -> float:
    """Return the local mean or line at a place, through the points from first to last.

    Parameters
    ----------
    y : (n,) float64
    place : in periods from the first observation; may lie one period outside
    first, last : numbers of the nearest points, inclusive, ``window`` of them where there are
    window : points; more than there are widen the weights
    line : whether a line is fitted, and not a mean
    weights : (n,) float64 scratch
    """
    n = y.shape[0]
    reach = max(place - first, last - place)
    if window > n:
        reach += (window - n) // 2
    near, far, inverse = _NEAR * reach, _FAR * reach, 1.0 / max(reach, 1e-300)
    total, moment = 0.0, 0.0
    for j in range(first, last + 1):
        apart = abs(j - place)
        share = apart * inverse
        falling = 1.0 - share * share * share
        weight = falling * falling * falling
        weight = 1.0 if apart <= near else weight
        weight = 0.0 if apart > far else weight
        weights[j] = weight
        total += weight
        moment += weight * j
    centre = moment / total
    value, spread, tilt = 0.0, 0.0, 0.0
    for j in range(first, last + 1):
        weight = weights[j] / total
        off = j - centre
        value += weight * y[j]
        spread += weight * off * off
        tilt += weight * off * y[j]
    if line and math.sqrt(spread) > _NEAR * (n - 1):
        value += (place - centre) / spread * tilt
    return value


@njit(cache=True, nogil=True, forceinline=True)
def smooth_by_loess(
    y: Floats, window: int, jump: int, line: bool, weights: Floats, out: Floats
) -> None:
    """Fill the local means or lines of every period.

    Parameters
    ----------
    y : (n,) float64
    window : points of each fit, odd
    jump : periods from fit to fit
    line, weights : as in `loess_at`
    out : (n,) float64, overwritten
    """
    n = y.shape[0]
    size = min(window, n)
    step = max(min(jump, n - 1), 1)
    last_fit = 0
    at = 0
    while True:
        first = min(max(at - (window - 1) // 2, 0), n - size)
        out[at] = loess_at(y, float(at), first, first + size - 1, window, line, weights)
        for between in range(last_fit + 1, at):
            share = (between - last_fit) / (at - last_fit)
            out[between] = out[last_fit] + share * (out[at] - out[last_fit])
        if at == n - 1:
            return
        last_fit = at
        at = at + step if at + step < n else n - 1
