"""Tail figures of a window that slides day by day, kept sorted as it slides."""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats
from kernels.margins import place_among


@njit(cache=True, nogil=True)
def replace_sorted(ordered: Floats, old: float, new: float) -> None:
    """Replace ``old``, which is there, by ``new`` in an ascending array; it stays ascending."""
    place = place_among(old, ordered)
    last = ordered.shape[0] - 1
    while place < last and ordered[place + 1] < new:
        ordered[place] = ordered[place + 1]
        place += 1
    while place > 0 and ordered[place - 1] > new:
        ordered[place] = ordered[place - 1]
        place -= 1
    ordered[place] = new


@njit(cache=True, nogil=True)
def roll_tails(
    losses: Floats,
    window: int,
    place: int,
    weight: float,
    value_at_risk: Floats,
    expected_shortfall: Floats,
) -> None:
    """Fill each day's tail figures from the ``window`` days before it.

    Parameters
    ----------
    losses : (n_books, n_days) float64, money
    window : days in a figure, at least 1
    place : which of the sorted losses, from 1, is the value at risk
    weight : of each loss beyond it in expected shortfall; the value at risk has the rest
    value_at_risk, expected_shortfall : (n_books, n_days) float64, filled; NaN where the window is
        not whole: before it begins, or with a NaN in it
    """
    n_books, n_days = losses.shape
    ordered = np.empty(window)
    rest = 1.0 - weight * (window - place)
    for b in range(n_books):
        run = 0
        for t in range(n_days):
            if run >= window:
                beyond = 0.0
                for k in range(place, window):
                    beyond += ordered[k]
                value_at_risk[b, t] = ordered[place - 1]
                expected_shortfall[b, t] = rest * ordered[place - 1] + weight * beyond
            else:
                value_at_risk[b, t] = expected_shortfall[b, t] = math.nan
            run = 0 if math.isnan(losses[b, t]) else run + 1
            if run == window:
                ordered[:] = np.sort(losses[b, t + 1 - window : t + 1])
            elif run > window:
                replace_sorted(ordered, losses[b, t - window], losses[b, t])


@njit(cache=True, nogil=True)
def roll_volatilities(losses: Floats, window: int, decay: float, out: Floats) -> None:
    """Fill each day's exponentially weighted volatility, of the days before it.

    Parameters
    ----------
    losses : (n_books, n_days) float64, money; after a NaN the recursion starts anew
    window : first days of a run without NaN, whose mean square starts its recursion
    decay : weight of yesterday's variance, in (0, 1)
    out : (n_books, n_days) float64, money, filled; NaN where a run is shorter than ``window``
    """
    n_books, n_days = losses.shape
    for b in range(n_books):
        run, variance = 0, 0.0
        for t in range(n_days):
            out[b, t] = math.sqrt(variance) if run >= window else math.nan
            if math.isnan(losses[b, t]):
                run = 0
                continue
            run += 1
            if run == window:
                first = t + 1 - window
                variance = _mean_square(losses[b, first : t + 1])
                for k in range(first, t + 1):
                    out[b, k] = math.sqrt(variance)
                    variance = decay * variance + (1.0 - decay) * losses[b, k] ** 2
            elif run > window:
                variance = decay * variance + (1.0 - decay) * losses[b, t] ** 2


@njit(cache=True, nogil=True)
def _mean_square(losses: Floats) -> float:
    total = 0.0
    for t in range(losses.shape[0]):
        total += losses[t] ** 2
    return float(total / losses.shape[0])
