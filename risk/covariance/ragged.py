"""Covariances of histories that differ in length: every date counts for whoever has it.

References
----------
Little & Rubin (2002), "Statistical analysis with missing data", sections 3.4 (available cases),
7.4 (histories of which each holds the shorter ones) and 11.2 (EM for the normal law); Anderson
(1957), "Maximum likelihood estimates for a multivariate normal distribution when some observations
are missing", JASA 52(278); Stambaugh (1997), "Analyzing investments whose histories differ in
length", Journal of Financial Economics 45(3).
"""

import numpy as np
from scipy import linalg

from kernels.arrays import Flags, Floats, Integers
from risk.covariance.covariance import Covariance, require_moves, rooted
from risk.covariance.errors import CovarianceError
from risk.covariance.repair import nearest_correlation

FEWEST_COMMON = 30
_CONVERGED = 1e-10
_MOST_ITERATIONS = 5000
_SINGULAR = 1e-12


def pairwise_covariance(moves: Floats, fewest: int = FEWEST_COMMON) -> Covariance:
    """Return variances from each factor's own dates, and correlations from each pair's.

    Such correlations need not be semidefinite; they are moved to the nearest that are, and the
    distance is recorded.

    Parameters
    ----------
    moves : (n_returns, n_factors) float64; NaN is a missing value
    fewest : common returns that any two factors must have, at least 2

    Returns
    -------
    Covariance; each variance and correlation about the mean of its own returns, over their number
    less one.

    Raises
    ------
    CovarianceError
        Where two factors have fewer common returns.

    References
    ----------
    Little & Rubin (2002), section 3.4; Higham (2002), for the repair.
    """
    present = ~np.isnan(moves)
    require_moves(np.where(present, moves, 0.0))
    counts = present.T.astype(float) @ present
    if counts.min() < max(fewest, 2):
        first, second = np.unravel_index(np.argmin(counts), counts.shape)
        raise CovarianceError(
            f"factors {first} and {second} have {counts.min():.0f} returns in common; "
            f"{max(fewest, 2)} are needed at least"
        )
    shown = np.nanmax(moves, axis=0) > np.nanmin(moves, axis=0)
    deviations = np.where(shown, np.nanstd(moves, axis=0, ddof=1), 0.0)
    found = _pairwise_correlations(np.where(shown, moves, 0.0), present, counts)
    repaired = nearest_correlation(found)
    return rooted(np.outer(deviations, deviations) * repaired.matrix, repaired)


def _pairwise_correlations(moves: Floats, present: Flags, counts: Floats) -> Floats:
    # About the own means first: sums of squares then lose no digits to them.
    values = np.where(present, moves - np.nanmean(moves, axis=0), 0.0)
    seen = present.astype(float)
    sums = values.T @ seen
    squares = (values**2).T @ seen - sums**2 / counts
    products = values.T @ values - sums * sums.T / counts
    scale = np.sqrt(np.maximum(squares * squares.T, 0.0))
    found = np.where(scale > 0.0, products / np.where(scale > 0.0, scale, 1.0), 0.0)
    np.fill_diagonal(found, 1.0)
    return np.clip(0.5 * (found + found.T), -1.0, 1.0)


def likelihood_covariance(moves: Floats) -> Covariance:
    """Return the covariance of greatest Gaussian likelihood.

    What a long history says of a short one's missing days enters by regression. Where each history
    holds the days of every shorter one, as when they start late and have no holes, the shorter are
    regressed on the longer over the days that they have, one length after the other; expectation
    and maximisation find it elsewhere, far more slowly. It needs more returns than factors, and of
    each history more than there are longer ones; `statistical_factors` does not.

    Parameters
    ----------
    moves : (n_returns, n_factors) float64; NaN is a missing value

    Returns
    -------
    Covariance over the number of returns, as maximum likelihood has it.

    Raises
    ------
    CovarianceError
        Where the covariance is singular, or the iteration does not converge.

    References
    ----------
    Anderson (1957); Little & Rubin (2002), sections 7.4 and 11.2; Stambaugh (1997).
    """
    present = ~np.isnan(moves)
    require_moves(np.where(present, moves, 0.0))
    if (
        present.sum(axis=0).min() < 2
        or (np.nanmax(moves, axis=0) == np.nanmin(moves, axis=0)).any()
    ):
        raise CovarianceError("every factor needs two returns that differ at least")
    # Units fall out of either way: it runs on deviations.
    means, scale = np.nanmean(moves, axis=0), np.nanstd(moves, axis=0)
    scaled = (moves - means) / scale
    blocks = _nested_blocks(present)
    found = _iterated(scaled, present) if blocks is None else _regressed(scaled, present, blocks)
    return rooted(np.outer(scale, scale) * found)


