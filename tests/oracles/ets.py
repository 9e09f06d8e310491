"""Exponential smoothing as the textbook writes it: every state of every period is kept."""

import numpy as np


def errors_of(y, relative, trend, season, m, alpha, beta, gamma, phi, level, slope, seasons):
    """Return one-step errors and means; ``seasons`` are those of the periods 0 to m - 1."""
    n = len(y)
    levels, slopes = np.empty(n + 1), np.empty(n + 1)
    factors = np.empty(n + m)
    levels[0], slopes[0], factors[:m] = level, slope, seasons
    phi = phi if trend == 2 else float(trend > 0)
    means = np.empty(n)
    for t in range(n):
        base = levels[t] + phi * slopes[t]
        means[t] = {0: base, 1: base + factors[t], 2: base * factors[t]}[season]
        error = y[t] - means[t]
        local = error / factors[t] if season == 2 else error
        levels[t + 1] = base + alpha * local
        slopes[t + 1] = phi * slopes[t] + beta * local
        factors[t + m] = factors[t] + gamma * (error / base if season == 2 else error)
    errors = (y - means) / means if relative else y - means
    return errors, means


def twice_negative_log_likelihood(errors, means, relative):
    """Return it without the constant that all models of a series share."""
    value = len(errors) * np.log(np.sum(errors**2))
    return value + (2.0 * np.log(np.abs(means)).sum() if relative else 0.0)


def unpack(theta, trend, season, m):
    """Return the arguments of `errors_of` that a parameter vector stands for."""
    theta = list(theta)
    alpha = theta.pop(0)
    beta = theta.pop(0) if trend else 0.0
    gamma = theta.pop(0) if season else 0.0
    phi = theta.pop(0) if trend == 2 else 1.0
    level = theta.pop(0)
    slope = theta.pop(0) if trend else 0.0
    rest = np.array(theta)
    total = m if season == 2 else 0.0
    seasons = np.concatenate([[total - rest.sum()], rest]) if season else np.zeros(m)
    return alpha, beta, gamma, phi, level, slope, seasons
