"""Value at risk and expected shortfall of a delta-gamma loss under Gaussian moves.

References
----------
Glasserman (2004), "Monte Carlo methods in financial engineering", section 9.1.2; Cornish &
Fisher (1938), "Moments and cumulants in the specification of distributions", Review of the
International Statistical Institute 5(4); Zangari (1996), "How accurate is the delta-gamma
methodology?", RiskMetrics Monitor, third quarter.
"""

import numpy as np
from scipy import special, stats

from kernels.arrays import Floats
from risk.scenarios.quadratic_law import LawTail, QuadraticLaw, quadratic_tail, require_tails


def delta_gamma_tail(law: QuadraticLaw, level: float) -> LawTail:
    """Return exact value at risk and expected shortfall of a delta-gamma loss.

    In closed form where one direction carries the curvature and the rest, by the inverted
    transform otherwise (see `risk.scenarios.quadratic_law`).

    Parameters
    ----------
    law : of the loss, money, a loss is positive; `risk.scenarios.quadratic_law.quadratic_law`
        gives it
    level : in (0, 1)

    Returns
    -------
    LawTail, money.

    Raises
    ------
    PlanError
        Where the level is out of range, or the law has no spread (or NaN for one).

    References
    ----------
    Glasserman (2004), section 9.1.2.
    """
    require_tails(law, (level,))
    moving = np.flatnonzero((law.linear != 0.0) | (law.quadratic != 0.0))
    if len(moving) > 1:
        return quadratic_tail(law, level)
    slope, curvature = float(law.linear[moving[0]]), float(law.quadratic[moving[0]])
    if curvature == 0.0:
        quantile = float(special.ndtri(level))
        beyond = float(stats.norm.pdf(quantile)) / (1.0 - level)
        return LawTail(law.constant + abs(slope) * quantile, law.constant + abs(slope) * beyond)
    return _parabola_tail(law.constant, slope, curvature, level)


def cornish_fisher_value_at_risk(law: QuadraticLaw, level: float) -> float:
    """Return value at risk by the expansion in the loss's first four cumulants, money.

    The expansion is not an estimate that improves with effort: where the curvature dominates it
    may be far off, even below what the exact law says. `delta_gamma_tail` is exact.

    Parameters
    ----------
    law : of the loss, money, a loss is positive
    level : in (0, 1)

    Raises
    ------
    PlanError
        Where the level is out of range, or the law has no spread (or NaN for one).

    References
    ----------
    Cornish & Fisher (1938); Zangari (1996).
    """
    require_tails(law, (level,))
    linear, quadratic = law.linear**2, law.quadratic
    third = float((6.0 * linear * quadratic + 8.0 * quadratic**3).sum())
    fourth = float((48.0 * linear * quadratic**2 + 48.0 * quadratic**4).sum())
    skewness, kurtosis = third / law.deviation**3, fourth / law.deviation**4
    z = float(special.ndtri(level))
    expanded = (
        z
        + (z**2 - 1.0) * skewness / 6.0
        + (z**3 - 3.0 * z) * kurtosis / 24.0
        - (2.0 * z**3 - 5.0 * z) * skewness**2 / 36.0
    )
    return law.mean + law.deviation * expanded


def _parabola_tail(constant: float, slope: float, curvature: float, level: float) -> LawTail:
    """Return the tail of ``constant + slope z + curvature z**2``: a shifted chi-square."""
    centre = -slope / (2.0 * curvature)
    vertex = constant - curvature * centre**2
    share = 1.0 - level
    law = stats.ncx2(1, centre**2) if centre != 0.0 else stats.chi2(1)
    square = float(law.isf(share) if curvature > 0.0 else law.ppf(share))
    radius = float(np.sqrt(square))
    inner = _inner_square(centre, radius)
    # The squares beyond a radius are what is left of their mean, 1 + centre**2.
    beyond = 1.0 + centre**2 - inner if curvature > 0.0 else inner
    return LawTail(vertex + curvature * square, vertex + curvature * beyond / share)


def _inner_square(centre: float, radius: float) -> float:
    """Return E[(z - centre)**2; |z - centre| < radius] of a standard normal z."""
    low, high = centre - radius, centre + radius
    edges: Floats = np.array([low, high])
    density = np.exp(-0.5 * edges**2) / np.sqrt(2.0 * np.pi)
    mass = float(np.diff(special.ndtr(edges))[0])
    first = float(density[0] - density[1])
    second = mass + float(edges[0] * density[0] - edges[1] * density[1])
    return second - 2.0 * centre * first + centre**2 * mass
