"""Where each percentile is to be taken, from how often demand fell below it.

What was counted is taken apart: its location, by which more demand fell on one side of the middle
than on the other, and its width, which both sides share. Errors of one origin are alike, and
origins are few, so that a location says less of the next origin than a width does.
"""

import numpy as np

from forecasting.distributions import LEVELS
from kernels.arrays import Floats

# So many series halve what their hits say: the periods of one series depend on each other.
PRIOR_SERIES = 20.0
# Of a past location that is expected of the next origin. Some of it stays, between none and all,
# and a handful of origins cannot tell how much: half is never wrong by more than half of it. On
# average over windows before the last of M3, M4 weekly, hospital and car parts, no other share, and
# none by how far a location exceeds its error over origins, loses less, in quantiles or medians.
STEADY = 0.5
_ENDS = np.concatenate([[0.0], LEVELS, [1.0]])


def find_levels(hits: Floats, n_series: int) -> Floats:
    """Return where each percentile is to be taken, (bands, 99), ascending, in (0, 1).

    The law is moved by `STEADY` of its location first; its width is then what both sides of the
    law that was moved have in common.

    Parameters
    ----------
    hits : (bands, 100) float64, how often demand fell below each percentile; the last column
        counts the actuals
    n_series : counted; with `PRIOR_SERIES` the levels go half the way
    """
    share = n_series / (n_series + PRIOR_SERIES)
    out = np.empty((len(hits), len(LEVELS)))
    for band, counted in enumerate(hits):
        found = counted[:-1] / counted[-1] if counted[-1] > 0.0 else LEVELS
        moved = _invert(LEVELS + share * STEADY * (found - _symmetric(found)))
        left = np.interp(moved, _ENDS, _bounded(found))
        wide = _invert(LEVELS + share * (_symmetric(left) - LEVELS))
        out[band] = np.interp(wide, _ENDS, _bounded(moved))
    return out


def _symmetric(curve: Floats) -> Floats:
    """Return the mean of a curve of hits and its mirror image about the middle."""
    return np.asarray((curve + 1.0 - curve[::-1]) / 2.0)


def _invert(curve: Floats) -> Floats:
    """Return at which level a curve of hits reaches each percentile's own."""
    rising = np.maximum.accumulate(np.clip(curve, 0.0, 1.0))
    return np.asarray(np.interp(LEVELS, _bounded(rising), _ENDS))


def _bounded(curve: Floats) -> Floats:
    return np.concatenate([[0.0], curve, [1.0]])
