"""Covariances that are the window itself, its days weighted.

The root of each is the window: a scenario is a random mixture of its days. So a singular
covariance, as of a window shorter than the number of factors, needs no repair, and no factor's
loadings depend on another's.

References
----------
RiskMetrics (1996), "Technical document", section 5.2 (exponential weights about zero).
"""

import numpy as np

from kernels.arrays import Flags, Floats
from risk.covariance.covariance import Covariance, require_moves
from risk.covariance.errors import CovarianceError


def sample_covariance(moves: Floats) -> Covariance:
    """Return the sample covariance: equal weights, about the mean, over ``n_returns - 1``.

    Parameters
    ----------
    moves : (n_returns, n_factors) float64, at least two returns, no NaN

    Raises
    ------
    CovarianceError
        Where the moves are not so.
    """
    require_moves(moves)
    return Covariance(centred(moves) / np.sqrt(len(moves) - 1), np.zeros(moves.shape[1]))


def exponential_covariance(moves: Floats, decay: float) -> Covariance:
    """Return the covariance about zero, each day weighing ``decay`` times the next one.

    Parameters
    ----------
    moves : (n_returns, n_factors) float64, oldest first, no NaN
    decay : in (0, 1), per day; the weights sum to one

    Raises
    ------
    CovarianceError
        Where the decay is out of range, or a move is not finite.

    References
    ----------
    RiskMetrics (1996), section 5.2.
    """
    require_moves(moves, fewest=1)
    if not 0.0 < decay < 1.0:
        raise CovarianceError(f"decay must be in (0, 1); got {decay}")
    weights = decay ** np.arange(len(moves))[::-1]
    own = np.ascontiguousarray(moves.T)
    return Covariance(own * np.sqrt(weights / weights.sum()), np.zeros(moves.shape[1]))


def centred(moves: Floats) -> Floats:
    """Return each factor's moves about their mean, (n_factors, n_returns); no NaN."""
    own = np.ascontiguousarray(moves.T)
    return np.asarray(own - own.mean(axis=1, keepdims=True))


def moving(moves: Floats) -> Flags:
    """Return which columns of ``moves`` do not stay at one value, (n_factors,); no NaN.

    A deviation would not say: that of equal moves is a rounding of their mean.
    """
    return np.asarray(moves.max(axis=0) > moves.min(axis=0))
