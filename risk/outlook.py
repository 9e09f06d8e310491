"""The market's outlook: trend and volatility of each instrument.

References
----------
RiskMetrics (1996), "Technical document", ch. 5 (exponentially weighted volatility).
"""

import numpy as np
import pandas as pd

from kernels.arrays import Floats
from risk.market.market import Market
from risk.market.revalue import TRADING_DAYS

COLUMNS = [
    "instrument_id",
    "kind",
    "observations",
    "close",
    "trend",
    "trend_standard_error",
    "volatility",
    "long_run_volatility",
]


# A deviation needs two returns.
FEWEST_PRICES = 3


def market_outlook(
    market: Market, instruments: pd.DataFrame, *, decay: float = 0.94
) -> pd.DataFrame:
    """Return trend and volatility of every instrument with prices, each from all its own prices.

    Parameters
    ----------
    market : the market
    instruments : instrument_id and kind of every instrument
    decay : weight of yesterday's variance, per day

    Returns
    -------
    Frame: trend is the mean of log returns, volatility exponentially weighted about zero,
    long-run volatility unweighted about the mean, all annual fractions (252 days); the trend's
    error is that of a mean of independent returns, deviations over their number less one. An
    instrument with fewer than three prices, or a price that is NaN or not positive, is left out.

    References
    ----------
    RiskMetrics (1996), ch. 5.
    """
    kinds = {
        str(name): kind
        for name, kind in zip(instruments["instrument_id"], instruments["kind"], strict=True)
    }
    rows = []
    for name, group in market.prices.sort_values("ds").groupby("instrument_id", sort=True):
        closes = group["close"].to_numpy(float)
        if str(name) in kinds and len(closes) >= FEWEST_PRICES and _are_prices(closes):
            rows.append(
                {"instrument_id": name, "kind": kinds[str(name)], **_outlook(closes, decay)}
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def _are_prices(closes: Floats) -> bool:
    return bool((np.isfinite(closes) & (closes > 0.0)).all())


def _outlook(closes: Floats, decay: float) -> dict[str, float]:
    returns = np.diff(np.log(closes))
    deviation = float(returns.std(ddof=1))
    return {
        "observations": len(closes),
        "close": closes[-1],
        "trend": float(returns.mean()) * TRADING_DAYS,
        "trend_standard_error": deviation / np.sqrt(len(returns)) * TRADING_DAYS,
        "volatility": weighted_volatility(returns, decay) * np.sqrt(TRADING_DAYS),
        "long_run_volatility": deviation * np.sqrt(TRADING_DAYS),
    }


def weighted_volatility(returns: Floats, decay: float) -> float:
    """Return the exponentially weighted volatility per day, the last return weighing most.

    Parameters
    ----------
    returns : (n_returns,) float64, log returns, oldest first, at least one, no NaN
    decay : weight of a return relative to the next one's, in (0, 1)

    Returns
    -------
    Fraction per root day, about zero; the weights add up to one.

    References
    ----------
    RiskMetrics (1996), ch. 5.
    """
    weights = decay ** np.arange(len(returns))[::-1]
    return float(np.sqrt((weights * returns**2).sum() / weights.sum()))
