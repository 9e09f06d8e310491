"""Scenarios by a copula: how factors move together apart from how far each moves.

References
----------
Demarta & McNeil (2005), "The t copula and related copulas", International Statistical Review
73(1); McNeil, Frey & Embrechts (2015), "Quantitative risk management", section 7.5 (fitting to
pseudo-observations).
"""

import numpy as np

from kernels.arrays import Floats
from kernels.margins import interpolate_knots, pick_steps
from kernels.philox import Stream
from risk.covariance import Covariance
from risk.covariance.sample import centred, moving
from risk.market.factors import Factors
from risk.plan import RiskPlan
from risk.scenarios.factor_covariance import copula_covariance
from risk.scenarios.margins import empirical_sums, score_knots, student_t_margins
from risk.scenarios.normal_mixtures import draw_moves, factor_identities, mixing, tail_draws
from risk.scenarios.rank_scores import score_probabilities, score_quantiles


def gaussian_copula_moves(factors: Factors, horizon: int, plan: RiskPlan) -> Floats:
    """Return moves whose copula is Gaussian and whose margins are the plan's, mean zero.

    The correlations are those of the normal scores of the factors' ranks. With the sample
    covariance, a factor depends on its own history, the seed and the scenario: not on the others.

    Parameters
    ----------
    factors, horizon, plan : as of `risk.scenarios.factor_moves`

    Returns
    -------
    (n_factors, n_scenarios) float64

    References
    ----------
    McNeil, Frey & Embrechts (2015), section 7.5.
    """
    return _copula_moves(factors, horizon, plan, *copula_covariance(factors, plan, student_t=False))


def t_copula_moves(factors: Factors, horizon: int, plan: RiskPlan) -> Floats:
    """Return moves whose copula is a t's and whose margins are the plan's, mean zero.

    The correlations are those of the t scores of the factors' ranks; the degrees of freedom are
    the plan's, or of greatest likelihood. They are the same at every horizon, so that what falls
    together in a day falls together in a month.

    Parameters
    ----------
    factors, horizon, plan : as of `risk.scenarios.factor_moves`

    Returns
    -------
    (n_factors, n_scenarios) float64

    References
    ----------
    Demarta & McNeil (2005); McNeil, Frey & Embrechts (2015), section 7.5.
    """
    return _copula_moves(factors, horizon, plan, *copula_covariance(factors, plan, student_t=True))


def _copula_moves(
    factors: Factors, horizon: int, plan: RiskPlan, covariance: Covariance, degrees: float | None
) -> Floats:
    entities = factor_identities(factors)
    drawn = draw_moves(_unit(covariance), 1.0, entities, plan, Stream.COPULA_NORMALS)
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


def _unit(covariance: Covariance) -> Covariance:
    """Scale every factor to unit variance; one that never moves stays at zero."""
    variances = (covariance.loadings**2).sum(axis=1) + covariance.specific**2
    deviations = np.where(variances > 0.0, np.sqrt(variances), 1.0)
    return Covariance(covariance.loadings / deviations[:, None], covariance.specific / deviations)
