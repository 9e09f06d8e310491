"""Quasi-random scenarios: points that fill space evenly, scrambled so that their error is known.

The first coordinates, which are the most even, go to the directions in which the market moves
most; the directions beyond take ordinary normals.

References
----------
Owen (1997), "Scrambled net variance for integrals of smooth functions", Annals of Statistics
25(4); L'Ecuyer & Lemieux (2002), "Recent advances in randomized quasi-Monte Carlo methods",
section 1 (errors from independent randomisations); Acworth, Broadie & Glasserman (1998), "A
comparison of some Monte Carlo and quasi Monte Carlo techniques for option pricing" (principal
components).
"""

from dataclasses import replace

import numpy as np

from kernels.arrays import Floats
from kernels.market_normals import mixed_moves
from kernels.philox import Stream
from kernels.principal_directions import principal_directions
from kernels.sobol import fill_normal_quantiles, sobol_uniforms
from risk.market.factors import Factors
from risk.plan import RiskPlan
from risk.scenarios.factor_covariance import factor_covariance
from risk.scenarios.normal_mixtures import draw_moves, estimate_degrees, factor_identities, mixing

EVEN_DIRECTIONS = 64
_SETTLED = 1e-5


def quasi_gaussian_moves(factors: Factors, horizon: int, plan: RiskPlan) -> Floats:
    """Return Gaussian moves of the plan's covariance times ``horizon``, quasi-random.

    Scenario s is of randomisation ``s % plan.randomisations``; each is a sample by itself, so
    that the spread of a measure over them is its error. Directions are of the market as a whole:
    another factor turns them, and so moves every scenario.

    Parameters
    ----------
    factors, horizon, plan : as of `risk.scenarios.factor_moves`

    Returns
    -------
    (n_factors, n_scenarios) float64

    References
    ----------
    Owen (1997); L'Ecuyer & Lemieux (2002), section 1; Acworth, Broadie & Glasserman (1998).
    """
    return _moves(factors, horizon, plan, 0)[1]


def quasi_student_t_moves(factors: Factors, horizon: int, plan: RiskPlan) -> Floats:
    """Return the same times one mixing variable for all factors, the most even coordinate's.

    Parameters
    ----------
    factors, horizon, plan : as of `risk.scenarios.factor_moves`

    References
    ----------
    As of `quasi_gaussian_moves`.
    """
    uniform, moves = _moves(factors, horizon, plan, 1)
    degrees = plan.degrees_of_freedom or estimate_degrees(factors.moves)
    moves *= mixing(degrees, uniform[0])
    return moves


def _moves(factors: Factors, horizon: int, plan: RiskPlan, kept: int) -> tuple[Floats, Floats]:
    """Return uniforms of the first ``kept`` coordinates, and moves by those after them."""
    covariance = factor_covariance(factors, plan)
    leading, rest = split_loadings(covariance.loadings * np.sqrt(horizon))
    n_even = leading.shape[1]
    points = sobol_uniforms(kept + n_even, plan.scenarios, plan.randomisations, plan.seed)
    uniform, normals = points[:kept].copy(), points[kept:]
    fill_normal_quantiles(normals)
    moves = mixed_moves(leading, normals)
    left = replace(covariance, loadings=rest, specific=covariance.specific * np.sqrt(horizon))
    if rest.shape[1] or left.specific.any():
        moves += draw_moves(left, 1.0, factor_identities(factors), plan, Stream.SOBOL_REST)
    return uniform, moves


def split_loadings(loadings: Floats) -> tuple[Floats, Floats]:
    """Part loadings into those on the leading principal directions, and what is left of them.

    Directions are of the correlations, for prices and rates have different units. They are good
    to a part in 100,000 of the variance that they carry; the covariance of both parts together
    is that of the whole to rounding, whatever they are.

    Parameters
    ----------
    loadings : (n_factors, n_rows) float64, no NaN

    Returns
    -------
    leading : (n_factors, n_directions) float64, the longest direction first, at most 64
    rest : (n_factors, n_rows) float64, or without columns where the leading ones are all
    """
    deviations = np.sqrt((loadings**2).sum(axis=1))
    own = loadings / np.where(deviations > 0.0, deviations, 1.0)[:, None]
    most = min(loadings.shape)
    directions = principal_directions(own, min(EVEN_DIRECTIONS, most), _SETTLED)
    leading = mixed_moves(loadings, np.ascontiguousarray(directions.T))
    if leading.shape[1] == most:
        return leading, np.empty((len(loadings), 0))
    return leading, loadings - mixed_moves(leading, directions)
