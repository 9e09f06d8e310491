"""Filtered historical simulation: past residuals at tomorrow's volatility.

References
----------
Barone-Adesi, Giannopoulos & Vosper (1999), Journal of Futures Markets 19(5); Hull & White
(1998), "Incorporating volatility updating into the historical simulation method for
value-at-risk", Journal of Risk 1(1).
"""

import numpy as np

from kernels.arrays import Floats
from kernels.garch_scenarios import filtered_scenarios
from risk.volatility.errors import VolatilityError
from risk.volatility.fit import VolatilityFit
from risk.volatility.term_structure import LONGEST_HORIZON


def joint_residuals(fit: VolatilityFit) -> Floats:
    """Return the residuals of the days on which every series has one, (n_days, n_series).

    Parameters
    ----------
    fit : of every series

    Raises
    ------
    VolatilityError
        Where there is no such day.
    """
    days = np.isfinite(fit.residuals).all(axis=1)
    if not days.any():
        without = int(np.isfinite(fit.residuals).sum(axis=0).argmin())
        raise VolatilityError(
            f"no day has a residual of every series; series {without} has the fewest"
        )
    return np.asarray(fit.residuals[days])


def filtered_moves(
    fit: VolatilityFit, horizon: int, n_scenarios: int, seed: int, first_scenario: int = 0
) -> Floats:
    """Return moves over ``horizon`` days made of past residuals and volatility as it goes.

    Each day of a scenario draws one past day, and all series take their residuals of that day:
    so the cross-section stays as it was. A residual times the volatility of the scenario's day,
    and the fitted mean, is the move, from which follows the next day's volatility: at most the
    highest of the history and the day after it, for beyond these a law was never followed. Where a
    single jump made most of the law, drawing it twice would else make moves of any size.

    Parameters
    ----------
    fit : of every series
    horizon : trading days, 1 to 250
    n_scenarios : how many
    seed : in [0, 2**32)
    first_scenario : number of the first; a scenario depends on its number alone

    Returns
    -------
    (n_series, n_scenarios) float64, in units of the moves

    Raises
    ------
    VolatilityError
        Where an argument is out of range, or the series share no day.
    """
    _require("horizon", horizon, 1, LONGEST_HORIZON)
    _require("n_scenarios", n_scenarios, 1, 2**32 - 1)
    _require("seed", seed, 0, 2**32 - 1)
    residuals = np.ascontiguousarray(joint_residuals(fit).T)
    variance = fit.next_volatility**2
    highest = np.fmax(variance, np.fmax.reduce(fit.volatility**2, axis=0))
    return filtered_scenarios(
        residuals, fit.parameters, variance, highest, horizon, n_scenarios, seed, first_scenario
    )


def rescaled_moves(fit: VolatilityFit) -> Floats:
    """Return one day's moves by every past residual once: the same law without sampling.

    Parameters
    ----------
    fit : of every series

    Returns
    -------
    (n_series, n_days) float64, the days on which every series has a residual, oldest first
    """
    return np.ascontiguousarray((fit.mean + fit.next_volatility * joint_residuals(fit)).T)


def _require(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise VolatilityError(f"{name} must be in [{low}, {high}]; got {value!r}")
