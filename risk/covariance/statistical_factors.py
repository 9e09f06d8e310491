"""A factor model without named factors: leading principal components, and what is left as own.

References
----------
Connor & Korajczyk (1986), "Performance measurement with the arbitrage pricing theory", Journal of
Financial Economics 15(3) (components of the days where these are fewer); Bai & Ng (2002),
"Determining the number of factors in approximate factor models", Econometrica 70(1), IC_p2;
Stock & Watson (2002), "Macroeconomic forecasting using diffusion indexes", Journal of Business &
Economic Statistics 20(2), appendix A (missing values).
"""

import numpy as np

from kernels.arrays import Flags, Floats
from kernels.cross_products import cross_products
from kernels.market_normals import mixed_moves
from kernels.principal_directions import principal_directions
from risk.covariance.covariance import Covariance, require_moves
from risk.covariance.errors import CovarianceError

MOST_FACTORS = 20
_CONVERGED = 1e-8
_MOST_ITERATIONS = 5000


def statistical_factors(moves: Floats, n_components: int | None = None) -> Covariance:
    """Return the covariance of a factor model by principal components of standardised moves.

    A value that is missing is filled in with its common part until that no longer changes; a
    variance is that of the values present, so no date is lost to anybody.

    Parameters
    ----------
    moves : (n_returns, n_factors) float64; NaN is a missing value
    n_components : common factors, 1 to the number of returns less one; None lets
        `number_of_factors` choose

    Returns
    -------
    Covariance with a column of loadings for each component; the variances are the sample's, over
    the number of returns less one.

    Raises
    ------
    CovarianceError
        Where a factor has fewer than two values, one is infinite, or the filling in does not
        converge.

    References
    ----------
    Connor & Korajczyk (1986); Stock & Watson (2002), appendix A.
    """
    missing = np.isnan(moves)
    present = (~missing).sum(axis=0)
    if len(moves) < 2 or present.min() < 2:
        raise CovarianceError("every factor needs two returns at least")
    require_moves(np.where(missing, 0.0, moves))
    means = np.nanmean(moves, axis=0)
    shown = np.nanmax(moves, axis=0) > np.nanmin(moves, axis=0)
    deviations = np.where(shown, np.nanstd(moves, axis=0, ddof=1), 0.0)
    scaled = np.where(missing | ~shown, 0.0, moves - means) / np.where(shown, deviations, 1.0)
    own = np.ascontiguousarray(scaled.T)
    if n_components is None:
        n_components = number_of_factors(own)
    most = min(len(moves) - 1, moves.shape[1])
    if not 1 <= n_components <= most:
        raise CovarianceError(f"n_components must be 1 to {most}; got {n_components}")
    directions = _filled_directions(own, missing.T, n_components)
    return _model(own, directions, deviations)


def number_of_factors(own: Floats) -> int:
    """Return how many common factors Bai and Ng's criterion IC_p2 prefers, up to `MOST_FACTORS`.

    Parameters
    ----------
    own : (n_factors, n_returns) float64, standardised moves, missing values zero, no NaN

    References
    ----------
    Bai & Ng (2002), IC_p2.
    """
    n_factors, n_returns = own.shape
    most = max(1, min(MOST_FACTORS, n_factors - 1, n_returns - 1))
    shares = np.linalg.eigvalsh(_products(own))[::-1][:most] / own.size
    left = (own**2).sum() / own.size - np.cumsum(shares)
    penalty = (n_factors + n_returns) / own.size * np.log(min(n_factors, n_returns))
    criterion = np.log(np.maximum(left, 1e-300)) + np.arange(1, most + 1) * penalty
    return 1 + int(np.argmin(criterion))


def _products(own: Floats) -> Floats:
    """Return the smaller of the products of factors and of days; their eigenvalues are alike."""
    few = own if len(own) <= own.shape[1] else np.ascontiguousarray(own.T)
    return cross_products(few)


def _filled_directions(own: Floats, missing: Flags, n_components: int) -> Floats:
    """Fill ``own`` in where it is missing; return the components' days, (n_returns, n)."""
    directions = _directions(own, n_components)
    if not missing.any():
        return directions
    for _ in range(_MOST_ITERATIONS):
        filled = ((own @ directions) @ directions.T)[missing]
        change = float(np.abs(filled - own[missing]).max())
        own[missing] = filled
        if change < _CONVERGED:
            return _directions(own, n_components)
        # One step of orthogonal iteration follows the slow change of the values filled in.
        directions = np.linalg.qr(own.T @ (own @ directions))[0]
    raise CovarianceError(
        f"missing values are not settled after {_MOST_ITERATIONS} rounds; "
        f"the last one moved them by {change} deviations"
    )


def _directions(own: Floats, n_components: int) -> Floats:
    """Return orthonormal weights of the days whose sums are the leading components."""
    return np.ascontiguousarray(principal_directions(own, n_components).T)


def _model(own: Floats, directions: Floats, deviations: Floats) -> Covariance:
    common = mixed_moves(own, directions) / np.sqrt(own.shape[1] - 1)
    shared = (common**2).sum(axis=1)
    # What was filled in adds common variance alone; the whole stays that of the values present.
    common /= np.sqrt(np.maximum(shared, 1.0))[:, None]
    specific = np.sqrt(np.maximum(1.0 - (common**2).sum(axis=1), 0.0))
    return Covariance(np.ascontiguousarray(deviations[:, None] * common), deviations * specific)
