"""Which of several forecasters may be the best, by their scores on the same days.

References
----------
Hansen, Lunde & Nason (2011), "The model confidence set", Econometrica 79(2), section 3.1.2 (the
test of the most unlike two, T_R) and definition 4 (p-values).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Flags, Floats

# Deviations so much smaller than the scores are those of rounding.
_ALIKE = 1e-12


@njit(cache=True, nogil=True)
def fill_shifts(scores: Floats, repeats: Floats, means: Floats, moved: Floats) -> None:
    """Fill each method's mean score of each entity, and by how much every replicate moves it.

    Parameters
    ----------
    scores : (n_entities, n_methods, n_days) float64
    repeats : (n_days, n_replicates) float64, how often each replicate draws each day
    means : (n_entities, n_methods) float64, overwritten
    moved : (n_entities, n_methods, n_replicates) float64, overwritten
    """
    n_entities, n_methods, n_days = scores.shape
    n_replicates = repeats.shape[1]
    moved[:] = 0.0
    for entity in range(n_entities):
        for method in range(n_methods):
            own, shifts = scores[entity, method], moved[entity, method]
            total = 0.0
            for day in range(n_days):
                total += own[day]
                for b in range(n_replicates):
                    shifts[b] += repeats[day, b] * own[day]
            means[entity, method] = total / n_days
            for b in range(n_replicates):
                shifts[b] = shifts[b] / n_days - total / n_days


@njit(cache=True, nogil=True)
def _raise_highest(
    left: Floats, right: Floats, excess: float, alike: float, highest: Floats
) -> float:
    """Return a pair's statistic, and take its replicates' into the highest of each replicate."""
    variance = 0.0
    for b in range(left.shape[0]):
        variance += (left[b] - right[b]) ** 2
    deviation = math.sqrt(variance / left.shape[0])
    if deviation > alike:
        for b in range(left.shape[0]):
            highest[b] = max(highest[b], abs(left[b] - right[b]) / deviation)
        return excess / deviation
    # All days say the same of the two: they are alike, or one is better for certain.
    return 0.0 if abs(excess) <= alike else math.copysign(math.inf, excess)


@njit(cache=True, nogil=True)
def _worst(means: Floats, moved: Floats, kept: Flags, alike: float) -> tuple[int, float]:
    """Return the worst of those kept, and how often chance alone would make two so unlike."""
    n_methods, n_replicates = moved.shape
    worst, most = -1, -math.inf
    highest = np.zeros(n_replicates)
    for i in range(n_methods):
        for j in range(i):
            if kept[i] and kept[j]:
                excess = means[i] - means[j]
                statistic = _raise_highest(moved[i], moved[j], excess, alike, highest)
                if abs(statistic) > most:
                    worst, most = i if statistic > 0.0 else j, abs(statistic)
    return worst, (highest >= most).sum() / n_replicates


@njit(cache=True, nogil=True)
def fill_confidence(means: Floats, moved: Floats, sizes: Floats, p_values: Floats) -> None:
    """Fill the p-value with which each method of each entity may be the best.

    The worst is put out, again and again, and its p-value is the largest of the tests up to its
    own, so that the set of all with a p-value of at least ``a`` holds the best with probability
    ``1 - a``. The last one's is 1.

    Parameters
    ----------
    means : (n_entities, n_methods) float64, less is better; an entity with a NaN has NaN p-values
    moved : (n_entities, n_methods, n_replicates) float64, by how much every replicate moves them
    sizes : (n_entities,) float64, of the scores, of which rounding is a share
    p_values : (n_entities, n_methods) float64, overwritten

    References
    ----------
    Hansen, Lunde & Nason (2011), section 3.1.2 and definition 4.
    """
    n_entities, n_methods = means.shape
    kept = np.empty(n_methods, np.bool_)
    for entity in range(n_entities):
        if np.isnan(means[entity]).any():
            p_values[entity] = math.nan
            continue
        kept[:] = True
        so_far = 0.0
        for _ in range(n_methods - 1):
            worst, p_value = _worst(means[entity], moved[entity], kept, _ALIKE * sizes[entity])
            so_far = max(so_far, p_value)
            p_values[entity, worst] = so_far
            kept[worst] = False
        for method in range(n_methods):
            if kept[method]:
                p_values[entity, method] = 1.0
