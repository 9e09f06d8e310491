"""Several seasons by statsmodels' STL, in the turns of Bandara, Hyndman & Bergmeir (2021)."""

import math

import numpy as np
from statsmodels.tsa.seasonal import STL


def odd(number):
    """Return the smallest odd whole number not below ``number``."""
    return 2 * math.ceil((number - 1) / 2) + 1


def separate(values, season, window):
    """Return season and trend with the defaults of STL and a fit each tenth of a window."""
    trend, low = odd(1.5 * season / (1 - 1.5 / window)), odd(season + 1)
    found = STL(
        values,
        period=season,
        seasonal=window,
        seasonal_deg=0,
        trend=trend,
        low_pass=low,
        trend_jump=max(trend // 10, 1),
        low_pass_jump=max(low // 10, 1),
    ).fit(inner_iter=2, outer_iter=0)
    return found.seasonal, found.trend


def separate_all(values, seasons, windows):
    """Return each season after two turns."""
    found = np.zeros((len(seasons), len(values)))
    rest = np.array(values, float)
    for _ in range(2 if len(seasons) > 1 else 1):
        for i, (season, window) in enumerate(zip(seasons, windows, strict=True)):
            rest = rest + found[i]
            found[i] = separate(rest, season, window)[0]
            rest = rest - found[i]
    return found
