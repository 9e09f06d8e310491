"""How strongly factors fall together: the degrees of freedom of a t copula.

References
----------
Demarta & McNeil (2005), "The t copula and related copulas", International Statistical Review
73(1), section 4.2 (correlations by Kendall's tau, then degrees by likelihood); Varin, Reid & Firth
(2011), "An overview of composite likelihood methods", Statistica Sinica 21 (pairs).
"""

import numpy as np
from scipy import optimize, special, stats

from kernels.arrays import Floats
from risk.covariance.sample import moving
from risk.plan import DEGREES_RANGE

# Enough pairs for one number; more only take time.
_MOST_PAIRS = 400


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

    References
    ----------
    Demarta & McNeil (2005), section 4.2; Varin, Reid & Firth (2011).
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
