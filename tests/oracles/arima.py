"""Seasonal ARMA models as the textbook writes them: dense polynomials and dense covariances."""

import numpy as np
from scipy.linalg import toeplitz

# Weights of a model whose roots are not near the circle are nothing after so many periods.
LONG = 3_000


def polynomials(coefficients, m):
    """Return the polynomials of autoregression and moving average, constant first."""
    ar1, ar2, season_ar, ma1, ma2, season_ma = coefficients[:6]
    season = np.zeros((2, m + 1))
    season[:, 0] = 1.0
    season[0, m], season[1, m] = -season_ar, season_ma
    if m == 1:
        season = np.array([[1.0], [1.0]])
    ar = np.convolve([1.0, -ar1, -ar2], season[0])
    return ar, np.convolve([1.0, ma1, ma2], season[1])


def errors_from_rest(values, coefficients, m, skipped=0):
    """Return the errors of a series that starts from rest; ``skipped`` of them are zero."""
    ar, ma = polynomials(coefficients, m)
    centred = values - coefficients[6]
    errors = np.zeros(len(values))
    for t in range(skipped, len(values)):
        error = sum(ar[j] * centred[t - j] for j in range(min(t + 1, len(ar))))
        errors[t] = error - sum(ma[j] * errors[t - j] for j in range(1, min(t + 1, len(ma))))
    return errors


def covariance(coefficients, m, n):
    """Return the covariance of n values, innovations of variance one, by the psi weights."""
    ar, ma = polynomials(coefficients, m)
    psi = np.zeros(LONG)
    for j in range(LONG):
        psi[j] = ma[j] if j < len(ma) else 0.0
        psi[j] -= sum(ar[i] * psi[j - i] for i in range(1, min(j + 1, len(ar))))
    return toeplitz([psi[: LONG - lag] @ psi[lag:] for lag in range(n)])


def squares_and_determinant(values, coefficients, m):
    """Return the generalised sum of squares, and the logarithm of the determinant."""
    dense = covariance(coefficients, m, len(values))
    centred = values - coefficients[6]
    return centred @ np.linalg.solve(dense, centred), np.linalg.slogdet(dense)[1]


def expected_ahead(values, coefficients, m, horizon):
    """Return the conditional expectation of what comes next."""
    n = len(values)
    dense = covariance(coefficients, m, n + horizon)
    weights = np.linalg.solve(dense[:n, :n], values - coefficients[6])
    return dense[n:, :n] @ weights + coefficients[6]


def difference(values, times, season_times, m):
    """Return a series as differenced."""
    for _ in range(season_times):
        values = values[m:] - values[:-m]
    return np.diff(values, times)
