"""Volatility ahead: the closed forms of GARCH and GJR.

References
----------
Baillie & Bollerslev (1992), "Prediction in dynamic models with time-dependent conditional
variances", Journal of Econometrics 52; McNeil, Frey & Embrechts (2015), section 4.2.5.
"""

from collections.abc import Sequence

import numpy as np

from kernels.arrays import Floats
from risk.volatility.errors import VolatilityError
from risk.volatility.fit import VolatilityFit

LONGEST_HORIZON = 250


def long_run_volatility(fit: VolatilityFit) -> Floats:
    """Return the volatility that each series comes back to, (n_series,), per root day.

    It is infinite where variance comes back to no mean: exponentially weighted averages, and
    weights that add up to one.

    Parameters
    ----------
    fit : of every series
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(fit.persistence < 1.0, fit.constant / (1.0 - fit.persistence), np.inf)
    return np.sqrt(np.where(np.isnan(fit.persistence), np.nan, variance))


def daily_volatility(fit: VolatilityFit, horizons: Sequence[int]) -> Floats:
    """Return the root of the expected variance of the single day so far ahead.

    Surprises are taken to be falls as often as rises, by the square.

    Parameters
    ----------
    fit : of the days to now
    horizons : days ahead, 1 to 250

    Returns
    -------
    (n_horizons, n_series) float64, in units of the moves per root day
    """
    return np.asarray(np.sqrt(_variances(fit)[_days(horizons) - 1]))


def period_volatility(fit: VolatilityFit, horizons: Sequence[int]) -> Floats:
    """Return the volatility of the sum of the moves of so many days ahead.

    Parameters
    ----------
    fit : of the days to now
    horizons : days, 1 to 250

    Returns
    -------
    (n_horizons, n_series) float64, in units of the moves
    """
    return np.asarray(np.sqrt(np.cumsum(_variances(fit), axis=0)[_days(horizons) - 1]))


def _variances(fit: VolatilityFit) -> Floats:
    """Return expected variances, one day after the other, of the next 250 days."""
    ahead = np.empty((LONGEST_HORIZON, len(fit.parameters)))
    ahead[0] = fit.next_volatility**2
    for day in range(1, LONGEST_HORIZON):
        ahead[day] = fit.constant + fit.persistence * ahead[day - 1]
    return ahead


def _days(horizons: Sequence[int]) -> np.ndarray:
    for horizon in horizons:
        if not 1 <= horizon <= LONGEST_HORIZON:
            raise VolatilityError(
                f"horizon must be 1 to {LONGEST_HORIZON} trading days; got {horizon!r}"
            )
    return np.array(horizons, dtype=np.int64)
