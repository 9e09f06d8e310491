"""Passes over demand histories: moments, intervals between demands."""

import math

from numba import njit

from kernels.arrays import Floats, Integers


@njit(cache=True, nogil=True)
def recent_moments(
    values: Floats, offsets: Integers, season_length: int, recent: int, out: Floats
) -> None:
    """Fill mean, variances about seasonal means, share of zeros, and whether all are whole.

    Parameters
    ----------
    values : (n_observations,) float64
    offsets : (n_series + 1,) int64
    season_length : periods; seasonal means are taken where three seasons are at hand
    recent : last observations looked at
    out : (n_series, 5) float64; the second is about means that stay, and the third about means
        that move along a line, by least squares, with one observation of the second, for a few
        periods lie near a line by chance; it is not more than the second
    """
    for s in range(offsets.shape[0] - 1):
        stop = offsets[s + 1]
        start = max(offsets[s], stop - recent)
        n = stop - start
        places = season_length if n >= 3 * season_length else 1
        total, zeros, whole = 0.0, 0.0, 1.0
        for t in range(start, stop):
            total += values[t]
            zeros += 1.0 if values[t] == 0.0 else 0.0
            if values[t] != math.floor(values[t]):
                whole = 0.0
        squares, moved, times = 0.0, 0.0, 0.0
        for place in range(places):
            part, count = 0.0, 0
            for t in range(start + place, stop, places):
                part += values[t]
                count += 1
            middle = start + place + places * (count - 1) / 2.0
            for t in range(start + place, stop, places):
                squares += (values[t] - part / count) ** 2
                moved += (values[t] - part / count) * (t - middle)
                times += (t - middle) ** 2
        about_line = squares - (moved * moved / times if times > 0.0 else 0.0)
        out[s, 0] = total / n
        out[s, 1] = squares / max(n - places, 1)
        out[s, 2] = min(out[s, 1], (max(about_line, 0.0) + out[s, 1]) / max(n - places, 1))
        out[s, 3] = zeros / n
        out[s, 4] = whole


@njit(cache=True, nogil=True)
def intervals_and_variations(values: Floats, offsets: Integers, out: Floats) -> None:
    """Fill the mean interval between demands and the squared variation of their sizes.

    Parameters
    ----------
    values : (n_observations,) float64, not negative
    offsets : (n_series + 1,) int64
    out : (n_series, 2) float64; a series without demand has infinity and zero
    """
    for s in range(offsets.shape[0] - 1):
        n = offsets[s + 1] - offsets[s]
        count, total = 0, 0.0
        for t in range(offsets[s], offsets[s + 1]):
            if values[t] > 0.0:
                count += 1
                total += values[t]
        mean = total / max(count, 1)
        squares = 0.0
        for t in range(offsets[s], offsets[s + 1]):
            if values[t] > 0.0:
                squares += (values[t] - mean) ** 2
        out[s, 0] = n / count if count else math.inf
        out[s, 1] = squares / count / (mean * mean) if count else 0.0