def _nested_blocks(present: Flags) -> list[Integers] | None:
    """Return factors of one history each, the longest first; None where some holds no shorter."""
    counts = present.sum(axis=0)
    order = np.argsort(-counts, kind="stable")
    if (present[:, order[1:]] & ~present[:, order[:-1]]).any():
        return None
    return np.split(order, np.flatnonzero(np.diff(counts[order])) + 1)


def _regressed(scaled: Floats, present: Flags, blocks: list[Integers]) -> Floats:
    """Return the covariance by regression of each block on all those of longer histories."""
    matrix = np.zeros((scaled.shape[1], scaled.shape[1]))
    longer = blocks[0][:0]
    for block in blocks:
        own = scaled[np.ix_(present[:, block[0]], np.append(longer, block))]
        about = own - own.mean(axis=0)
        products, k = about.T @ about / len(own), len(longer)
        slopes = _slopes(products[:k, :k], products[:k, k:], len(own))
        shared = matrix[np.ix_(longer, longer)] @ slopes
        left = products[k:, k:] - products[k:, :k] @ slopes
        matrix[np.ix_(longer, block)], matrix[np.ix_(block, longer)] = shared, shared.T
        whole = left + slopes.T @ shared
        matrix[np.ix_(block, block)] = 0.5 * (whole + whole.T)
        longer = np.append(longer, block)
    return matrix


def _slopes(known: Floats, cross: Floats, n_returns: int) -> Floats:
    """Return the slopes of a regression, given the products of what explains, and with the rest."""
    if not len(known):
        return cross
    singular = CovarianceError(
        f"the covariance is singular: {n_returns} returns of a factor, {len(known)} with more"
    )
    if n_returns <= len(known) + 1:
        raise singular
    try:
        factor = linalg.cholesky(known)
    except linalg.LinAlgError:
        raise singular from None
    if linalg.lapack.dpocon(factor, np.abs(known).sum(axis=0).max())[0] < _SINGULAR:
        raise singular
    return np.asarray(linalg.cho_solve((factor, False), cross))


def _iterated(scaled: Floats, present: Flags) -> Floats:
    """Return the covariance by expectation and maximisation."""
    patterns, members = np.unique(present, axis=0, return_inverse=True)
    centre, matrix = np.zeros(scaled.shape[1]), np.eye(scaled.shape[1])
    for _ in range(_MOST_ITERATIONS):
        filled, spread = _expected(scaled, patterns, members.ravel(), centre, matrix)
        before, centre = matrix, filled.mean(axis=0)
        about = filled - centre
        matrix = (about.T @ about + spread) / len(scaled)
        if float(np.abs(matrix - before).max()) < _CONVERGED:
            return np.asarray(matrix)
    raise CovarianceError(f"the likelihood is not at its top after {_MOST_ITERATIONS} iterations")


def _expected(
    scaled: Floats, patterns: Flags, members: np.ndarray, centre: Floats, matrix: Floats
) -> tuple[Floats, Floats]:
    """Return the moves with missing ones expected, and the sum of their conditional spreads."""
    filled = scaled.copy()
    spread = np.zeros_like(matrix)
    for number, present in enumerate(patterns):
        rows, absent = np.flatnonzero(members == number), ~present
        if not absent.any():
            continue
        known = matrix[np.ix_(present, present)]
        if np.linalg.cond(known) > 1.0 / _SINGULAR:
            raise CovarianceError(
                f"the covariance is singular: {scaled.shape[0]} returns, {scaled.shape[1]} factors"
            )
        weights = np.linalg.solve(known, matrix[np.ix_(present, absent)])
        expected = centre[absent] + (scaled[np.ix_(rows, present)] - centre[present]) @ weights
        filled[np.ix_(rows, absent)] = expected
        left = matrix[np.ix_(absent, absent)] - matrix[np.ix_(absent, present)] @ weights
        spread[np.ix_(absent, absent)] += len(rows) * left
    return filled, spread
