"""Lead times of orders in whole periods, from a table of probabilities.

References
----------
Hadley & Whitin (1963), "Analysis of inventory systems", section 3-8 (stochastic lead times);
Burgin (1972), "Inventory control with normal demand and gamma lead times", Operational Research
Quarterly 23(1);
Chen & Asau (1974), "On generating random variates from an empirical distribution", AIIE
Transactions 6(2) (the guide table).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit, uint32
from scipy.special import gammainc

from kernels.arrays import Floats, Integers, Words32
from kernels.philox import Stream
from kernels.stock_draws import DRAWS, fill_draws, fill_words
from kernels.unit_lanes import LANES_OF_WORDS, choose, load_units, spread_units, store_units

_LEAD_TIMES = int(Stream.LEAD_TIMES)
N_GUIDES = 256
# Draws have 32 bits, so what is rarer than this never comes.
_RARE = 2.0**-33
WORDS = 2**32
# Of the least variance that whole periods can have, which a file tells to a digit or two.
_SMALL = 0.9


class LeadTimes(NamedTuple):
    """A law of lead times in whole periods.

    Parameters
    ----------
    cumulative : (longest,) float64: element k is the probability of at most k periods; what the
        last lacks to one is the probability of ``longest`` periods
    guide : (256,) int64: the shortest lead time at draws from n / 256 on
    fixed : periods, where only one lead time has a chance; else -1
    """

    cumulative: Floats
    guide: Integers
    fixed: int


def _law(cumulative: Floats) -> LeadTimes:
    starts = np.arange(N_GUIDES) / N_GUIDES
    guide = np.searchsorted(cumulative, starts, side="right").astype(np.int64)
    return LeadTimes(cumulative, guide, -1 if cumulative.any() else len(cumulative))


def fixed_lead_time(periods: float) -> LeadTimes:
    """Return the law of a fixed lead time.

    Parameters
    ----------
    periods : not negative; an arrival within a period is there at the start of the next
    """
    return _law(np.zeros(math.ceil(periods - 1e-9)))


def discrete_lead_time(probabilities: Floats) -> LeadTimes:
    """Return the law of a lead time of 0, 1, ... periods.

    Parameters
    ----------
    probabilities : (n,) float64, of 0 ... n - 1 periods, summing to one

    Raises
    ------
    ValueError
        Where they are negative or sum to anything but one.
    """
    chances = np.asarray(probabilities, np.float64)
    if len(chances) == 0 or not np.isfinite(chances).all() or (chances < 0.0).any():
        raise ValueError(f"probabilities must be finite and not negative; got {chances}")
    if abs(float(chances.sum()) - 1.0) > 1e-9:
        raise ValueError(f"probabilities of lead times must sum to 1; got {chances.sum()}")
    last = int(np.flatnonzero(chances)[-1])
    return _law(np.cumsum(chances)[:last])


def gamma_lead_time(mean: float, deviation: float, longest: int) -> LeadTimes:
    """Return the law of a gamma lead time in whole periods.

    It is rounded to the nearest, so that lead times counted in whole periods keep their mean. A
    deviation below any that whole periods of that mean can have says that orders arrive within
    periods: they are there at the start of the next, as those of a fixed lead time are.

    Parameters
    ----------
    mean, deviation : periods, not negative; without deviation the lead time is fixed
    longest : periods; a lead time that long stands for all that are longer

    References
    ----------
    Burgin (1972), eq. 1.
    """
    if deviation <= 0.0 or mean <= 0.0:
        return fixed_lead_time(min(mean, longest))
    shape = (mean / deviation) ** 2
    over = mean % 1.0
    rounding = 0.0 if deviation**2 < _SMALL * over * (1.0 - over) else 0.5
    cumulative = gammainc(shape, (np.arange(longest) + rounding) * shape / mean)
    # What stays below every draw or above every draw decides nothing.
    cumulative = np.where(cumulative < _RARE, 0.0, cumulative)
    return _law(np.asarray(cumulative[cumulative < 1.0 - _RARE], np.float64))


def lead_time_quantile(law: LeadTimes, share: float) -> int:
    """Return the periods that the lead times of a ``share`` of orders, in (0, 1), do not exceed.

    Parameters
    ----------
    law : of the lead times
    """
    return int(np.searchsorted(law.cumulative, share))


@njit(cache=True, nogil=True)
def drawn_lead_time(uniform: float, law: LeadTimes) -> int:
    """Periods at a ``uniform`` draw in (0, 1): how many cumulative probabilities it reaches."""
    periods: int = law.guide[int(uniform * N_GUIDES)]
    while periods < law.cumulative.shape[0] and uniform >= law.cumulative[periods]:
        periods += 1
    return periods


@njit(cache=True, nogil=True)
def shortest_lead_time(law: LeadTimes) -> int:
    """Periods of the shortest lead time that has a chance."""
    shortest = 0
    while shortest < law.cumulative.shape[0] and law.cumulative[shortest] <= 0.0:
        shortest += 1
    return shortest


@njit(cache=True, nogil=True)
def fill_lead_draws(seed: int, entity: int, first_path: int, out: Floats) -> None:
    """Fill the draws behind lead times, by the period an order is placed in.

    A draw is counted by (entity, path, period), so it is the same under every rule. Orders may
    cross: one placed later may arrive sooner.

    Parameters
    ----------
    seed, entity : of the lead times
    first_path : number of the first path
    out : (horizon rounded up to a multiple of 4, n_paths) float64, overwritten
    """
    for t in range(0, out.shape[0], DRAWS):
        fill_draws(seed, _LEAD_TIMES, entity, first_path, t // DRAWS, out[t : t + DRAWS])


@njit(cache=True, nogil=True)
def fill_lead_words(seed: int, entity: int, first_path: int, out: Words32) -> None:
    """Fill the draws behind lead times, raw: `fill_lead_draws` before it makes uniforms of them.

    Parameters
    ----------
    seed, entity, first_path : as in `fill_lead_draws`
    out : (horizon rounded up to a multiple of 4, n_paths) uint32, overwritten
    """
    for t in range(0, out.shape[0], DRAWS):
        fill_words(seed, _LEAD_TIMES, entity, first_path, t // DRAWS, out[t : t + DRAWS])


@njit(cache=True, nogil=True)
def fill_first_words(law: LeadTimes, firsts: Words32) -> int:
    """Fill the first word that each lead time above none is drawn at, and return how many have one.

    A word is of the lead time that `drawn_lead_time` returns for its uniform: as long as there are
    first words up to it.

    Parameters
    ----------
    law : of the lead times, not fixed
    firsts : (longest,) uint32, overwritten from its start on
    """
    for k in range(law.cumulative.shape[0]):
        first = math.ceil(law.cumulative[k] * WORDS - 0.5)
        if first >= WORDS:
            return k
        firsts[k] = uint32(first)
    return int(law.cumulative.shape[0])


@njit(cache=True, nogil=True)
def turn_into_periods(law: LeadTimes, words: Words32) -> None:
    """Turn draws into the lead times that `drawn_lead_time` has for their uniforms.

    Parameters
    ----------
    law : of the lead times
    words : (n,) uint32, overwritten; n a multiple of `LANES_OF_WORDS`
    """
    if law.fixed >= 0:
        words[:] = uint32(law.fixed)
        return
    firsts = np.empty(law.cumulative.shape[0], np.uint32)
    n_firsts = fill_first_words(law, firsts)
    for place in range(0, words.shape[0], LANES_OF_WORDS):
        own = load_units(words, place)
        periods = spread_units(uint32(0), own)
        for k in range(n_firsts):
            periods = choose(own >= firsts[k], periods + uint32(1), periods)
        store_units(words, place, periods)
