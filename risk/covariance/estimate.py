"""The covariance that a plan asks for."""

from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from kernels.arrays import Floats
from risk.covariance.covariance import Covariance, require_moves
from risk.covariance.errors import CovarianceError
from risk.covariance.ragged import likelihood_covariance, pairwise_covariance
from risk.covariance.sample import centred, exponential_covariance, moving, sample_covariance
from risk.covariance.shrinkage import ledoit_wolf, oracle_approximating
from risk.covariance.statistical_factors import statistical_factors

CovarianceMethod = Literal[
    "sample", "ewma", "ledoit_wolf", "oas", "factor_model", "pairwise", "likelihood"
]
COVARIANCE_METHODS: tuple[CovarianceMethod, ...] = get_args(CovarianceMethod)
# Whose moves may be missing: each history counts for as long as it is.
RAGGED_METHODS: tuple[CovarianceMethod, ...] = ("pairwise", "likelihood")


def estimate_covariance(
    moves: Floats, method: CovarianceMethod = "sample", decay: float = 0.94
) -> Covariance:
    """Return the covariance of the moves.

    Shrinkage acts on the correlations: log returns and rates have different units, and a target
    of one variance for all would make the small ones large. The variances stay the sample's.

    Parameters
    ----------
    moves : (n_returns, n_factors) float64, oldest first, no NaN but for a missing value under
        "pairwise" and "likelihood"
    method : how it is estimated
    decay : weight of a day relative to the next one's, for "ewma" alone

    Returns
    -------
    Covariance of one day, squared units of the moves, over n_returns - 1 and about the mean; that
    of "ewma" about zero, by weights that add up to one, and of "likelihood" over n_returns.

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
    if method == "pairwise":
        return pairwise_covariance(moves)
    if method == "likelihood":
        return _likeliest(moves)
    if method not in COVARIANCE_METHODS:
        raise CovarianceError(
            f"method must be one of {', '.join(COVARIANCE_METHODS)}; got {method!r}"
        )
    require_moves(moves)
    return _shrunk_correlations(moves, method)


def _likeliest(moves: Floats) -> Covariance:
    """Return the likelihood's covariance; a factor that stays at one value has none."""
    shown = np.nanmax(moves, axis=0) > np.nanmin(moves, axis=0)
    if shown.all() or not shown.any():
        return likelihood_covariance(moves)
    found = likelihood_covariance(np.ascontiguousarray(moves[:, shown]))
    loadings = np.zeros((len(shown), found.loadings.shape[1]))
    loadings[shown] = found.loadings
    return replace(found, loadings=loadings, specific=np.zeros(len(shown)))


def _shrunk_correlations(moves: Floats, method: CovarianceMethod) -> Covariance:
    shown = moving(moves)
    if not shown.any():
        return sample_covariance(moves)
    own = centred(moves)[shown]
    # Over n here and n - 1 below: standardised moves have unit variance over n.
    scale = np.sqrt((own**2).mean(axis=1))
    shrink = ledoit_wolf if method == "ledoit_wolf" else oracle_approximating
    shrunk = shrink((own / scale[:, None]).T)
    deviations = scale * np.sqrt(len(moves) / (len(moves) - 1))
    loadings, specific = np.zeros((len(shown), len(moves))), np.zeros(len(shown))
    loadings[shown] = deviations[:, None] * shrunk.loadings
    specific[shown] = deviations * shrunk.specific
    return replace(shrunk, loadings=loadings, specific=specific)
