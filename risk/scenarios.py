"""Common scenarios: historical, Gaussian and Student-t moves of every factor.

References
----------
McNeil, Frey & Embrechts (2015), "Quantitative risk management", ch. 6.2 (normal mixtures) and
9.2 (historical simulation and Monte Carlo).
"""

import numpy as np
from scipy import optimize, special, stats

from kernels.arrays import Floats
from kernels.market_normals import gaussian_moves
from kernels.philox import Stream, uniforms
from risk.errors import MarketError
from risk.market.factors import Factors
from risk.plan import Method, RiskPlan

DEGREES_RANGE = (2.5, 50.0)


def factor_moves(factors: Factors, method: Method, horizon: int, plan: RiskPlan) -> Floats:
    """Return the moves of every factor under each scenario.

    Historical scenarios are the window's own moves over ``horizon`` days, overlapping. Gaussian
    and Student-t ones have mean zero and the window's sample covariance, equally weighted, times
    ``horizon``; the t is one mixing variable for all factors, scaled so that its covariance is
    that too, with the same degrees of freedom at every horizon.

    Parameters
    ----------
    factors : history of the factors
    method : how scenarios are made
    horizon : trading days
    plan : number of scenarios, degrees of freedom and seed

    Returns
    -------
    (n_factors, n_scenarios) float64, log returns of prices and absolute changes of rates. A
    Gaussian factor depends on its own history, the seed and the scenario: not on the others.

    Raises
    ------
    MarketError
        Where the window is shorter than two horizons.
    """
    if method == "historical":
        return _historical(factors.moves, horizon)
    loadings = covariance_loadings(factors.moves) * np.sqrt(horizon)
    moves = gaussian_moves(loadings, plan.seed, plan.scenarios)
    if method == "student_t":
        degrees = plan.degrees_of_freedom or estimate_degrees(factors.moves)
        moves *= _mixing(degrees, plan.scenarios, plan.seed)
    return moves


def _historical(moves: Floats, horizon: int) -> Floats:
    n_returns = len(moves)
    if n_returns < 2 * horizon:
        raise MarketError(
            f"historical scenarios over {horizon} days need {2 * horizon} returns; "
            f"the window has {n_returns}"
        )
    n_windows = n_returns - horizon + 1
    sums = np.zeros((n_windows, moves.shape[1]))
    for day in range(horizon):
        sums += moves[day : day + n_windows]
    return np.ascontiguousarray(sums.T)


def covariance_loadings(moves: Floats) -> Floats:
    """Return a matrix whose product with its transpose is the sample covariance of ``moves``.

    It is the window itself, centred: a scenario is a random mixture of the window's days. So a
    singular covariance, as of a window shorter than the number of factors, needs no repair, and
    no factor's loadings depend on another's.

    Parameters
    ----------
    moves : (n_returns, n_factors) float64

    Returns
    -------
    (n_factors, n_returns) float64
    """
    own = np.ascontiguousarray(moves.T)
    return np.asarray((own - own.mean(axis=1, keepdims=True)) / np.sqrt(len(moves) - 1))


def estimate_degrees(moves: Floats) -> float:
    """Return the degrees of freedom that fit the factors' standardised moves best.

    Parameters
    ----------
    moves : (n_returns, n_factors) float64

    Returns
    -------
    Maximum likelihood over all factors pooled, each with its own mean and deviation, within
    2.5 to 50; a constant factor says nothing and is left out.
    """
    deviations = moves.std(axis=0, ddof=1)
    moving = deviations > 1e-12
    scaled = ((moves - moves.mean(axis=0))[:, moving] / deviations[moving]).ravel()

    def negative_likelihood(degrees: float) -> float:
        scale = np.sqrt((degrees - 2.0) / degrees)
        return -float(stats.t.logpdf(scaled / scale, degrees).mean() - np.log(scale))

    found = optimize.minimize_scalar(
        negative_likelihood, bounds=DEGREES_RANGE, method="bounded", options={"xatol": 1e-3}
    )
    return float(found.x)


def _mixing(degrees: float, n_scenarios: int, seed: int) -> Floats:
    """Return the factor that makes each scenario's normals a t of unit variance."""
    draws = uniforms(seed, Stream.MARKET_TAILS, np.zeros(1, np.uint64), n_scenarios, 1)[0, :, 0]
    chi_square = 2.0 * special.gammaincinv(degrees / 2.0, draws)
    return np.asarray(np.sqrt((degrees - 2.0) / chi_square))
