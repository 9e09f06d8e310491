"""Counts the obvious way: scipy's laws, one period after the other, a grid in a loop."""

import math

import numpy as np
from scipy import stats


def negative_binomial(mean, dispersion):
    """Return the law of that mean and variance / mean."""
    return stats.nbinom(mean / (dispersion - 1.0), 1.0 / dispersion)


def count_log_likelihood(values, start, alpha, dispersion):
    """Return log-likelihood and next mean of a smoothed negative binomial."""
    mean, total = start, 0.0
    for value in values:
        total += negative_binomial(mean, dispersion).logpmf(value)
        mean = max(mean + alpha * (value - mean), 1e-6 * start)
    return total, mean


def chance_log_likelihood(values, start, alpha):
    """Return log-likelihood and next chance of smoothed Bernoulli trials."""
    chance, total = start, 0.0
    for value in values:
        total += math.log(chance if value > 0 else 1.0 - chance)
        chance += alpha * (float(value > 0) - chance)
        chance = min(max(chance, 1e-6 * start), 1.0 - 1e-6 * (1.0 - start))
    return total, chance


def averaged(values, start, alphas, dispersion):
    """Return the next mean averaged over smoothing parameters by likelihood."""
    found = [count_log_likelihood(values, start, alpha, dispersion) for alpha in alphas]
    most = max(total for total, _ in found)
    weights = np.exp([total - most for total, _ in found])
    return float(weights @ [mean for _, mean in found] / weights.sum())


def hurdle_quantile(chance, size, dispersion, level):
    """Return the smallest count whose probability reaches a level, by adding them up."""
    total, count = 1.0 - chance, 0
    while total < level - 1e-12:
        count += 1
        if size > 0:
            total += chance * negative_binomial(size, dispersion).pmf(count - 1)
        else:
            total += chance * (count == 1)
    return count
