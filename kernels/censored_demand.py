"""Demand where stock ran out: raised to what a law says of demand that reached what was sold.

A filter goes over each series and holds its level, its season and its dispersion. A censored
period takes the mean of the law above what was sold, and the filter learns from that mean and
its second moment as it would from an observation: expectation maximisation, a period at a time.

References
----------
Dempster, Laird & Rubin (1977), "Maximum likelihood from incomplete data via the EM algorithm",
JRSS B 39(1), section 4.3 (censored data); Cappé & Moulines (2009), "On-line
expectation-maximization algorithm for latent data models", JRSS B 71(3), equation 13; Nahmias
(1994), "Demand estimation in lost sales inventory systems", Naval Research Logistics 41(6).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Flags, Floats, Integers
from kernels.tail_moments import count_tail, gamma_tail

# Periods whose mean the level starts from, and what they count as.
FIRST = 14
# Periods, and seasons, after which an observation counts 1/e.
MEMORY = 28.0
MEMORY_OF_SPREAD = 112.0
MEMORY_OF_SEASON = 8.0
# A place in the season is believed to be like the others until it was seen so often.
PRIOR_SEASONS = 2.0
# What the dispersion is believed to be, as so many periods: Poisson's, and a coefficient of 1/2.
PRIOR_PERIODS = 8.0
COUNT_SPREAD = 1.0
RATIO_SPREAD = 0.25
SMALLEST_SPREAD = 1e-4


@njit(cache=True, nogil=True)
def uncensor(
    values: Floats, censored: Flags, offsets: Integers, season_length: int, out: Floats
) -> None:
    """Fill ``out`` with demand as it may have been where stock had not run out.

    A censored period is raised to the mean of a negative binomial (whole units) or gamma law
    above what was sold, with the level, season and dispersion that the periods before it give:
    a backtest does not see what came later. The first `FIRST` open periods alone are seen from
    the start, which gives the level something to begin with. Where nothing was sold the law's
    mean stands: such a period says nothing. A series without an open period begins at the mean
    of its bounds; its likelihood has no greatest value, and its level creeps up, from three units
    to ten in 2,000 periods.

    Parameters
    ----------
    values, censored, out : (n_observations,), units per period, not negative
    offsets : (n_series + 1,) int64
    season_length : periods
    """
    for s in range(offsets.shape[0] - 1):
        start, stop = offsets[s], offsets[s + 1]
        out[start:stop] = values[start:stop]
        if censored[start:stop].any():
            _filter(values[start:stop], censored[start:stop], season_length, out[start:stop])


@njit(cache=True, nogil=True)
def first_level(values: Floats, censored: Flags) -> float:
    """Return the mean of the first `FIRST` open periods, of all bounds where none is open."""
    total, found = 0.0, 0
    for t in range(values.shape[0]):
        if not censored[t] and found < FIRST:
            total += values[t]
            found += 1
    return total / found if found > 0 else values.mean()


@njit(cache=True, nogil=True)
def _above(bound: float, mean: float, spread: float, whole: bool) -> tuple[float, float]:
    first, second = count_tail(bound, mean, spread) if whole else gamma_tail(bound, mean, spread)
    return max(first, bound), second


@njit(cache=True, nogil=True)
def _filter(values: Floats, censored: Flags, season_length: int, out: Floats) -> None:
    whole = True
    for value in values:
        whole = whole and value == math.floor(value)
    level = first_level(values, censored)
    total, periods = FIRST * level, 1.0 * FIRST
    of_place, usual = np.zeros(season_length), np.zeros(season_length)
    usual_spread = COUNT_SPREAD if whole else RATIO_SPREAD
    squares, scale = 0.0, 0.0
    for t in range(values.shape[0]):
        place = t % season_length
        prior = PRIOR_SEASONS * level
        season = (of_place[place] + prior) / (usual[place] + prior) if level > 0.0 else 1.0
        mean = level * season
        believed = PRIOR_PERIODS * (level if whole else level * level)
        spread = usual_spread
        if level > 0.0:
            spread = (squares + believed * usual_spread) / (scale + believed)
            spread = max(spread, SMALLEST_SPREAD)
        first, second = values[t], values[t] * values[t]
        if censored[t]:
            first, second = _above(values[t], mean, spread, whole)
            out[t] = first
        keep = 1.0 - 1.0 / MEMORY
        total, periods = keep * total + first, keep * periods + season
        level = total / periods
        keep = 1.0 - 1.0 / MEMORY_OF_SEASON
        of_place[place] = keep * of_place[place] + first
        usual[place] = keep * usual[place] + level
        keep = 1.0 - 1.0 / MEMORY_OF_SPREAD
        squares = keep * squares + second - 2.0 * mean * first + mean * mean
        scale = keep * scale + (mean if whole else mean * mean)
