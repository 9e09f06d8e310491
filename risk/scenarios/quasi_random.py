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
from kernels.cross_products import cross_products
from kernels.market_normals import mixed_moves
from kernels.philox import Stream
from kernels.sobol import fill_normal_quantiles, sobol_uniforms
from risk.covariance import estimate_covariance
from risk.market.factors import Factors
from risk.plan import RiskPlan
from risk.scenarios.normal_mixtures import draw_moves, estimate_degrees, factor_identities, mixing

EVEN_DIRECTIONS = 64


def quasi_gaussian_moves(factors: Factors, horizon: int, plan: RiskPlan) -> Floats:
    """Return Gaussian moves of the plan's covariance times ``horizon``, quasi-random.

    Scenario s is of randomisation ``s % plan.randomisations``; each is a sample by itself, so
    that the spread of a measure over them is its error. Directions are of the market as a whole:
    another factor turns them, and so moves every scenario.

    Returns
    -------
    (n_factors, n_scenarios) float64
    """
    return _moves(factors, horizon, plan, 0)[1]


def quasi_student_t_moves(factors: Factors, horizon: int, plan: RiskPlan) -> Floats:
    """Return the same times one mixing variable for all factors, the most even coordinate's."""
    uniform, moves = _moves(factors, horizon, plan, 1)
    degrees = plan.degrees_of_freedom or estimate_degrees(factors.moves)
    moves *= mixing(degrees, uniform[0])
    return moves


def _moves(factors: Factors, horizon: int, plan: RiskPlan, kept: int) -> tuple[Floats, Floats]:
    """Return uniforms of the first ``kept`` coordinates, and moves by those after them."""
    covariance = estimate_covariance(factors.moves, plan.covariance, plan.ewma_decay)
    loadings = principal_loadings(covariance.loadings) * np.sqrt(horizon)
    leading = min(EVEN_DIRECTIONS, loadings.shape[1])
    points = sobol_uniforms(kept + leading, plan.scenarios, plan.randomisations, plan.seed)
    uniform, normals = points[:kept].copy(), points[kept:]
    fill_normal_quantiles(normals)
    moves = mixed_moves(loadings[:, :leading], normals)
    rest = replace(
        covariance,
        loadings=np.ascontiguousarray(loadings[:, leading:]),
        specific=covariance.specific * np.sqrt(horizon),
    )
    if rest.loadings.shape[1] or rest.specific.any():
        moves += draw_moves(rest, 1.0, factor_identities(factors), plan, Stream.SOBOL_REST)
    return uniform, moves


def principal_loadings(loadings: Floats) -> Floats:
    """Turn loadings so that their columns are principal components, the largest first.

    Components are of the correlations, for prices and rates have different units. The covariance
    stays; each component's loadings sum to a positive number.

    Parameters
    ----------
    loadings : (n_factors, n_rows) float64

    Returns
    -------
    (n_factors, n_components) float64, n_components the smaller of n_factors and n_rows
    """
    deviations = np.sqrt((loadings**2).sum(axis=1))
    scale = np.where(deviations > 0.0, deviations, 1.0)
    own = loadings / scale[:, None]
    if len(own) <= own.shape[1]:
        values, vectors = np.linalg.eigh(cross_products(own))
        turned = vectors[:, ::-1] * np.sqrt(np.maximum(values[::-1], 0.0))
    else:
        turned = own @ np.linalg.eigh(cross_products(np.ascontiguousarray(own.T)))[1][:, ::-1]
    signs = np.where(turned.sum(axis=0) < 0.0, -1.0, 1.0)
    return np.ascontiguousarray(deviations[:, None] * (turned * signs))
