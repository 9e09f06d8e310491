"""The market's outlook: trend and volatility of each instrument.

References
----------
RiskMetrics (1996), "Technical document", ch. 5 (exponentially weighted volatility); Kish (1965),
"Survey sampling", Wiley, section 11.7 (the size of a weighted sample); Serfling (1980),
"Approximation theorems of mathematical statistics", sections 2.2.1 and 3.1 (the error of a
deviation, by the delta method).
"""

import math

import numpy as np
import pandas as pd

from kernels.arrays import Floats
from risk.market.market import Market
from risk.market.revalue import TRADING_DAYS
from risk.measures.deviation import deviation_errors
from risk.plan import FEWEST_RETURNS

COLUMNS = [
    "instrument_id",
    "kind",
    "observations",
    "close",
    "trend",
    "trend_standard_error",
    "volatility",
    "volatility_standard_error",
    "long_run_volatility",
    "long_run_volatility_standard_error",
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
    long-run volatility unweighted about the mean, all annual fractions (252 days). The errors of
    trend and long run are of independent returns; that of volatility is NaN where there are too
    few returns for it. An instrument with fewer than three prices, or a price that is NaN or not
    positive, is left out.

    References
    ----------
    RiskMetrics (1996), ch. 5; Kish (1965), section 11.7; Serfling (1980), section 2.2.1.
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
    deviation, year = float(returns.std(ddof=1)), np.sqrt(TRADING_DAYS)
    return {
        "observations": len(closes),
        "close": closes[-1],
        "trend": float(returns.mean()) * TRADING_DAYS,
        "trend_standard_error": deviation / np.sqrt(len(returns)) * TRADING_DAYS,
        "volatility": weighted_volatility(returns, decay) * year,
        "volatility_standard_error": weighted_volatility_error(returns, decay) * year,
        "long_run_volatility": deviation * year,
        "long_run_volatility_standard_error": float(deviation_errors(returns[:, None])[0]) * year,
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
    return float(np.sqrt((_weights(len(returns), decay) * returns**2).sum()))


def weighted_volatility_error(returns: Floats, decay: float) -> float:
    """Return the standard error of the exponentially weighted volatility per day.

    A weighted mean of independent squares has the variance of one of them over the effective size
    of the sample, which is one over the sum of squared weights: (1 + decay) / (1 - decay) of a
    long history, 32 returns at 0.94. The variance of a square is that of returns over the
    volatility of their eve, so that a volatility that wanders is not taken for heavy tails: the
    error is ``volatility / 2 * sqrt((kurtosis - 1) / size)``. It is of what the weighted days'
    volatility was; how far that of tomorrow is from it, it does not say. An eve's volatility is
    itself off, which the kurtosis is corrected for, to first order.

    Parameters
    ----------
    returns, decay : as of `weighted_volatility`; no NaN

    Returns
    -------
    Fraction per root day; 0 where nothing ever moved, and NaN where fewer than 30 returns have an
    eve with an effective sample, or half of the history if that is shorter, before it.

    References
    ----------
    Kish (1965), section 11.7; Serfling (1980), sections 2.2.1 and 3.1.
    """
    volatility = weighted_volatility(returns, decay)
    if volatility == 0.0:
        return 0.0
    size = 1.0 / float((_weights(len(returns), decay) ** 2).sum())
    found = _standardised_kurtosis(returns, decay, min(math.ceil(size), len(returns) // 2))
    kurtosis = _without_eves(found, size)
    return 0.5 * volatility * float(np.sqrt((kurtosis - 1.0) / size))


def _without_eves(found: float, size: float) -> float:
    """Return the kurtosis of returns, given that over eves' volatilities, which are off themselves.

    The variance of an eve's variance is that of a square over ``size``, in which the kurtosis is
    once more: ``found = kurtosis * (1 + (kurtosis - 1) / size)``.
    """
    linear = 0.5 * (size - 1.0)
    return math.sqrt(linear**2 + size * found) - linear


def _weights(n: int, decay: float) -> Floats:
    weights = decay ** np.arange(n)[::-1]
    return np.asarray(weights / weights.sum())


def _standardised_kurtosis(returns: Floats, decay: float, first: int) -> float:
    """Return the kurtosis about zero of returns, from one on, over their eve's volatility."""
    squares = returns**2
    eves = pd.Series(squares).ewm(alpha=1.0 - decay).mean().to_numpy()[:-1]
    own, variance = squares[max(first, 1) :], eves[max(first, 1) - 1 :]
    scaled = own[variance > 0.0] / variance[variance > 0.0]
    if len(scaled) < FEWEST_RETURNS or not scaled.any():
        return float("nan")
    return float((scaled**2).mean() / scaled.mean() ** 2)
