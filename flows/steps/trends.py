"""Trends: what the forecasting package expects of prices, handed over to risk.

References
----------
Hyndman & Billah (2003), "Unmasking the Theta method", International Journal of Forecasting 19(2):
its drift is half the slope of the least-squares line; Durlauf & Phillips (1988), "Trends versus
random walks in time series analysis", Econometrica 56(6): the slope's law under a random walk.
"""

import numpy as np
import pandas as pd

from forecasting import MODELS
from forecasting.models import Seasons
from forecasting.panel import Batch
from kernels.arrays import Floats

MODEL = "theta"
COLUMNS = ["instrument_id", "trend", "mean", "standard_error"]
# The model repeats the last price of a shorter history.
FEWEST_PRICES = 4
_NO_SEASON = Seasons(1, 252.0)
_HORIZON = 2


def price_trends(prices: pd.DataFrame) -> pd.DataFrame:
    """Return the drift that the theta model sees in every instrument's log prices.

    A history of prices says little of its drift, and the mean of its returns, which the first and
    the last price decide alone, says least; the theta model goes half way from no drift to the
    least-squares line through all of them.

    Parameters
    ----------
    prices : instrument_id, ds and close

    Returns
    -------
    Frame of instrument_id, trend (the model's name), mean (daily log return) and standard_error
    (of that drift were the log price a random walk: half that of the line's slope, whose variance
    is 6/5 of the returns' over the number of prices). An instrument with fewer than four prices,
    or with one that is not positive, is left out.
    """
    histories = _log_prices(prices)
    if not histories:
        return pd.DataFrame(columns=COLUMNS)
    offsets = np.concatenate([[0], np.cumsum([len(own) for own in histories.values()])])
    batch = Batch(np.concatenate(list(histories.values())), offsets.astype(np.int64))
    ahead = MODELS["Theta"].forecast(batch, _NO_SEASON, _HORIZON).means
    return pd.DataFrame(
        {
            "instrument_id": list(histories),
            "trend": MODEL,
            "mean": ahead[:, 1] - ahead[:, 0],
            "standard_error": [drift_error(own) for own in histories.values()],
        },
        columns=COLUMNS,
    )


def drift_error(log_prices: Floats) -> float:
    """Return the standard error of half the slope of a line through a random walk.

    Parameters
    ----------
    log_prices : (n_days,) float64, at least three
    """
    deviation = float(np.diff(log_prices).std(ddof=1))
    return 0.5 * deviation * float(np.sqrt(1.2 / len(log_prices)))


def _log_prices(prices: pd.DataFrame) -> dict[str, Floats]:
    found = {}
    for name, group in prices.sort_values("ds").groupby("instrument_id", sort=True):
        closes = group["close"].to_numpy(float)
        if len(closes) >= FEWEST_PRICES and (np.isfinite(closes) & (closes > 0.0)).all():
            found[str(name)] = np.log(closes)
    return found
