"""Value at risk and expected shortfall of normal and Student-t losses, and their sampling errors.

References
----------
McNeil, Frey & Embrechts (2015), "Quantitative risk management", examples 2.11, 2.14 and 2.15;
Serfling (1980), "Approximation theorems of mathematical statistics", section 2.3.3 (the error of
a sample quantile); Manistre & Hancock (2005), "Variance of the CTE estimator", North American
Actuarial Journal 9(2), eq. 8.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from kernels.arrays import Floats
from risk.errors import PlanError, require_level


@dataclass(frozen=True)
class EllipticalTail:
    """The tail of losses of one shape.

    Parameters
    ----------
    value_at_risk, expected_shortfall : (n_books,) float64, money, a loss is positive
    """

    value_at_risk: Floats
    expected_shortfall: Floats


@dataclass(frozen=True)
class StandardTail:
    """The tail of one law of mean zero.

    Parameters
    ----------
    quantile, mean_beyond : its value at risk and expected shortfall, in units of its scale
    density : at the quantile
    variance_beyond : of what lies beyond the quantile; infinite where the degrees are 2 or fewer
    """

    quantile: float
    mean_beyond: float
    density: float
    variance_beyond: float


def elliptical_tail(
    mean: ArrayLike, deviation: ArrayLike, level: float, degrees: float = np.inf
) -> EllipticalTail:
    """Return value at risk and expected shortfall of normal or t losses, in closed form.

    Parameters
    ----------
    mean : expected loss of each book, money, a loss is positive; NaN makes its book's figures NaN
    deviation : standard deviation of each book's loss, money; the t is matched to it
    level : in (0, 1)
    degrees : of the t, above 2; infinite for the normal law

    Returns
    -------
    EllipticalTail, money, of the shape that mean and deviation have together.

    Raises
    ------
    PlanError
        Where the level or the degrees are out of range, or a deviation is negative or NaN.

    References
    ----------
    McNeil, Frey & Embrechts (2015), examples 2.11, 2.14 and 2.15.
    """
    if not degrees > 2.0:
        raise PlanError(f"degrees must be above 2 for a deviation to be matched; got {degrees}")
    centre, spread = np.asarray(mean, float), np.asarray(deviation, float)
    if not (spread >= 0.0).all():
        worst = spread[~(spread >= 0.0)].flat[0]
        raise PlanError(f"deviation must be at least 0; got {worst}")
    tail = _matched(standard_tail(level, degrees), degrees)
    return EllipticalTail(
        np.asarray(centre + spread * tail.quantile), np.asarray(centre + spread * tail.mean_beyond)
    )


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
        density = float(stats.norm.pdf(quantile))
        mean = density / share
        square = 1.0 + quantile * mean
    else:
        quantile = float(-special.stdtrit(degrees, share))
        density = float(stats.t.pdf(quantile, degrees))
        mean = density / share * (degrees + quantile**2) / (degrees - 1.0)
        square = _square_beyond(quantile, share, degrees)
    return StandardTail(quantile, mean, density, square - mean**2)


def _square_beyond(quantile: float, share: float, degrees: float) -> float:
    """Return the mean square of a t beyond its quantile.

    1 + x**2 / v times the density of a t is (v - 1) / (v - 2) times that of a narrower t with two
    degrees fewer.
    """
    if degrees <= 2.0:
        return float(np.inf)
    narrower = degrees - 2.0
    beyond = stats.t.sf(quantile * np.sqrt(narrower / degrees), narrower)
    return float(degrees * ((degrees - 1.0) / narrower * beyond / share - 1.0))


def _matched(tail: StandardTail, degrees: float) -> StandardTail:
    """Return the tail of the law of variance one."""
    scale = 1.0 if np.isinf(degrees) else float(np.sqrt((degrees - 2.0) / degrees))
    return StandardTail(
        scale * tail.quantile,
        scale * tail.mean_beyond,
        tail.density / scale,
        scale**2 * tail.variance_beyond,
    )


def relative_sampling_error(level: float, degrees: float = np.inf) -> tuple[float, float]:
    """Return the relative standard errors of sampled figures, times the root of the sample size.

    Parameters
    ----------
    level : in (0.5, 1), so that both figures are positive
    degrees : of the t, above 2; infinite for the normal law

    Returns
    -------
    That of value at risk and that of expected shortfall, fractions: divided by the root of the
    number of scenarios they are the relative errors of plain Monte Carlo.

    Raises
    ------
    PlanError
        Where the level or the degrees are out of range.

    References
    ----------
    Serfling (1980), section 2.3.3, for value at risk; Manistre & Hancock (2005), eq. 8, for
    expected shortfall.
    """
    if not 0.5 < level < 1.0:
        raise PlanError(f"level must be in (0.5, 1); got {level}")
    if not degrees > 2.0:
        raise PlanError(f"degrees must be above 2 for an error to exist; got {degrees}")
    tail = standard_tail(level, degrees)
    share = 1.0 - level
    quantile = np.sqrt(level * share) / tail.density / tail.quantile
    spread = tail.variance_beyond + level * (tail.mean_beyond - tail.quantile) ** 2
    return float(quantile), float(np.sqrt(spread / share) / tail.mean_beyond)
