"""Delta-gamma losses in one factor: the shifted chi-square that they are, and an expansion of it.

Glasserman (2004), "Monte Carlo methods in financial engineering", section 9.1.2; Cornish & Fisher
(1938), "Moments and cumulants in the specification of distributions", Review of the International
Statistical Institute 5(4); Zangari (1996), "How accurate is the delta-gamma methodology?",
RiskMetrics Monitor, third quarter.
"""

import numpy as np
from scipy import stats


def one_factor_tail(constant, slope, curvature, level):
    """Return value at risk and expected shortfall of ``constant + slope z + curvature z**2``."""
    centre, share = -slope / (2.0 * curvature), 1.0 - level
    vertex = constant - curvature * centre**2
    law = stats.ncx2(1, centre**2) if centre != 0.0 else stats.chi2(1)
    square = law.isf(share) if curvature > 0.0 else law.ppf(share)
    inner = inner_square(centre, np.sqrt(square))
    # The squares beyond a radius are what is left of their mean, 1 + centre**2.
    beyond = 1.0 + centre**2 - inner if curvature > 0.0 else inner
    return vertex + curvature * square, vertex + curvature * beyond / share


def inner_square(centre, radius):
    """Return E[(z - centre)**2; |z - centre| < radius] of a standard normal z."""
    edges = np.array([centre - radius, centre + radius])
    density, mass = stats.norm.pdf(edges), np.diff(stats.norm.cdf(edges))[0]
    first, second = density[0] - density[1], mass + edges[0] * density[0] - edges[1] * density[1]
    return second - 2.0 * centre * first + centre**2 * mass


def cornish_fisher_value_at_risk(law, level):
    """Return value at risk by the expansion in the first four cumulants, which may be far off."""
    linear, quadratic = law.linear**2, law.quadratic
    skewness = (6.0 * linear * quadratic + 8.0 * quadratic**3).sum() / law.deviation**3
    kurtosis = (48.0 * linear * quadratic**2 + 48.0 * quadratic**4).sum() / law.deviation**4
    z = stats.norm.ppf(level)
    expanded = (
        z
        + (z**2 - 1.0) * skewness / 6.0
        + (z**3 - 3.0 * z) * kurtosis / 24.0
        - (2.0 * z**3 - 5.0 * z) * skewness**2 / 36.0
    )
    return law.mean + law.deviation * expanded
