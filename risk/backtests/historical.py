"""Rolling value at risk and expected shortfall of a history of losses, by historical simulation.

References
----------
Hull & White (1998), "Incorporating volatility updating into the historical simulation method for
value-at-risk", Journal of Risk 1(1); RiskMetrics (1996), "Technical document", section 5.2 (the
exponentially weighted volatility).
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from kernels.arrays import Floats
from kernels.backtest_windows import roll_tails, roll_volatilities
from risk.backtests.errors import BacktestError
from risk.backtests.exceptions import by_book
from risk.backtests.judgement import require_fraction
from risk.measures.tail import quantile_place

RollingMethod = Literal["historical", "volatility_scaled"]
ROLLING_METHODS: tuple[RollingMethod, ...] = get_args(RollingMethod)


@dataclass(frozen=True)
class RollingTail:
    """Figures of each day, from the days before it.

    Parameters
    ----------
    value_at_risk, expected_shortfall : (n_days, n_books) float64, money; NaN on days without a
        whole window before them
    """

    value_at_risk: Floats
    expected_shortfall: Floats


def rolling_value_at_risk(
    losses: Floats,
    window: int,
    level: float,
    method: RollingMethod = "historical",
    decay: float = 0.94,
) -> RollingTail:
    """Return each day's value at risk and expected shortfall, said on its eve.

    The conventions are those of `risk.measures.tail.measure_tails`.

    Parameters
    ----------
    losses : (n_days, n_books) float64, money, a loss is positive; after a NaN a whole window must
        pass before the next figure
    window : days that a figure comes from
    level : in (0, 1)
    method : "historical" takes the losses as they were; "volatility_scaled" as multiples of their
        day's volatility, times the volatility of the judged day (exponentially weighted, from the
        mean square of the first window on)
    decay : weight of yesterday's variance in the volatility, in (0, 1)

    Returns
    -------
    RollingTail, money, a loss is positive.

    Raises
    ------
    BacktestError
        Where a setting is out of range, or a loss infinite.

    References
    ----------
    Hull & White (1998), for "volatility_scaled".
    """
    _require(losses, window, method)
    require_fraction("level", level)
    require_fraction("decay", decay)
    history = by_book(losses)
    value_at_risk, shortfall = np.empty_like(history), np.empty_like(history)
    scale = None
    if method == "volatility_scaled":
        scale = np.empty_like(history)
        roll_volatilities(history, window, decay, scale)
        history = _multiples(history, scale)
    place, weight = quantile_place(window, level), 1.0 / (window * (1.0 - level))
    roll_tails(history, window, place, weight, value_at_risk, shortfall)
    if scale is not None:
        value_at_risk *= scale
        shortfall *= scale
    return RollingTail(value_at_risk.T, shortfall.T)


def _multiples(history: Floats, volatilities: Floats) -> Floats:
    """Return losses as multiples of volatility; where nothing ever moved they are zero."""
    still = np.where(np.isnan(history), np.nan, 0.0)
    return np.divide(history, volatilities, out=still, where=volatilities > 0.0)


def _require(losses: Floats, window: int, method: str) -> None:
    if losses.ndim != 2:
        raise BacktestError(f"losses must be (n_days, n_books); got shape {losses.shape}")
    if window < 1:
        raise BacktestError(f"window must be at least 1; got {window}")
    if method not in ROLLING_METHODS:
        raise BacktestError(f"method must be one of {', '.join(ROLLING_METHODS)}; got {method!r}")
    if np.isinf(losses).any():
        day, book = np.argwhere(np.isinf(losses))[0]
        raise BacktestError(f"losses must not be infinite; day {day} of book {book} is")
