"""Scores of ranks: what a copula sees of a factor's moves.

References
----------
McNeil, Frey & Embrechts (2015), "Quantitative risk management", section 7.5 (pseudo-observations).
"""

import numpy as np
from scipy import special, stats

from kernels.arrays import Floats


def rank_scores(moves: Floats, degrees: float | None) -> Floats:
    """Return the scores of each factor's ranks, rank / (n_present + 1), (n_returns, n_factors).

    Parameters
    ----------
    moves : (n_returns, n_factors) float64; NaN is a missing value and stays NaN; equal moves share
        their mean rank
    degrees : of the t; None is the normal law

    References
    ----------
    McNeil, Frey & Embrechts (2015), section 7.5.
    """
    present = (~np.isnan(moves)).sum(axis=0)
    ranks = stats.rankdata(moves, axis=0, nan_policy="omit") / (present + 1.0)
    return score_quantiles(ranks, degrees)


def score_quantiles(levels: Floats, degrees: float | None) -> Floats:
    """Return the scores at these probabilities, of the normal law or a standard t.

    Parameters
    ----------
    levels : float64 of any shape, in (0, 1); NaN stays NaN
    degrees : of the t; None is the normal law
    """
    found = special.ndtri(levels) if degrees is None else special.stdtrit(degrees, levels)
    return np.asarray(found)


def score_probabilities(scores: Floats, degrees: float | None) -> Floats:
    """Return the probabilities below these scores, of the normal law or a standard t.

    Parameters
    ----------
    scores : float64 of any shape; NaN stays NaN
    degrees : of the t; None is the normal law
    """
    found = special.ndtr(scores) if degrees is None else special.stdtr(degrees, scores)
    return np.asarray(found)
