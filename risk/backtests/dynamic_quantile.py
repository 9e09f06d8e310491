"""Dynamic quantile: whether anything known on the eve tells the day's exception.

References
----------
Engle & Manganelli (2004), "CAViaR: conditional autoregressive value at risk by regression
quantiles", Journal of Business & Economic Statistics 22(4), section 6, theorem 5.
"""

import numpy as np

from kernels.arrays import Floats, Integers
from kernels.backtest_counts import hit_products
from risk.backtests.errors import BacktestError
from risk.backtests.exceptions import by_book, require_same_days
from risk.backtests.judgement import Judgement, chi_square_judgement, require_fraction

LAGS = 4
# Directions of the regressors, scaled to unit length, that count as one with the others.
_COLLINEAR = 1e-10
# A regressor so much smaller than what it was centred from is rounding.
_ROUNDING = 1e-13


def dynamic_quantile(
    losses: Floats, value_at_risk: Floats, level: float, lags: int = LAGS
) -> Judgement:
    """Regress hits on a constant, their lags and value at risk; chi-square by their number.

    Regressors that are collinear count once: value at risk that never moves, or lags without an
    exception, are one with the constant, and the law has that many degrees fewer.

    Parameters
    ----------
    losses : (n_days, n_books) float64, money, a loss is positive
    value_at_risk : (n_days, n_books) float64, money, said on the eve; a day enters where it and
        the ``lags`` before it have no NaN
    level : of value at risk, in (0, 1)
    lags : of hits, at least 0

    Returns
    -------
    Judgement, statistic not negative; undefined (NaN) where no more days enter than there are
    regressors.

    Raises
    ------
    BacktestError
        Where the level or the lags are out of range, or the shapes differ.

    References
    ----------
    Engle & Manganelli (2004), theorem 5.
    """
    require_fraction("level", level)
    require_same_days(losses, value_at_risk, "value_at_risk")
    if lags < 0:
        raise BacktestError(f"lags must be at least 0; got {lags}")
    n_books, width = losses.shape[1], lags + 2
    products, crosses = np.empty((n_books, width, width)), np.empty((n_books, width))
    days: Integers = np.empty(n_books, np.int64)
    quantiles = by_book(value_at_risk)
    hit_products(by_book(losses), quantiles, 1.0 - level, lags, products, crosses, days)
    sizes = np.nan_to_num(np.abs(quantiles)).max(axis=1, initial=0.0)
    explained, rank = _explained(products, crosses, np.sqrt(days) * sizes)
    statistic = explained / (level * (1.0 - level))
    return chi_square_judgement(np.where(days > width, statistic, np.nan), rank)


def _explained(products: Floats, crosses: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """Return the sum of squares that the regressors explain, and how many of them do."""
    lengths = np.sqrt(np.diagonal(products, axis1=1, axis2=2).copy())
    lengths[:, -1] *= lengths[:, -1] > _ROUNDING * sizes
    scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0.0)
    values, vectors = np.linalg.eigh(products * scale[:, :, None] * scale[:, None, :])
    own = np.squeeze((crosses * scale)[:, None, :] @ vectors, axis=1)
    kept = values > _COLLINEAR
    explained = np.divide(own**2, values, out=np.zeros_like(own), where=kept)
    return explained.sum(axis=1), kept.sum(axis=1).astype(float)
