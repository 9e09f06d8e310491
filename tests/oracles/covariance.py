"""Covariances as their papers write them: one sum at a time."""

import numpy as np


def ledoit_wolf_share(moves):
    """Return the shrinkage share of Ledoit and Wolf (2004), section 3.3: b**2 / d**2."""
    x = moves - moves.mean(axis=0)
    n, p = x.shape
    sample = sum(np.outer(row, row) for row in x) / n
    mean_variance = np.trace(sample) / p
    d_squared = np.sum((sample - mean_variance * np.eye(p)) ** 2) / p
    b_bar = sum(np.sum((np.outer(row, row) - sample) ** 2) for row in x) / n**2 / p
    return min(b_bar, d_squared) / d_squared


def stambaugh(long, short):
    """Return the mean and covariance of greatest likelihood where some histories start late.

    Stambaugh (1997), eqs. 5-8: `long` (n, k) is complete, `short` (s, m) its last s rows' others.
    """
    n, s = len(long), len(short)
    mean_long = long.mean(axis=0)
    cov_long = (long - mean_long).T @ (long - mean_long) / n
    recent = np.column_stack([np.ones(s), long[-s:]])
    coefficients = np.linalg.lstsq(recent, short, rcond=None)[0]
    residuals = short - recent @ coefficients
    slopes = coefficients[1:]
    mean_short = coefficients[0] + mean_long @ slopes
    cross = cov_long @ slopes
    cov_short = residuals.T @ residuals / s + slopes.T @ cov_long @ slopes
    mean = np.concatenate([mean_long, mean_short])
    return mean, np.block([[cov_long, cross], [cross.T, cov_short]])


def semidefinite(matrix):
    """Return whether a symmetric matrix has no eigenvalue below rounding."""
    return np.linalg.eigvalsh(matrix)[0] >= -1e-12 * len(matrix)
