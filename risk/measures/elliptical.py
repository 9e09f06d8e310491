"""Value at risk and expected shortfall of the standard normal law and of Student's t.

References
----------
McNeil, Frey & Embrechts (2015), "Quantitative risk management", examples 2.11, 2.14 and 2.15.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from risk.errors import PlanError, require_level


@dataclass(frozen=True)
class StandardTail:
    """The tail of one law of mean zero.

    Parameters
    ----------
    quantile, mean_beyond : its value at risk and expected shortfall, in units of its scale
    """

    quantile: float
    mean_beyond: float


def standard_tail(level: float, degrees: float = np.inf) -> StandardTail:
    """Return the tail of the standard normal law, or of the plain t (whose variance is not one).

    Parameters
    ----------
    level : in (0, 1)
    degrees : of the t, above 1; infinite for the normal law

    Returns
    -------
    StandardTail in units of the law's scale, a loss is positive.

    Raises
    ------
    PlanError
        Where the level or the degrees are out of range.

    References
    ----------
    McNeil, Frey & Embrechts (2015), examples 2.11, 2.14 and 2.15.
    """
    require_level(level)
    if not degrees > 1.0:
        raise PlanError(f"degrees must be above 1 for a mean beyond a quantile; got {degrees}")
    share = 1.0 - level
    if np.isinf(degrees):
        quantile = float(-special.ndtri(share))
        return StandardTail(quantile, float(stats.norm.pdf(quantile)) / share)
    quantile = float(-special.stdtrit(degrees, share))
    density = float(stats.t.pdf(quantile, degrees))
    return StandardTail(quantile, density / share * (degrees + quantile**2) / (degrees - 1.0))
