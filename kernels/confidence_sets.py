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
def _shift(scores: Floats, repeats: Floats, means: Floats, moved: Floats) -> None:
    """Fill each method's mean score, and by how much every replicate moves it."""
    n_methods, n_days = scores.shape
    n_replicates = repeats.shape[1]
    for method in range(n_methods):
        total = 0.0
        moved[method] = 0.0
        for day in range(n_days):
            score = scores[method, day]
            total += score
            for b in range(n_replicates):
                moved[method, b] += repeats[day, b] * score
        means[method] = total / n_days
        for b in range(n_replicates):
            moved[method, b] = moved[method, b] / n_days - means[method]


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
def fill_confidence(scores: Floats, repeats: Floats, p_values: Floats) -> None:
    """Fill the p-value with which each method of each entity may be the best.

    The worst is put out, again and again, and its p-value is the largest of the tests up to its
    own, so that the set of all with a p-value of at least ``a`` holds the best with probability
    ``1 - a``. The last one's is 1, and so are all by a single day, which tells nothing of chance.

    Parameters
    ----------
    scores : (n_entities, n_methods, n_days) float64, less is better; an entity with a NaN has
        NaN p-values
    repeats : (n_days, n_replicates) float64, how often each replicate draws each day
    p_values : (n_entities, n_methods) float64, overwritten

    References
    ----------
    Hansen, Lunde & Nason (2011), section 3.1.2 and definition 4.
    """
    n_entities, n_methods, n_days = scores.shape
    means = np.empty(n_methods)
    moved = np.empty((n_methods, repeats.shape[1]))
    kept = np.empty(n_methods, np.bool_)
    for entity in range(n_entities):
        own = scores[entity]
        size = 0.0
        for method in range(n_methods):
            for day in range(n_days):
                size += abs(own[method, day])
        if math.isnan(size):
            p_values[entity] = math.nan
            continue
        if n_days == 1:
            p_values[entity] = 1.0
            continue
        alike = _ALIKE * size / (n_methods * n_days)
        _shift(own, repeats, means, moved)
        kept[:] = True
        so_far = 0.0
        for _ in range(n_methods - 1):
            worst, p_value = _worst(means, moved, kept, alike)
            so_far = max(so_far, p_value)
            p_values[entity, worst] = so_far
            kept[worst] = False
        for method in range(n_methods):
            if kept[method]:
                p_values[entity, method] = 1.0
