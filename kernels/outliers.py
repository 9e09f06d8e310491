"""Demand that stands out of its level and season.

All is measured on roots, ``2 sqrt(y + 3/8)``, on which a Poisson's standard deviation is one at
every level.

References
----------
Anscombe (1948), "The transformation of Poisson, binomial and negative-binomial data", Biometrika
35; Chen & Liu (1993), "Joint estimation of model parameters and outlier effects in time series",
JASA 88(421) (additive outliers); Rousseeuw & Croux (1993), "Alternatives to the median absolute
deviation", JASA 88(424), section 1.
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Flags, Floats, Integers
from kernels.running_medians import fill_centred_medians, fill_trailing_medians

# Periods on each side that give a period its level.
REACH = 7
# Spreads beyond which a period stands out, and at which it is capped: at six, one period in a
# billion of a normal law, and one in 4,000 of a Student t of three degrees of freedom.
CUT = 6.0
CAP = 3.0
# More periods in a row are an event or a new level, not a slip.
LONGEST_RUN = 2
# Roots spread by one where demand is Poisson; sizes of rare demand by a third at least.
SMALLEST_SPREAD = 1.0
SMALLEST_SPREAD_OF_SIZES = 1.0 / 3.0
FEWEST_SIZES = 8
FEWEST_SEASONS = 2
WEEKS_IN_YEAR = 365.25 / 7.0
# Demand in another unit is the same demand: its median is taken to be so many pieces.
PIECES = 100.0
_MAD = 1.4826


@njit(cache=True, nogil=True)
def to_root(value: float) -> float:
    """Return the root on which a Poisson spreads by one."""
    return 2.0 * math.sqrt(value + 0.375)


@njit(cache=True, nogil=True)
def from_root(root: float) -> float:
    """Return the value of a root; zero below it."""
    return max(root * root / 4.0 - 0.375, 0.0) if root > 0.0 else 0.0


@njit(cache=True, nogil=True)
def robust_spread(apart: Floats) -> float:
    """Return the spread of deviations from a level, from their median size."""
    spread: float = _MAD * np.median(np.abs(apart))
    return max(spread, SMALLEST_SPREAD)


@njit(cache=True, nogil=True)
def fill_seasonal_effects(roots: Floats, season_length: int, out: Floats) -> None:
    """Fill the effect of each period's place in the season, (n,), zero below two seasons.

    The effect is the median over seasons of what a place differs from the median of the season
    around it; of two the one nearer zero, so that what happened once is no season.
    """
    n = roots.shape[0]
    out[:] = 0.0
    if season_length < 2 or n < FEWEST_SEASONS * season_length:
        return
    trailing = np.empty(n)
    fill_trailing_medians(roots, season_length, trailing)
    half = season_length // 2
    for t in range(n):
        start = min(max(t - half, 0), n - season_length)
        out[t] = roots[t] - trailing[start + season_length - 1]
    for place in range(season_length):
        seen = out[place::season_length].copy()
        effect: float = np.median(seen)
        if seen.shape[0] == 2:
            same = seen[0] * seen[1] > 0.0
            effect = math.copysign(np.abs(seen).min(), seen[0]) if same else 0.0
        out[place::season_length] = effect


@njit(cache=True, nogil=True)
def unit_of(own: Floats) -> float:
    """Return one where most demand is whole, else a share of its median: what a piece is."""
    sold = own[own > 0.0]
    whole = np.sum(sold == np.floor(sold))
    if 2 * whole >= sold.shape[0]:
        return 1.0
    unit: float = np.median(sold) / PIECES
    return unit


@njit(cache=True, nogil=True)
def take_roots(own: Floats, unit: float, season_length: int, roots: Floats, season: Floats) -> None:
    """Fill roots without their season, and the season, each (n,), of demand in pieces."""
    for t in range(own.shape[0]):
        roots[t] = to_root(own[t] / unit)
    fill_seasonal_effects(roots, season_length, season)
    roots -= season


@njit(cache=True, nogil=True)
def size_limit(own: Floats, cut: float) -> tuple[float, float]:
    """Return the median size of rare demand, and the size ``cut`` spreads above; or infinity."""
    sizes = np.log(own[own > 0.0])
    if sizes.shape[0] < FEWEST_SIZES:
        return 0.0, math.inf
    middle = np.median(sizes)
    spread = max(_MAD * np.median(np.abs(sizes - middle)), SMALLEST_SPREAD_OF_SIZES)
    return math.exp(middle), math.exp(middle + cut * spread)


@njit(cache=True, nogil=True)
def mark_short_runs(apart: Floats, cut: float, standing: Flags) -> None:
    """Mark the periods beyond ``cut`` in runs of `LONGEST_RUN` at most, and not at the end.

    A longer run on one side is an event or a new level; what happens at the end may be the
    beginning of one.
    """
    n = apart.shape[0]
    standing[:] = False
    start = 0
    while start < n:
        stop = start + 1
        if abs(apart[start]) > cut:
            while stop < n and apart[stop] * apart[start] > 0.0 and abs(apart[stop]) > cut:
                stop += 1
            standing[start:stop] = stop - start <= LONGEST_RUN and stop < n
        start = stop


@njit(cache=True, nogil=True)
def unmark_repeated(apart: Floats, cut: float, year: float, standing: Flags) -> None:
    """Unmark the periods that another year has too: beyond ``cut`` on the same side.

    Holidays move by a week of days at most, so a year is so much longer or shorter.
    """
    n = apart.shape[0]
    reach = round(year / WEEKS_IN_YEAR)
    for t in range(n):
        years = 1
        while standing[t] and years * year - reach < n:
            for way in (-1, 1):
                place = t + way * round(years * year)
                for other in range(max(place - reach, 0), min(place + reach + 1, n)):
                    if apart[other] * apart[t] > 0.0 and abs(apart[other]) > cut:
                        standing[t] = False
            years += 1


@njit(cache=True, nogil=True)
def _cap_sizes(own: Floats, expected: Floats, capped: Floats) -> None:
    middle, limit = size_limit(own, CUT)
    _, cap = size_limit(own, CAP)
    for t in range(own.shape[0]):
        if own[t] > limit:
            expected[t], capped[t] = middle, cap


@njit(cache=True, nogil=True)
def _cap_around_level(
    own: Floats, season_length: int, year: float, expected: Floats, capped: Floats
) -> None:
    n = own.shape[0]
    roots, season, level = np.empty(n), np.empty(n), np.empty(n)
    unit = unit_of(own)
    take_roots(own, unit, season_length, roots, season)
    fill_centred_medians(roots, REACH, level)
    apart, standing = roots - level, np.empty(n, np.bool_)
    spread = robust_spread(apart)
    mark_short_runs(apart, CUT * spread, standing)
    if season_length < year / 2.0:
        unmark_repeated(apart, CAP * spread, year, standing)
    for t in range(n):
        if standing[t]:
            middle = level[t] + season[t]
            expected[t] = unit * from_root(middle)
            capped[t] = unit * from_root(middle + math.copysign(CAP * spread, apart[t]))


@njit(cache=True, nogil=True)
def find_outliers(
    values: Floats,
    offsets: Integers,
    season_length: int,
    year: float,
    expected: Floats,
    capped: Floats,
) -> None:
    """Find demand that stands out of the level around it and of its season.

    What another year has too is no outlier; where the season is the year's own, it is in that
    season already, and its remainder is judged. Demand of which half the periods or more are zero
    stands out by its size alone, upwards.

    Parameters
    ----------
    values : (n_observations,) float64, units per period, not negative
    offsets : (n_series + 1,) int64, where each series starts; each has one observation at least
    season_length : periods
    year : periods, maybe with a fraction
    expected : (n_observations,) float64, overwritten: units expected where demand stands out, NaN
        elsewhere
    capped : (n_observations,) float64, overwritten: demand with such periods brought to
        `CAP` spreads from what was expected, whole where the series is
    """
    expected[:] = math.nan
    capped[:] = values
    for s in range(offsets.shape[0] - 1):
        start, stop = offsets[s], offsets[s + 1]
        own, found, kept = values[start:stop], expected[start:stop], capped[start:stop]
        if np.median(own) == 0.0:
            _cap_sizes(own, found, kept)
        else:
            _cap_around_level(own, season_length, year, found, kept)
        if (own == np.floor(own)).all():
            for t in range(own.shape[0]):
                kept[t] = math.floor(kept[t] + 0.5)
