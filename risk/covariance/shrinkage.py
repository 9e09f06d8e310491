"""Sample covariances drawn towards a multiple of the identity by a share that the data choose.

References
----------
Ledoit & Wolf (2004), "A well-conditioned estimator for large-dimensional covariance matrices",
Journal of Multivariate Analysis 88(2), section 3.3; Chen, Wiesel, Eldar & Hero (2010),
"Shrinkage algorithms for MMSE covariance estimation", IEEE Transactions on Signal Processing
58(10), eq. 23.
"""

import numpy as np

from kernels.arrays import Floats
from kernels.cross_products import cross_products
from risk.covariance.covariance import Covariance, require_moves
from risk.covariance.sample import centred


def ledoit_wolf(moves: Floats) -> Covariance:
    """Return the sample covariance (over ``n_returns``) shrunk by Ledoit and Wolf's share.

    The target is the identity times the mean variance, so the factors ought to have one unit:
    `estimate_covariance` scales them.

    Parameters
    ----------
    moves : (n_returns, n_factors) float64, at least two returns, no NaN

    References
    ----------
    Ledoit & Wolf (2004), section 3.3.
    """
    require_moves(moves)
    own = centred(moves)
    n_factors, n_returns = own.shape
    squared, mean_variance = _moments(own)
    dispersion = squared / n_factors - mean_variance**2
    lengths = (own**2).sum(axis=0)
    noise = ((lengths**2).sum() / n_returns - squared) / (n_returns * n_factors)
    shrinkage = min(noise / dispersion, 1.0) if dispersion > 0.0 and noise > 0.0 else 0.0
    return _shrunk(own, shrinkage, mean_variance)


def oracle_approximating(moves: Floats) -> Covariance:
    """Return the sample covariance (over ``n_returns``) shrunk by the OAS share.

    As in scikit-learn, the terms 2 / n_factors of eq. 23 are left out. The share is the best for
    Gaussian moves; the target is that of `ledoit_wolf`.

    Parameters
    ----------
    moves : (n_returns, n_factors) float64, at least two returns, no NaN

    References
    ----------
    Chen, Wiesel, Eldar & Hero (2010), eq. 23.
    """
    require_moves(moves)
    own = centred(moves)
    n_factors, n_returns = own.shape
    squared, mean_variance = _moments(own)
    mean_square = squared / n_factors**2
    left = (n_returns + 1.0) * (mean_square - mean_variance**2 / n_factors)
    shrinkage = min((mean_square + mean_variance**2) / left, 1.0) if left > 0.0 else 1.0
    return _shrunk(own, shrinkage, mean_variance)


def _moments(own: Floats) -> tuple[float, float]:
    """Return the squared Frobenius norm of the covariance, and its mean variance."""
    n_factors, n_returns = own.shape
    # The products of days and those of factors have one norm; the smaller set is formed.
    products = cross_products(own if n_factors <= n_returns else np.ascontiguousarray(own.T))
    return float((products**2).sum()) / n_returns**2, float((own**2).sum()) / own.size


def _shrunk(own: Floats, shrinkage: float, mean_variance: float) -> Covariance:
    loadings = own * np.sqrt((1.0 - shrinkage) / own.shape[1])
    specific = np.full(len(own), np.sqrt(shrinkage * mean_variance))
    return Covariance(loadings, specific, shrinkage=float(shrinkage))
