"""Scenarios by the stationary bootstrap: days in runs, so that calm and storm stay together.

References
----------
Politis & Romano (1994), "The stationary bootstrap", JASA 89(428); Politis & White (2004),
"Automatic block-length selection for the dependent bootstrap", Econometric Reviews 23(1), and
Patton, Politis & White (2009), the correction to it, Econometric Reviews 28(4), section 2.
"""

import numpy as np

from kernels.arrays import Floats
from kernels.stationary_bootstrap import bootstrap_moves
from risk.covariance.sample import moving
from risk.errors import MarketError
from risk.market.factors import Factors
from risk.plan import RiskPlan


def block_bootstrap_moves(factors: Factors, horizon: int, plan: RiskPlan) -> Floats:
    """Return sums of ``horizon`` of the window's days, strung together in runs of random length.

    The mean is the window's own, as it is of historical scenarios.

    Parameters
    ----------
    factors : history of the factors
    horizon : trading days
    plan : mean length of a run (None chooses one), number of scenarios and seed

    Returns
    -------
    (n_factors, n_scenarios) float64

    References
    ----------
    Politis & Romano (1994).
    """
    length = plan.block_length or market_block_length(factors.moves)
    return bootstrap_moves(factors.moves, length, horizon, plan.scenarios, plan.seed)


def market_block_length(moves: Floats) -> float:
    """Return one mean length of a run for all factors, days.

    Each factor's is the longer of the best for the mean of its moves, and of their absolute
    values, for what lasts in a market is its volatility; the market's is their mean.

    Parameters
    ----------
    moves : (n_returns, n_factors) float64, at least nine returns, no NaN

    Raises
    ------
    MarketError
        Where there are fewer.
    """
    absolute = np.abs(moves - moves.mean(axis=0))
    lengths = [
        max(optimal_block_length(moves[:, number]), optimal_block_length(absolute[:, number]))
        for number in np.flatnonzero(moving(moves))
    ]
    return float(np.mean(lengths)) if lengths else 1.0


def optimal_block_length(series: Floats) -> float:
    """Return the mean length of a run that estimates the variance of a mean best, periods.

    Autocovariances count in full up to the lag from which they are noise, the first of several
    insignificant ones in a row, and taper off to twice that.

    Parameters
    ----------
    series : (n,) float64, n >= 9, no NaN

    Returns
    -------
    At least 1 and at most the least of 3 sqrt(n) and n / 3; 1 for a constant series.

    Raises
    ------
    MarketError
        Where there are fewer than nine values.

    References
    ----------
    Politis & White (2004); Patton, Politis & White (2009), section 2.
    """
    n = len(series)
    if n < 9:
        raise MarketError(f"a block length needs nine values; got {n}")
    if series.max() == series.min():
        return 1.0
    centred = series - series.mean()
    in_a_row = max(5, int(np.log10(n)))
    most_lags = min(int(np.ceil(np.sqrt(n))) + in_a_row, n - 2)
    covariances = np.array(
        [(centred[lag:] * centred[: n - lag]).sum() for lag in range(most_lags + 1)]
    )
    lengths = [
        np.sqrt((centred[lag + 1 :] ** 2).sum() * (centred[: n - lag - 1] ** 2).sum())
        for lag in range(most_lags + 1)
    ]
    insignificant = np.abs(covariances) < 2.0 * np.sqrt(np.log10(n) / n) * np.array(lengths)
    lags = _bandwidth(insignificant, in_a_row, most_lags)
    covariances /= n
    steps = np.arange(1, lags + 1)
    taper = np.where(2 * steps <= lags, 1.0, 2.0 * (1.0 - steps / lags))
    slope = 2.0 * (taper * steps * covariances[1 : lags + 1]).sum()
    long_run = covariances[0] + 2.0 * (taper * covariances[1 : lags + 1]).sum()
    longest = np.ceil(min(3.0 * np.sqrt(n), n / 3.0))
    if long_run == 0.0:
        return float(longest)
    return float(np.clip(np.cbrt(slope**2 / long_run**2 * n), 1.0, longest))


def _bandwidth(insignificant: np.ndarray, in_a_row: int, most_lags: int) -> int:
    """Return twice the first lag that starts a row of insignificant ones."""
    for lag in range(most_lags + 1 - in_a_row):
        if insignificant[lag : lag + in_a_row].all():
            return min(2 * max(lag, 1), most_lags)
    return most_lags
