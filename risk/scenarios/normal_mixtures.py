"""Gaussian and Student-t scenarios.

References
----------
McNeil, Frey & Embrechts (2015), "Quantitative risk management", ch. 6.2 (normal mixtures) and
9.2 (Monte Carlo).
"""

import hashlib

import numpy as np
from scipy import optimize, special, stats

from kernels.arrays import Floats, Words
from kernels.market_normals import add_specific_normals
from kernels.on_device import gaussian_moves_on
from kernels.philox import Stream, uniforms
from risk.covariance import Covariance, sample_covariance
from risk.market.factors import Factors
from risk.plan import DEGREES_RANGE, RiskPlan
from risk.scenarios.factor_covariance import factor_covariance


def gaussian_scenarios(factors: Factors, horizon: int, plan: RiskPlan) -> Floats:
    """Return Gaussian moves, mean zero, of the plan's covariance times ``horizon``.

    With the sample covariance, a factor depends on its own history, the seed and the scenario:
    not on the others.

    Parameters
    ----------
    factors, horizon, plan : as of `risk.scenarios.factor_moves`

    Returns
    -------
    (n_factors, n_scenarios) float64

    References
    ----------
    McNeil, Frey & Embrechts (2015), section 9.2.
    """
    covariance = factor_covariance(factors, plan)
    return draw_moves(
        covariance, np.sqrt(horizon), factor_identities(factors), plan, Stream.MARKET_NORMALS
    )


def student_t_scenarios(factors: Factors, horizon: int, plan: RiskPlan) -> Floats:
    """Return the Gaussian moves times one mixing variable for all factors, of unit variance.

    Parameters
    ----------
    factors, horizon, plan : as of `risk.scenarios.factor_moves`

    References
    ----------
    McNeil, Frey & Embrechts (2015), section 6.2.
    """
    moves = gaussian_scenarios(factors, horizon, plan)
    degrees = plan.degrees_of_freedom or estimate_degrees(factors.moves)
    draws = tail_draws(plan, Stream.MARKET_TAILS)
    moves *= mixing(degrees, draws)
    return moves


def draw_moves(
    covariance: Covariance, scale: float, entities: Words, plan: RiskPlan, stream: Stream
) -> Floats:
    """Return Gaussian moves of a covariance, (n_factors, n_scenarios).

    Parameters
    ----------
    covariance : of one day
    scale : times which the moves are taken
    entities : (n_factors,) uint64, stable identities of the factors
    plan : number of scenarios, seed, and where common normals are drawn and mixed
    stream : what the common normals are for
    """
    draw = gaussian_moves_on(plan.device)
    moves = draw(covariance.loadings * scale, plan.seed, plan.scenarios, stream)
    specific = covariance.specific * scale
    add_specific_normals(plan.seed, int(Stream.SPECIFIC_NORMALS), entities, specific, moves)
    return moves


def factor_identities(factors: Factors) -> Words:
    """Return a word for each of the ``factors`` that depends on its name alone, (n_factors,)."""
    names = [f"price {name}" for name in factors.prices]
    names += [f"rate {curve} {tenor!r}" for curve, tenor in factors.points]
    digests = [hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names]
    return np.array([int.from_bytes(digest, "little") for digest in digests], np.uint64)


def covariance_loadings(moves: Floats) -> Floats:
    """Return a matrix whose product with its transpose is the sample covariance of ``moves``.

    Parameters
    ----------
    moves : (n_returns, n_factors) float64, no NaN

    Returns
    -------
    (n_factors, n_returns) float64
    """
    return sample_covariance(moves).loadings


def estimate_degrees(moves: Floats) -> float:
    """Return the degrees of freedom that fit the factors' standardised moves best.

    Parameters
    ----------
    moves : (n_returns, n_factors) float64, no NaN

    Returns
    -------
    Maximum likelihood over all factors pooled, each with its own mean and deviation (over
    n_returns - 1), within 2.5 to 50; a constant factor says nothing and is left out.

    References
    ----------
    McNeil, Frey & Embrechts (2015), section 6.2.
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


def tail_draws(plan: RiskPlan, stream: Stream) -> Floats:
    """Return each scenario's uniform for its mixing variable, (n_scenarios,).

    Parameters
    ----------
    plan : number of scenarios and seed
    stream : what the uniforms are for
    """
    return uniforms(plan.seed, stream, np.zeros(1, np.uint64), plan.scenarios, 1)[0, :, 0]


def mixing(degrees: float, draws: Floats) -> Floats:
    """Return the factor that makes normals a t of unit variance, from uniforms.

    Parameters
    ----------
    degrees : of the t, above 2
    draws : (n_scenarios,) float64 in (0, 1), no NaN
    """
    chi_square = 2.0 * special.gammaincinv(degrees / 2.0, draws)
    return np.asarray(np.sqrt((degrees - 2.0) / chi_square))
