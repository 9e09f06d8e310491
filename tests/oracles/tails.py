"""Value at risk and expected shortfall by their definitions, one candidate loss at a time."""

from fractions import Fraction

import numpy as np
from scipy import stats


def value_at_risk(losses, level):
    """Return the smallest loss whose empirical distribution reaches ``level``."""
    exact = Fraction(str(level))
    for candidate in sorted(losses):
        if Fraction(sum(loss <= candidate for loss in losses), len(losses)) >= exact:
            return candidate
    raise AssertionError


def expected_shortfall(losses, level):
    """Return the least of c + E[(loss - c)+] / (1 - level) over c (Rockafellar & Uryasev 2000)."""
    n = len(losses)
    return min(c + sum(max(loss - c, 0.0) for loss in losses) / (n * (1.0 - level)) for c in losses)


def elliptical_tail(deviation, level, degrees=np.inf):
    """Return both of normal losses, or of t losses of that deviation, by quadrature."""
    law = stats.norm() if np.isinf(degrees) else stats.t(degrees)
    unit = deviation / law.std()
    quantile = law.ppf(level)
    return unit * quantile, unit * law.expect(lambda loss: loss, lb=quantile, conditional=True)
