"""Croston's method and its kin: the mean of demand that mostly pauses, many series a call.

References
----------
Croston (1972), "Forecasting and stock control for intermittent demands", Operational Research
Quarterly 23(3); Syntetos & Boylan (2005), "The accuracy of intermittent demand estimates",
International Journal of Forecasting 21(2), eq. 6 (the correction); Teunter, Syntetos & Babai
(2011), "Intermittent demand: linking forecasting to inventory obsolescence", European Journal of
Operational Research 214(3) (TSB); Nikolopoulos et al. (2011), "An aggregate-disaggregate
intermittent demand approach", Journal of the Operational Research Society 62(3) (ADIDA);
Petropoulos & Kourentzes (2015), "Forecast combinations for intermittent demand", Journal of the
Operational Research Society 66(6) (IMAPA).
"""

from enum import IntEnum

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.flat import as_flat, longest_series
from kernels.smoothing import LANES, best_level

CLASSIC_SMOOTHING = 0.1
# Where the optimised methods look for theirs.
LOWEST = 0.1
HIGHEST = 0.3
# 1 - alpha / 2, at the classic alpha.
SBA_SHARE = 0.95
# One rounding for a product and a sum halves what each step waits for the one before.
_FUSED = {"contract"}


class IntermittentModel(IntEnum):
    """Which model of intermittent demand to fit."""

    CROSTON = 0
    CROSTON_OPTIMISED = 1
    SBA = 2
    TSB = 3
    ADIDA = 4
    IMAPA = 5


_CROSTON, _CROSTON_OPTIMISED, _SBA, _TSB, _ADIDA, _ = map(int, IntermittentModel)


@njit(cache=True, nogil=True)
def croston_rate(y: Floats, alpha: float) -> float:
    """Return smoothed size over smoothed interval, units per period; zero without demand.

    Parameters
    ----------
    y : (n,) float64, units per period, zero or more, no NaN
    alpha : weight of the newest size and of the newest interval
    """
    size, interval, last = 0.0, 0.0, -1
    for t in range(y.shape[0]):
        if y[t] > 0.0:
            gap = float(t - last)
            if interval == 0.0:
                size, interval = y[t], gap
            else:
                size += alpha * (y[t] - size)
                interval += alpha * (gap - interval)
            last = t
    return size / interval if interval > 0.0 else 0.0


@njit(cache=True, nogil=True)
def split_demand(y: Floats, sizes: Floats, intervals: Floats) -> int:
    """Fill sizes of demand and the periods since the one before; return how many there are."""
    count, last = 0, -1
    for t in range(y.shape[0]):
        if y[t] > 0.0:
            sizes[count] = y[t]
            intervals[count] = float(t - last)
            last = t
            count += 1
    return count


@njit(cache=True, nogil=True)
def croston_optimised_rate(y: Floats, sizes: Floats, intervals: Floats, lanes: Floats) -> float:
    """Return Croston's rate, the two parameters each with the least one-step errors.

    Parameters
    ----------
    y : as in `croston_rate`
    sizes, intervals : (n,) float64 scratch
    lanes : (3, LANES) float64 scratch
    """
    count = split_demand(y, sizes, intervals)
    if count == 0:
        return 0.0
    size: float = best_level(sizes[:count], LOWEST, HIGHEST, lanes)
    interval: float = best_level(intervals[:count], LOWEST, HIGHEST, lanes)
    return size / interval


@njit(cache=True, nogil=True, fastmath=_FUSED)
def tsb_rate(y: Floats, of_sizes: float, of_chances: float) -> float:
    """Return smoothed size times smoothed chance of demand, which fades where demand stops.

    Parameters
    ----------
    y : as in `croston_rate`
    of_sizes, of_chances : smoothing parameters; the chance is smoothed in every period
    """
    n, first = y.shape[0], 0
    while first < n and y[first] <= 0.0:
        first += 1
    if first == n:
        return 0.0
    # A chance of zero stays zero until the first demand.
    size: float = y[first]
    chance = 1.0 if first == 0 else of_chances
    kept = 1.0 - of_chances
    paired = first + 1 + (n - first - 1) // 2 * 2
    # Two periods a turn: what a turn waits for is one product and one sum.
    for t in range(first + 1, paired, 2):
        seen, seen_next = np.float64(y[t] > 0.0), np.float64(y[t + 1] > 0.0)
        chance = kept * kept * chance + of_chances * (kept * seen + seen_next)
        weight, after = of_sizes * seen, of_sizes * seen_next
        size = (1.0 - after) * (1.0 - weight) * size + (
            (1.0 - after) * weight * y[t] + after * y[t + 1]
        )
    if paired < n:
        chance = kept * chance + of_chances * np.float64(y[paired] > 0.0)
        size += of_sizes * np.float64(y[paired] > 0.0) * (y[paired] - size)
    return size * chance


