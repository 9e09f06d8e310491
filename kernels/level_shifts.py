"""Levels of demand that shift, and demand at the end that stands out of what was before it.

References
----------
Chen & Liu (1993), "Joint estimation of model parameters and outlier effects in time series",
JASA 88(421) (level shifts); Bai & Perron (1998), "Estimating and testing linear models with
multiple structural changes", Econometrica 66(1) (what separates one break from the next).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.outliers import (
    CUT,
    REACH,
    from_root,
    robust_spread,
    size_limit,
    take_roots,
    unit_of,
)
from kernels.running_medians import fill_centred_medians, fill_trailing_medians

# A shift: so many periods on both sides, so many spreads, most of it between the nearest ones.
SIDE = 28
NEAR = 7
SHIFT = 2.0
SHARP = 0.6
# A step of as much of it a year apart is the year's season.
ANNUAL = 0.5
# Periods before the newest ones that say what is expected of them.
BEFORE = 15


@njit(cache=True, nogil=True)
def fill_steps(roots: Floats, spread: float, rises: Floats, steps: Floats) -> None:
    """Fill how the level rises to each period, and that again where it is great and sharp.

    The medians of the `SIDE` periods on either side differ by `SHIFT` spreads, those of the
    `NEAR` ones by most of that, and so does what the halves of both sides leave of their trend.

    Parameters
    ----------
    roots : (n,) float64, without their season, n >= 2 * SIDE
    spread : of the roots around their level
    rises, steps : (n,) float64, overwritten; zero where there are too few periods on a side, and
        steps where a rise is small or slow
    """
    n, half = roots.shape[0], SIDE // 2
    far, near, middle = np.empty(n), np.empty(n), np.empty(n)
    fill_trailing_medians(roots, SIDE, far)
    fill_trailing_medians(roots, NEAR, near)
    fill_trailing_medians(roots, half, middle)
    rises[:], steps[:] = 0.0, 0.0
    for t in range(SIDE, n - SIDE + 1):
        step = far[t + SIDE - 1] - far[t - 1]
        rises[t] = step
        if abs(step) <= SHIFT * spread:
            continue
        nearest = near[t + NEAR - 1] - near[t - 1]
        before = middle[t - 1] - middle[t - half - 1]
        after = middle[t + SIDE - 1] - middle[t + half - 1]
        jump = middle[t + half - 1] - middle[t - 1] - 0.5 * (before + after)
        if min(nearest / step, jump / step) >= SHARP:
            steps[t] = step


@njit(cache=True, nogil=True)
def is_annual(rises: Floats, t: int, year: int) -> bool:
    """Whether a rise of the same sign and much of the size is within `NEAR` of a year apart."""
    for other in (t - year, t + year):
        for nearby in range(max(other - NEAR, 0), min(other + NEAR + 1, rises.shape[0])):
            if rises[nearby] / rises[t] >= ANNUAL:
                return True
    return False


@njit(cache=True, nogil=True)
def _add_steps_without_noise(own: Floats, rises: Floats, steps: Floats) -> None:
    """Add the rises, however small, between `SIDE` periods of one value and as many of another."""
    alike = 1
    for t in range(1, own.shape[0] - SIDE + 1):
        if own[t] == own[t - 1]:
            alike += 1
            continue
        if alike >= SIDE and (own[t : t + SIDE] == own[t]).all():
            steps[t] = rises[t]
        alike = 1


@njit(cache=True, nogil=True)
def _is_greatest(steps: Floats, t: int) -> bool:
    size = abs(steps[t])
    return bool(size > 0.0 and size == np.max(np.abs(steps[t - SIDE : t + SIDE])))


@njit(cache=True, nogil=True)
def _best_split(roots: Floats, steps: Floats, first: int, last: int) -> int:
    """Return the step from ``first`` to ``last`` at which two levels explain most.

    The levels are the medians of the `SIDE` periods before the first and from the last on; what
    they leave is measured by its size. Of splits that leave as much the first is returned.
    """
    before = np.median(roots[first - SIDE : first])
    after = np.median(roots[last : last + SIDE])
    left, least, best = 0.0, math.inf, first
    for t in range(first, last + 1):
        if steps[t] != 0.0 and left < least:
            least, best = left, t
        left += abs(roots[t] - before) - abs(roots[t] - after)
    return best


@njit(cache=True, nogil=True)
def _fill_own_shifts(
    own: Floats, season_length: int, year: int, before: Floats, after: Floats
) -> None:
    n = own.shape[0]
    roots, season, level = np.empty(n), np.empty(n), np.empty(n)
    rises, steps = np.empty(n), np.empty(n)
    take_roots(own, unit_of(own), season_length, roots, season)
    fill_centred_medians(roots, REACH, level)
    fill_steps(roots, robust_spread(roots - level), rises, steps)
    _add_steps_without_noise(own, rises, steps)
    t = earliest = SIDE
    while t <= n - SIDE:
        if not _is_greatest(steps, t):
            t += 1
            continue
        first, last = max(t - NEAR, earliest), min(t + NEAR, n - SIDE)
        t = _best_split(roots, steps, first, last)
        if not is_annual(rises, t, year):
            before[t], after[t] = np.median(own[t - SIDE : t]), np.median(own[t : t + SIDE])
        t = earliest = t + SIDE


@njit(cache=True, nogil=True)
def find_shifts(
    values: Floats,
    offsets: Integers,
    season_length: int,
    year: int,
    before: Floats,
    after: Floats,
) -> None:
    """Find where the level of demand shifts, and stays.

    Of shifts nearer than `SIDE` the greatest stands, at the period within `NEAR` of it that splits
    the two levels best; one that a year repeats is its season. Where `SIDE` periods of one value
    meet as many of another there is no noise, and a shift however small. Demand of which half the
    periods or more are zero has no level that could be seen.

    Parameters
    ----------
    values : (n_observations,) float64, units per period, not negative
    offsets : (n_series + 1,) int64, where each series starts; each has one observation at least
    season_length, year : periods
    before, after : (n_observations,) float64, overwritten: median units on either side of the
        first period of a new level, NaN elsewhere
    """
    before[:], after[:] = math.nan, math.nan
    for s in range(offsets.shape[0] - 1):
        start, stop = offsets[s], offsets[s + 1]
        own = values[start:stop]
        if own.shape[0] >= 2 * SIDE and np.median(own) > 0.0:
            _fill_own_shifts(own, season_length, year, before[start:stop], after[start:stop])


@njit(cache=True, nogil=True)
def find_surprises(
    values: Floats, offsets: Integers, season_length: int, newest: int, expected: Floats
) -> None:
    """Find among the newest periods those that stand out of what was before all of them.

    Parameters
    ----------
    values, offsets, season_length : as in `find_shifts`
    newest : periods at the end that are looked at; a series with fewer than `BEFORE` more of
        them is left out
    expected : (n_observations,) float64, overwritten: units expected where demand stands out, by
        level and season or, of rare demand, by the usual size; NaN elsewhere
    """
    expected[:] = math.nan
    for s in range(offsets.shape[0] - 1):
        start, stop = offsets[s], offsets[s + 1]
        own, found = values[start:stop], expected[start:stop]
        first = own.shape[0] - newest
        if first < BEFORE:
            continue
        if np.median(own[:first]) == 0.0:
            middle, limit = size_limit(own[:first], CUT)
            for t in range(first, own.shape[0]):
                if own[t] > limit:
                    found[t] = middle
        else:
            _fill_own_surprises(own, season_length, first, found)


@njit(cache=True, nogil=True)
def _fill_own_surprises(own: Floats, season_length: int, first: int, found: Floats) -> None:
    n = own.shape[0]
    roots, season, level = np.empty(n), np.empty(n), np.empty(first)
    unit = unit_of(own)
    take_roots(own, unit, season_length, roots, season)
    fill_centred_medians(roots[:first], REACH, level)
    spread = robust_spread(roots[:first] - level)
    last = np.median(roots[first - BEFORE : first])
    for t in range(first, n):
        if abs(roots[t] - last) > CUT * spread:
            found[t] = unit * from_root(last + season[t])
