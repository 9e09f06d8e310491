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
from numba import njit
from scipy.special import gammainc

from kernels.arrays import Floats, Integers, Words32
from kernels.philox import Stream
from kernels.stock_draws import DRAWS, fill_draws, fill_words

_LEAD_TIMES = int(Stream.LEAD_TIMES)
N_GUIDES = 256
# Draws have 32 bits, so what is rarer than this never comes.
_RARE = 2.0**-33
WORDS = 2**32


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
    """Return the law of a gamma lead time, rounded to whole periods.

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
    cumulative = gammainc(shape, (np.arange(longest) + 0.5) * shape / mean)
    # What stays below every draw or above every draw decides nothing.
    cumulative = np.where(cumulative < _RARE, 0.0, cumulative)
    return _law(np.asarray(cumulative[cumulative < 1.0 - _RARE], np.float64))


@njit(cache=True, nogil=True)
def drawn_lead_time(uniform: float, law: LeadTimes) -> int:
    """Periods at a ``uniform`` draw in (0, 1): how many cumulative probabilities it reaches."""
    periods: int = law.guide[int(uniform * N_GUIDES)]
    while periods < law.cumulative.shape[0] and uniform >= law.cumulative[periods]:
        periods += 1
    return periods


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
def fill_windows(law: LeadTimes, windows: Integers) -> None:
    """Fill the range of words that each lead time is drawn at.

    A word is of one window: that of the periods that `drawn_lead_time` returns for its uniform.

    Parameters
    ----------
    law : of the lead times, not fixed
    windows : (longest + 1, 2) int64, overwritten: first word, and how many
    """
    longest = law.cumulative.shape[0]
    first = np.int64(0)
    for k in range(longest + 1):
        end = np.int64(WORDS)
        if k < longest:
            end = min(np.int64(math.ceil(law.cumulative[k] * WORDS - 0.5)), end)
        windows[k, 0], windows[k, 1] = first, end - first
        first = end
