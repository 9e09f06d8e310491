"""The driver regression as its definition says it, period by period."""

import numpy as np


def naive_sums(y, design, effects, lag, lags, smallest_error=0.01):
    """Return scores by period, information, and common sums by period, of one series."""
    n, k = design.shape
    factors = np.exp(design @ effects)
    known = ~np.isnan(factors) & ~np.isnan(y)
    rows = []
    for t in range(2 * lag, n):
        past = [t - i * lag for i in range(1, lags + 1) if t - i * lag >= 0]
        past = [p for p in past if known[p]]
        if not known[t] or len(past) < 2 or y[past].sum() <= 0.0:
            continue
        level = y[past].sum() / factors[past].sum()
        centre = np.average(design[past], axis=0, weights=factors[past])
        rows.append((t, level * factors[t], design[t] - centre))
    scores, information, common = np.zeros((n, k)), np.zeros((k, k)), np.zeros((n, 2))
    mean = np.array([m for _, m, _ in rows])
    rest = np.array([y[t] - m for t, m, _ in rows])
    dispersion = max((rest**2).sum(), (smallest_error * mean) @ (smallest_error * mean))
    weight = mean.sum() / dispersion if rows else 0.0
    for (t, m, off), r in zip(rows, rest, strict=True):
        scores[t] = weight * r * off
        information += weight * m * np.outer(off, off)
        common[t] = weight * r, weight * m
    return scores, information, common, len(rows)
