"""The covariance that a plan asks for."""

from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from kernels.arrays import Floats
from risk.covariance.covariance import Covariance, CovarianceError, require_moves
from risk.covariance.sample import exponential_covariance, sample_covariance
from risk.covariance.shrinkage import ledoit_wolf, oracle_approximating
from risk.covariance.statistical_factors import statistical_factors

CovarianceMethod = Literal["sample", "ewma", "ledoit_wolf", "oas", "factor_model"]
COVARIANCE_METHODS: tuple[CovarianceMethod, ...] = get_args(CovarianceMethod)


def estimate_covariance(
    moves: Floats, method: CovarianceMethod = "sample", decay: float = 0.94
) -> Covariance:
    """Return the covariance of the moves.

    Shrinkage acts on the correlations: log returns and rates have different units, and a target
    of one variance for all would make the small ones large. The variances stay the sample's.

    Parameters
    ----------
    moves : (n_returns, n_factors) float64, oldest first, no NaN
    method : how it is estimated
    decay : weight of a day relative to the next one's, for "ewma" alone

    Raises
    ------
    CovarianceError
        Where the method is unknown, or the moves do not allow it.
    """
    if method == "sample":
        return sample_covariance(moves)
    if method == "ewma":
        return exponential_covariance(moves, decay)
    if method == "factor_model":
        return statistical_factors(moves)
    if method not in COVARIANCE_METHODS:
        raise CovarianceError(
            f"method must be one of {', '.join(COVARIANCE_METHODS)}; got {method!r}"
        )
    require_moves(moves)
    deviations = moves.std(axis=0, ddof=1)
    moving = deviations > 0.0
    # Over n here and n - 1 outside: standardised moves have unit variance over n.
    scale = np.where(moving, moves.std(axis=0), 1.0)
    shrink = ledoit_wolf if method == "ledoit_wolf" else oracle_approximating
    shrunk = shrink((moves - moves.mean(axis=0))[:, moving] / scale[moving])
    loadings, specific = np.zeros((len(deviations), len(moves))), np.zeros(len(deviations))
    loadings[moving] = deviations[moving, None] * shrunk.loadings
    specific[moving] = deviations[moving] * shrunk.specific
    return replace(shrunk, loadings=loadings, specific=specific)
