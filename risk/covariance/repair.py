"""Correlations that no variables could have, moved to some that they could.

References
----------
Higham (2002), "Computing the nearest correlation matrix: a problem from finance", IMA Journal of
Numerical Analysis 22(3), algorithm 3.3; Rebonato & Jaeckel (1999), "The most general methodology
to create a valid correlation matrix", section 3 (spectral decomposition); Higham (1988),
"Computing a nearest symmetric positive semidefinite matrix" (why eigenvalues are cut at zero).
"""

from dataclasses import dataclass

import numpy as np

from kernels.arrays import Floats
from risk.covariance.errors import CovarianceError

# Eigenvalues of a correlation matrix sum to its size: rounding is this share of it.
_ROUNDING = 1e-13


@dataclass(frozen=True)
class Repaired:
    """A correlation matrix and how far it was moved.

    Parameters
    ----------
    matrix : (n, n) float64, symmetric, semidefinite to rounding, ones on the diagonal
    distance : Frobenius norm of the change; 0 where nothing had to change
    smallest_eigenvalue : before the repair
    iterations : of the projections; 0 where nothing had to change
    """

    matrix: Floats
    distance: float
    smallest_eigenvalue: float
    iterations: int


def spectral_correlation(matrix: Floats) -> Repaired:
    """Cut negative eigenvalues at zero and scale the rows back to ones on the diagonal.

    One decomposition; not the nearest matrix, but close where little is wrong.

    Parameters
    ----------
    matrix : (n, n) float64, symmetric with ones on the diagonal, no NaN

    References
    ----------
    Rebonato & Jaeckel (1999), section 3.
    """
    values, vectors = np.linalg.eigh(matrix)
    if values[0] >= -_ROUNDING * len(matrix):
        return Repaired(matrix, 0.0, float(values[0]), 0)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    root /= np.sqrt((root**2).sum(axis=1, keepdims=True))
    return _repaired(matrix, root @ root.T, float(values[0]), 1)


def nearest_correlation(
    matrix: Floats, tolerance: float = 1e-10, most_iterations: int = 1000
) -> Repaired:
    """Return the nearest correlation matrix in the Frobenius norm.

    Alternating projections onto the semidefinite matrices and those with ones on the diagonal,
    the first with Dykstra's correction. What is left of negative eigenvalues when they have
    converged is cut as in `spectral_correlation`.

    Parameters
    ----------
    matrix : (n, n) float64, symmetric with ones on the diagonal, no NaN
    tolerance : largest relative change of the last iteration, Frobenius norm
    most_iterations : before giving up

    Raises
    ------
    CovarianceError
        Where the projections have not converged.

    References
    ----------
    Higham (2002), algorithm 3.3.
    """
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    if smallest >= -_ROUNDING * len(matrix):
        return Repaired(matrix, 0.0, smallest, 0)
    nearest, correction = matrix, np.zeros_like(matrix)
    for iteration in range(1, most_iterations + 1):
        corrected = nearest - correction
        semidefinite = _semidefinite(corrected)
        correction = semidefinite - corrected
        before, nearest = nearest, semidefinite.copy()
        np.fill_diagonal(nearest, 1.0)
        moved = max(np.linalg.norm(nearest - before), np.linalg.norm(nearest - semidefinite))
        if moved <= tolerance * np.linalg.norm(nearest):
            finished = spectral_correlation(nearest).matrix
            return _repaired(matrix, finished, smallest, iteration)
    raise CovarianceError(
        f"the nearest correlation matrix is not found after {most_iterations} iterations"
    )


def _semidefinite(matrix: Floats) -> Floats:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T)


def _repaired(before: Floats, after: Floats, smallest: float, iterations: int) -> Repaired:
    symmetric = np.asarray(0.5 * (after + after.T))
    np.fill_diagonal(symmetric, 1.0)
    return Repaired(symmetric, float(np.linalg.norm(symmetric - before)), smallest, iterations)