@njit(cache=True, nogil=True)
def mean_interval(y: Floats) -> float:
    """Return the mean number of periods from demand to demand; zero without any."""
    count, last = 0, -1
    for t in range(y.shape[0]):
        if y[t] > 0.0:
            count += 1
            last = t
    return (last + 1) / count if count else 0.0


@njit(cache=True, nogil=True)
def bucket_rate(y: Floats, length: int, buckets: Floats, lanes: Floats) -> float:
    """Return the smoothed demand of buckets of ``length`` periods, per period.

    The buckets end with the series; what does not fill one at its start is left out.
    """
    first = y.shape[0] % length
    count = y.shape[0] // length
    for j in range(count):
        total = 0.0
        for t in range(first + j * length, first + (j + 1) * length):
            total += y[t]
        buckets[j] = total
    level: float = best_level(buckets[:count], LOWEST, HIGHEST, lanes)
    return level / length


@njit(cache=True, nogil=True)
def adida_rate(y: Floats, buckets: Floats, lanes: Floats) -> float:
    """Return the smoothed demand of buckets as long as the mean interval, per period.

    Parameters
    ----------
    y : as in `croston_rate`
    buckets : (n,) float64 scratch
    lanes : (3, LANES) float64 scratch
    """
    length = round(mean_interval(y))
    return bucket_rate(y, length, buckets, lanes) if length > 0 else 0.0


@njit(cache=True, nogil=True)
def imapa_rate(y: Floats, buckets: Floats, lanes: Floats) -> float:
    """Return the mean of `bucket_rate` over lengths from one to the mean interval.

    Parameters
    ----------
    y, buckets, lanes : as in `adida_rate`
    """
    longest = round(mean_interval(y))
    total = 0.0
    for length in range(1, longest + 1):
        total += bucket_rate(y, length, buckets, lanes)
    return total / longest if longest > 0 else 0.0


@njit(cache=True, nogil=True)
def intermittent_rate(
    y: Floats,
    model: int,
    of_sizes: float,
    of_chances: float,
    sizes: Floats,
    intervals: Floats,
    lanes: Floats,
) -> float:
    """Return one series' forecast by a model of intermittent demand, units per period.

    Parameters
    ----------
    y : as in `croston_rate`
    model : number of an `IntermittentModel`
    of_sizes, of_chances : as in `intermittent_rates`
    sizes, intervals : (n,) float64 scratch
    lanes : (3, LANES) float64 scratch
    """
    if model == _CROSTON:
        rate: float = croston_rate(y, of_sizes)
    elif model == _CROSTON_OPTIMISED:
        rate = croston_optimised_rate(y, sizes, intervals, lanes)
    elif model == _SBA:
        rate = SBA_SHARE * croston_rate(y, of_sizes)
    elif model == _TSB:
        rate = tsb_rate(y, of_sizes, of_chances)
    elif model == _ADIDA:
        rate = adida_rate(y, sizes, lanes)
    else:
        rate = imapa_rate(y, sizes, lanes)
    return rate


@njit(cache=True, nogil=True)
def _fill_rates(
    values: Floats, offsets: Integers, model: int, of_sizes: float, of_chances: float, out: Floats
) -> None:
    longest = longest_series(offsets)
    sizes, intervals, lanes = np.empty(longest), np.empty(longest), np.empty((3, LANES))
    for s in range(offsets.shape[0] - 1):
        y = values[offsets[s] : offsets[s + 1]]
        out[s] = intermittent_rate(y, model, of_sizes, of_chances, sizes, intervals, lanes)


def intermittent_rates(
    values: Floats,
    offsets: Integers,
    model: IntermittentModel,
    of_sizes: float = CLASSIC_SMOOTHING,
    of_chances: float = CLASSIC_SMOOTHING,
) -> Floats:
    """Forecast each series by a model of intermittent demand.

    Parameters
    ----------
    values : (n_observations,) float64, the series end to end, units per period, zero or more
    offsets : (n_series + 1,) int64, where each starts; each has one observation at least
    model : which
    of_sizes : smoothing parameter of classic Croston, SBA and TSB's sizes
    of_chances : smoothing parameter of TSB's chance of demand

    Returns
    -------
    (n_series,) float64, units per period, the same for every period ahead; zero for a series
    without demand.
    """
    out = np.empty(offsets.shape[0] - 1)
    _fill_rates(
        *as_flat(values, offsets),
        int(model),
        of_sizes,
        of_chances,
        out,
    )
    return out
