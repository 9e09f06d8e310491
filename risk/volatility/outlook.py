"""The outlook of each instrument: volatility, trend and the chance of a fall, days to a year ahead.

References
----------
Christoffersen & Diebold (2006), "Financial asset returns, direction-of-change forecasting, and
volatility dynamics", Management Science 52(8), section 2: the chance of a fall turns on
volatility. Bollerslev & Wooldridge (1992), Econometric Reviews 11(2): normal likelihood serves
where innovations are not. Fan, Qi & Xiu (2014), "Quasi-maximum likelihood estimation of GARCH
models with heavy-tailed likelihoods", Journal of Business & Economic Statistics 32(2): a heavy
tailed one may tell another scale.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtr

from kernels.arrays import Floats
from kernels.device import Device
from kernels.garch_search import Outcome
from risk.volatility.fit import VolatilityFit, fit_volatility
from risk.volatility.model import VolatilityModel
from risk.volatility.term_structure import period_volatility

HORIZONS = (1, 5, 10, 21, 63, 250)
YEAR = 252
COLUMNS = [
    "instrument_id",
    "horizon",
    "model",
    "outcome",
    "trend",
    "volatility",
    "expected_return",
    "expected_return_standard_error",
    "probability_of_fall",
]
OWN_MEAN = "mean"
# Mean squared residual, one of a law that holds: tails that are not a t's make it 1.4 at most of
# shares that trade daily, and returns of which half are zero millions.
_ANOTHER_SCALE = 2.0
# A deviation about a mean needs two returns.
FEWEST_PRICES = 3


class PeriodOutlook(NamedTuple):
    """What is said of the sum of log returns over each horizon; NaN where nothing was fitted.

    Parameters
    ----------
    volatility : (n_horizons, n_series) float64, annual, fraction
    mean, mean_error : (n_horizons, n_series) float64, expected sum and the error of that mean
    probability_of_fall : (n_horizons, n_series) float64, that the sum is below zero
    """

    volatility: Floats
    mean: Floats
    mean_error: Floats
    probability_of_fall: Floats


def period_outlook(
    fit: VolatilityFit, horizons: Sequence[int], mean: Floats, mean_error: Floats
) -> PeriodOutlook:
    """Return volatility, trend and the chance of a fall over each horizon.

    The sum of returns is taken to be normal, about a mean that is itself known with an error:
    its variance is the volatility's and the square of that error.

    Parameters
    ----------
    fit : of the series
    horizons : trading days, 1 to 250
    mean, mean_error : (n_series,) float64, daily log return and the error of its estimate
    """
    days = np.asarray(horizons, dtype=float)[:, None]
    period = period_volatility(fit, horizons)
    expected = np.where(np.isnan(period), np.nan, days * mean)
    error = np.where(np.isnan(period), np.nan, days * mean_error)
    chance = ndtr(-expected / np.sqrt(period**2 + error**2))
    return PeriodOutlook(period * np.sqrt(YEAR / days), expected, error, np.asarray(chance))


def fit_outlook(moves: Floats, model: VolatilityModel, device: Device = "cpu") -> VolatilityFit:
    """Fit the law of volatility, by normal innovations where a t's tell another scale.

    Where many returns are zero, those of a price that seldom changes, likelihood of a t gathers
    about them, and volatility vanishes.

    Parameters
    ----------
    moves : (n_returns, n_series) float64, oldest first; a series may start with NaN
    model, device : as of `risk.volatility.fit_volatility`

    References
    ----------
    Bollerslev & Wooldridge (1992); Fan, Qi & Xiu (2014).
    """
    fit = fit_volatility(moves, model, device)
    known = np.isfinite(fit.residuals).sum(axis=0)
    off = np.nansum(fit.residuals**2, axis=0) > _ANOTHER_SCALE * known
    if model.innovations == "gaussian" or not off.any():
        return fit
    normal = replace(model, innovations="gaussian")
    return fit.with_series(off, fit_volatility(moves[:, off], normal, device))


def volatility_outlook(
    prices: pd.DataFrame,
    model: VolatilityModel,
    horizons: Sequence[int] = HORIZONS,
    trends: pd.DataFrame | None = None,
    device: Device = "cpu",
) -> pd.DataFrame:
    """Return the outlook of every instrument, each from all its own prices.

    Parameters
    ----------
    prices : instrument_id, ds and close
    model : law of volatility
    horizons : trading days, 1 to 250
    trends : instrument_id, trend (a model's name), mean and standard_error of the daily log
        return, where that model has forecast it; the mean of the instrument's own returns and its
        error otherwise, whose trend is "mean"
    device : where the law is fitted

    Returns
    -------
    Frame of `COLUMNS`, one row per instrument and horizon: volatility annual, expected return
    the sum of log returns over the horizon. Where the law cannot be fitted, the outcome says
    why, and the figures are NaN. An instrument with fewer than three prices, or one that is not
    positive, is left out.
    """
    histories = _returns(prices)
    names = list(histories)
    if not names:
        return pd.DataFrame(columns=COLUMNS)
    longest = max(len(own) for own in histories.values())
    moves = np.full((longest, len(names)), np.nan)
    for number, own in enumerate(histories.values()):
        moves[longest - len(own) :, number] = own
    fit = fit_outlook(moves, model, device)
    models, mean, error = _trends(histories, trends)
    outlook = period_outlook(fit, horizons, mean, error)
    return pd.DataFrame(
        {
            "instrument_id": np.repeat(np.array(names, dtype=object), len(horizons)),
            "horizon": np.tile(np.array(horizons, dtype=np.int64), len(names)),
            "model": model.recursion,
            "outcome": np.repeat(
                np.array([Outcome(int(o)).name.lower() for o in fit.outcomes], dtype=object),
                len(horizons),
            ),
            "volatility": outlook.volatility.T.ravel(),
            "trend": np.repeat(models, len(horizons)),
            "expected_return": outlook.mean.T.ravel(),
            "expected_return_standard_error": outlook.mean_error.T.ravel(),
            "probability_of_fall": outlook.probability_of_fall.T.ravel(),
        }
    )[COLUMNS]


def _returns(prices: pd.DataFrame) -> dict[str, Floats]:
    """Return the log returns of every instrument that has enough good prices, by name."""
    found = {}
    for name, group in prices.sort_values("ds").groupby("instrument_id", sort=True):
        closes = group["close"].to_numpy(float)
        if len(closes) >= FEWEST_PRICES and (np.isfinite(closes) & (closes > 0.0)).all():
            found[str(name)] = np.diff(np.log(closes))
    return found


def _trends(
    histories: dict[str, Floats], trends: pd.DataFrame | None
) -> tuple[np.ndarray, Floats, Floats]:
    """Return whose trend it is, the daily mean and its error, of every instrument."""
    models = np.full(len(histories), OWN_MEAN, dtype=object)
    mean = np.array([own.mean() for own in histories.values()])
    error = np.array([own.std(ddof=1) / np.sqrt(len(own)) for own in histories.values()])
    if trends is not None:
        given = trends.set_index("instrument_id").reindex(list(histories))
        own = given[["mean", "standard_error"]].to_numpy(float)
        told = np.isfinite(own).all(axis=1)
        models[told] = given["trend"].to_numpy(dtype=object)[told]
        mean, error = np.where(told, own[:, 0], mean), np.where(told, own[:, 1], error)
    return models, mean, error
