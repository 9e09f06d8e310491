"""The covariance that scenarios are drawn by, and what it took to be one.

References
----------
Little & Rubin (2002), "Statistical analysis with missing data", sections 3.4 and 11.2 (histories
that differ in length); Higham (2002), "Computing the nearest correlation matrix: a problem from
finance", IMA Journal of Numerical Analysis 22(3) (the distance of a repair).
"""

from functools import lru_cache

from kernels.arrays import Floats
from risk.covariance import RAGGED_METHODS, Covariance, CovarianceMethod, estimate_covariance
from risk.market.factors import Factors
from risk.plan import FEWEST_RETURNS, Method, RiskPlan
from risk.scenarios.copula_degrees import estimate_copula_degrees
from risk.scenarios.rank_scores import rank_scores

_OF_MOVES = ("gaussian", "student_t", "quasi_gaussian", "quasi_student_t")
_OF_SCORES = ("gaussian_copula", "t_copula")


def factor_covariance(factors: Factors, plan: RiskPlan) -> Covariance:
    """Return the plan's covariance of one day's moves.

    "pairwise" and "likelihood" come from the moves that happened, the others from all, those
    that are filled in too. Under "likelihood" a factor keeps what is filled in where it has no more
    returns than there are factors.

    Parameters
    ----------
    factors : history of the factors
    plan : how it is estimated

    Raises
    ------
    CovarianceError
        Where the moves do not allow it.

    References
    ----------
    Little & Rubin (2002), sections 3.4 and 11.2.
    """
    return _of_moves(factors, plan.covariance, plan.ewma_decay)


def copula_covariance(
    factors: Factors, plan: RiskPlan, *, student_t: bool
) -> tuple[Covariance, float | None]:
    """Return the plan's covariance of the scores of ranks, and the copula's degrees of freedom.

    Parameters
    ----------
    factors, plan : as of `factor_covariance`
    student_t : whether the copula is a t's; a Gaussian one has no degrees

    Raises
    ------
    CovarianceError
        Where the moves do not allow it.

    References
    ----------
    As of `risk.scenarios.copulas`.
    """
    if not student_t:
        return _of_scores(factors, plan.covariance, plan.ewma_decay, None), None
    degrees = plan.degrees_of_freedom or _copula_degrees(factors)
    return _of_scores(factors, plan.covariance, plan.ewma_decay, degrees), degrees


def repair_distance(factors: Factors, method: Method, plan: RiskPlan) -> float:
    """Return how far the correlations of a method's scenarios were moved to be semidefinite.

    Parameters
    ----------
    factors, plan : as of `factor_covariance`
    method : how scenarios are made

    Returns
    -------
    Frobenius norm, 0 where nothing had to be moved; NaN where the method has no covariance.

    References
    ----------
    Higham (2002).
    """
    if method in _OF_MOVES:
        return factor_covariance(factors, plan).repair_distance
    if method in _OF_SCORES:
        found, _ = copula_covariance(factors, plan, student_t=method == "t_copula")
        return found.repair_distance
    return float("nan")


def _history(factors: Factors, method: CovarianceMethod) -> Floats:
    if method not in RAGGED_METHODS:
        return factors.moves
    n_returns, n_factors = factors.moves.shape
    # Others would tell a history as short as they are many to the last digit.
    needed = n_factors + 2
    if method == "likelihood" and FEWEST_RETURNS < needed <= n_returns:
        return factors.moves_seen(needed)
    return factors.seen_moves


# A night asks for the same covariance for scenarios, their controls and their record.
@lru_cache(maxsize=4)
def _of_moves(factors: Factors, method: CovarianceMethod, decay: float) -> Covariance:
    return estimate_covariance(_history(factors, method), method, decay)


@lru_cache(maxsize=4)
def _of_scores(
    factors: Factors, method: CovarianceMethod, decay: float, degrees: float | None
) -> Covariance:
    return estimate_covariance(rank_scores(_history(factors, method), degrees), method, decay)


@lru_cache(maxsize=4)
def _copula_degrees(factors: Factors) -> float:
    return estimate_copula_degrees(factors.moves)
