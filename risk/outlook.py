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


def market_outlook(
    market: Market, instruments: pd.DataFrame, *, decay: float = 0.94
) -> pd.DataFrame:
    """Return trend and volatility of every instrument that has prices, from all its prices.

    Parameters
    ----------
    market : the market
    instruments : instrument_id and kind of every instrument
    decay : weight of yesterday's variance, per day

    Returns
    -------
    Frame: trend is the mean of log returns, volatility exponentially weighted, long-run
    volatility unweighted, all annual fractions (252 days); the trend's error is that of a mean.
    """
    kinds = instruments.set_index("instrument_id")["kind"]
    rows = []
    for name, group in market.prices.sort_values("ds").groupby("instrument_id", sort=True):
        closes = group["close"].to_numpy(float)
        returns = np.diff(np.log(closes))
        deviation = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
        rows.append(
            {
                "instrument_id": name,
                "kind": kinds[name],
                "observations": len(closes),
                "close": closes[-1],
                "trend": float(returns.mean()) * TRADING_DAYS if len(returns) else 0.0,
                "trend_standard_error": deviation / np.sqrt(max(len(returns), 1)) * TRADING_DAYS,
                "volatility": weighted_volatility(returns, decay) * np.sqrt(TRADING_DAYS),
                "long_run_volatility": deviation * np.sqrt(TRADING_DAYS),
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def weighted_volatility(returns: Floats, decay: float) -> float:
    """Return the exponentially weighted volatility per day, the last return weighing most."""
    if not len(returns):
        return 0.0
    weights = decay ** np.arange(len(returns))[::-1]
    return float(np.sqrt(weights @ returns**2 / weights.sum()))
