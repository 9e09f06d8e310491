"""Scenarios by a copula: how factors move together apart from how far each moves.

References
----------
Demarta & McNeil (2005), "The t copula and related copulas", International Statistical Review
73(1); McNeil, Frey & Embrechts (2015), "Quantitative risk management", section 7.5 (fitting to
pseudo-observations).
"""

import numpy as np
from scipy import optimize, special, stats

from kernels.arrays import Floats
from kernels.margins import interpolate_knots, pick_steps
from kernels.philox import Stream
from risk.covariance import Covariance, estimate_covariance
from risk.covariance.sample import centred, moving
from risk.market.factors import Factors
from risk.plan import RiskPlan
from risk.scenarios.margins import empirical_sums, score_knots, student_t_margins
from risk.scenarios.normal_mixtures import (
    DEGREES_RANGE,
    draw_moves,
    factor_identities,
    mixing,
    tail_draws,
)

# Enough pairs for one number; more only take time.
_MOST_PAIRS = 400


def gaussian_copula_moves(factors: Factors, horizon: int, plan: RiskPlan) -> Floats:
    """Return moves whose copula is Gaussian and whose margins are the plan's, mean zero.

    The correlations are those of the normal scores of the factors' ranks. With the sample
    covariance, a factor depends on its own history, the seed and the scenario: not on the others.

    Returns
    -------
    (n_factors, n_scenarios) float64
    """
    return _copula_moves(factors, horizon, plan, None)


def t_copula_moves(factors: Factors, horizon: int, plan: RiskPlan) -> Floats:
    """Return moves whose copula is a t's and whose margins are the plan's, mean zero.

    The correlations are those of the t scores of the factors' ranks; the degrees of freedom are
    the plan's, or of greatest likelihood. They are the same at every horizon, so that what falls
    together in a day falls together in a month.

    Returns
    -------
    (n_factors, n_scenarios) float64
    """
    degrees = plan.degrees_of_freedom or estimate_copula_degrees(factors.moves)
    return _copula_moves(factors, horizon, plan, degrees)


def _copula_moves(factors: Factors, horizon: int, plan: RiskPlan, degrees: float | None) -> Floats:
    scores = rank_scores(factors.moves, degrees)
    covariance = _unit(estimate_covariance(scores, plan.covariance, plan.ewma_decay))
    entities = factor_identities(factors)
    drawn = draw_moves(covariance, 1.0, entities, plan, Stream.COPULA_NORMALS)
    if degrees is not None:
        # The mixing of unit variance, undone to that of a standard t.
        unit = mixing(degrees, tail_draws(plan, Stream.COPULA_TAILS))
        drawn *= unit * np.sqrt(degrees / (degrees - 2.0))
    _lay_margins(drawn, factors.moves, horizon, plan, degrees)
    return drawn


def _lay_margins(
    drawn: Floats, moves: Floats, horizon: int, plan: RiskPlan, degrees: float | None
) -> None:
    """Replace scores by moves of each factor's own law, in place."""
    own = centred(moves)
    own[~moving(moves)] = 0.0
    if plan.margins == "empirical" and horizon == 1:
        levels = np.arange(1, len(moves)) / len(moves)
        pick_steps(drawn, score_quantiles(levels, degrees), np.sort(own, axis=1))
        return
    knots = score_knots(degrees)
    levels = score_probabilities(knots, degrees)
    laws = empirical_sums if plan.margins == "empirical" else student_t_margins
    interpolate_knots(drawn, knots, laws(own, horizon, levels))


def rank_scores(moves: Floats, degrees: float | None) -> Floats:
    """Return the scores of each factor's ranks, rank / (n_returns + 1), (n_returns, n_factors).

    Parameters
    ----------
    moves : (n_returns, n_factors) float64; equal moves share their mean rank
    degrees : of the t; None is the normal law
    """
    ranks = stats.rankdata(moves, axis=0) / (len(moves) + 1.0)
    return score_quantiles(ranks, degrees)


def score_quantiles(levels: Floats, degrees: float | None) -> Floats:
    """Return the scores at these probabilities, of the normal law or a standard t."""
    found = special.ndtri(levels) if degrees is None else special.stdtrit(degrees, levels)
    return np.asarray(found)


def score_probabilities(scores: Floats, degrees: float | None) -> Floats:
    """Return the probabilities below these scores, of the normal law or a standard t."""
    found = special.ndtr(scores) if degrees is None else special.stdtr(degrees, scores)
    return np.asarray(found)


def _unit(covariance: Covariance) -> Covariance:
    """Scale every factor to unit variance; one that never moves stays at zero."""
    variances = (covariance.loadings**2).sum(axis=1) + covariance.specific**2
    deviations = np.where(variances > 0.0, np.sqrt(variances), 1.0)
    return Covariance(covariance.loadings / deviations[:, None], covariance.specific / deviations)


def estimate_copula_degrees(moves: Floats) -> float:
    """Return the t copula's degrees of freedom, of greatest composite likelihood.

    The likelihood is that of pairs of neighbouring factors, each with the correlation that its
    Kendall tau implies; margins enter by their ranks alone.

    Parameters
    ----------
    moves : (n_returns, n_factors) float64, no NaN

    Returns
    -------
    Within 2.5 to 50; 50 where fewer than two factors move.
    """
    pairs = _neighbours(np.flatnonzero(moving(moves)))
    if not pairs:
        return DEGREES_RANGE[1]
    taus = np.array([stats.kendalltau(moves[:, i], moves[:, j]).statistic for i, j in pairs])
    # Factors that always move together have no density; they say nothing of the degrees.
    apart = np.abs(taus) < 0.999
    if not apart.any():
        return DEGREES_RANGE[1]
    correlations = np.sin(0.5 * np.pi * taus[apart])
    ranks = stats.rankdata(moves, axis=0) / (len(moves) + 1.0)
    first, second = np.array(pairs)[apart].T

    def negative_likelihood(degrees: float) -> float:
        scores = special.stdtrit(degrees, ranks)
        return -_pair_likelihood(scores[:, first], scores[:, second], correlations, degrees)

    found = optimize.minimize_scalar(
        negative_likelihood, bounds=DEGREES_RANGE, method="bounded", options={"xatol": 1e-3}
    )
    return float(found.x)


def _neighbours(numbers: np.ndarray) -> list[tuple[int, int]]:
    """Return pairs of factors one place apart, then two, and so on, no more than needed."""
    pairs: list[tuple[int, int]] = []
    for apart in range(1, len(numbers)):
        pairs += zip(numbers[:-apart].tolist(), numbers[apart:].tolist(), strict=True)
        if len(pairs) >= _MOST_PAIRS:
            break
    return pairs[:_MOST_PAIRS]


def _pair_likelihood(x: Floats, y: Floats, correlations: Floats, degrees: float) -> float:
    """Return the mean log density of bivariate t copulas at t scores (n_returns, n_pairs)."""
    unexplained = 1.0 - correlations**2
    form = (x * x - 2.0 * correlations * x * y + y * y) / unexplained
    joint = -0.5 * (degrees + 2.0) * np.log1p(form / degrees) - 0.5 * np.log(unexplained)
    single = -0.5 * (degrees + 1.0) * (np.log1p(x * x / degrees) + np.log1p(y * y / degrees))
    half = 0.5 * degrees
    constant = special.gammaln(half + 1.0) + special.gammaln(half)
    constant -= 2.0 * special.gammaln(half + 0.5)
    return float((joint - single).mean() + constant)
