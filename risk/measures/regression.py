"""Means of scenarios regressed on controls whose means are known.

References
----------
Glasserman (2004), "Monte Carlo methods in financial engineering", section 4.1.
"""

from dataclasses import dataclass

import numpy as np

from kernels.arrays import Floats

# A control of which less than this share is not made up by those before it adds nothing.
_DEPENDENT = 1e-12


@dataclass(frozen=True)
class Regression:
    """Scenarios weighted so that controls have the means that they are known to have.

    Parameters
    ----------
    weights : (n_scenarios,) float64, which add up to 1
    directions : the controls about their means, each less what those before it make up of it
    controls : how many there are
    """

    weights: Floats
    directions: list[Floats]
    controls: int

    def residuals(self, values: Floats) -> Floats:
        """Return what the controls leave of ``values`` about their mean, (n_scenarios,).

        Parameters
        ----------
        values : (n_scenarios,) float64, no NaN
        """
        left = values - values.mean()
        for direction in self.directions:
            left = left - _slope(left, direction) * direction
        return np.asarray(left)

    def error(self, values: Floats) -> float:
        """Return the standard error of the weighted mean of ``values``.

        Parameters
        ----------
        values : (n_scenarios,) float64, no NaN, in whose units the error is
        """
        return residual_error(self.residuals(values), self.controls)


def regress_on(controls: list[tuple[Floats, float]]) -> Regression:
    """Return the regression on controls, each with its known mean.

    Sums run in NumPy's own order: a library's could depend on the number of threads.

    Parameters
    ----------
    controls : for each its (n_scenarios,) float64 values, no NaN, and the mean that it must have

    Returns
    -------
    Regression, whose weights are fractions.

    References
    ----------
    Glasserman (2004), section 4.1.
    """
    n = len(controls[0][0])
    weights, directions, gaps = np.full(n, 1.0 / n), list[Floats](), list[float]()
    for values, known in controls:
        gap = float(values.mean()) - known
        own = values - values.mean()
        size = float((own**2).sum())
        for direction, before in zip(directions, gaps, strict=True):
            slope = _slope(own, direction)
            own, gap = own - slope * direction, gap - slope * before
        square = float((own**2).sum())
        if square > _DEPENDENT * size:
            weights = weights - gap / square * own
            directions.append(own)
            gaps.append(gap)
    return Regression(weights, directions, len(controls))


def residual_error(residuals: Floats, controls: int) -> float:
    """Return the standard error of a mean of which controls leave ``residuals``.

    Parameters
    ----------
    residuals : (n_scenarios,) float64, no NaN, about zero; of a difference of two means in the same
        scenarios they are the difference of both
    controls : how many there were

    References
    ----------
    Glasserman (2004), section 4.1.
    """
    n = len(residuals)
    return float(np.sqrt((residuals**2).sum() / (n - 1 - controls) / n))


def _slope(values: Floats, direction: Floats) -> float:
    return float((values * direction).sum() / (direction**2).sum())
