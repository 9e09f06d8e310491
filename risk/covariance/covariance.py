"""A covariance as what makes it: loadings on common normals, and deviations of own ones."""

from dataclasses import dataclass

import numpy as np

from kernels.arrays import Floats
from kernels.cross_products import cross_products
from risk.covariance.errors import CovarianceError
from risk.covariance.repair import Repaired, spectral_correlation


@dataclass(frozen=True)
class Covariance:
    """Covariance ``loadings @ loadings.T + diag(specific**2)``; never other than semidefinite.

    Parameters
    ----------
    loadings : (n_factors, n_rows) float64, weight of each common normal, units of the moves
    specific : (n_factors,) float64, deviation of each factor's own normal, units of the moves
    shrinkage : share of the target, fraction; 0 where nothing was shrunk
    repair_distance : Frobenius norm by which the correlations were moved to be semidefinite
    """

    loadings: Floats
    specific: Floats
    shrinkage: float = 0.0
    repair_distance: float = 0.0

    @property
    def matrix(self) -> Floats:
        """The covariance itself, (n_factors, n_factors)."""
        return cross_products(self.loadings) + np.diag(self.specific**2)


def rooted(matrix: Floats, repaired: Repaired | None = None) -> Covariance:
    """Return a covariance given as a matrix, its correlations repaired where they must be.

    Parameters
    ----------
    matrix : (n_factors, n_factors) float64, symmetric, no NaN; variances may be zero
    repaired : its correlations, repaired already; None repairs them spectrally

    Returns
    -------
    Covariance with the variances of ``matrix``, and the distance of the repair.

    Raises
    ------
    CovarianceError
        Where the matrix is not square, finite and symmetric, or a variance is negative.
    """
    _require_covariance(matrix)
    deviations = np.sqrt(np.diag(matrix))
    if repaired is None:
        repaired = spectral_correlation(correlations(matrix))
    values, vectors = np.linalg.eigh(repaired.matrix)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    # Rounding leaves rows a little off unit length; a variance must be what it was said to be.
    root /= np.sqrt((root**2).sum(axis=1, keepdims=True))
    loadings = np.ascontiguousarray(deviations[:, None] * root)
    return Covariance(loadings, np.zeros(len(matrix)), repair_distance=repaired.distance)


def correlations(matrix: Floats) -> Floats:
    """Return the correlations of a covariance; a factor without variance correlates with none.

    Parameters
    ----------
    matrix : (n_factors, n_factors) float64, symmetric, no NaN
    """
    deviations = np.sqrt(np.diag(matrix))
    scale = np.where(deviations > 0.0, deviations, 1.0)
    found = np.asarray(matrix / np.outer(scale, scale))
    np.fill_diagonal(found, 1.0)
    return found


def require_moves(moves: Floats, fewest: int = 2) -> None:
    """Refuse ``moves`` that are not a finite (n_returns, n_factors) with ``fewest`` returns.

    Raises
    ------
    CovarianceError
        Naming the first value that is NaN or infinite, or the number of returns.
    """
    if moves.ndim != 2 or moves.shape[1] == 0:
        raise CovarianceError(f"moves must be (n_returns, n_factors); got shape {moves.shape}")
    if len(moves) < fewest:
        raise CovarianceError(f"moves must have {fewest} returns at least; got {len(moves)}")
    wrong = np.argwhere(~np.isfinite(moves))
    if len(wrong):
        row, column = wrong[0]
        raise CovarianceError(
            f"moves must be finite; return {row} of factor {column} is {moves[row, column]}"
        )


def _require_covariance(matrix: Floats) -> None:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) == 0:
        raise CovarianceError(f"a covariance must be square; got shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise CovarianceError("a covariance must be finite; it holds NaN or infinity")
    gap = float(np.abs(matrix - matrix.T).max())
    if gap > 1e-10 * float(np.abs(matrix).max()):
        raise CovarianceError(f"a covariance must be symmetric; two halves differ by {gap}")
    smallest = float(np.diag(matrix).min())
    if smallest < 0.0:
        raise CovarianceError(f"a variance must not be negative; got {smallest}")
