"""How a model's errors depend on each other over the periods ahead."""

import numpy as np

from kernels.arrays import Floats

# So many pairs of errors halve what they say.
PRIOR_PAIRS = 8.0
LOWEST = -0.5
HIGHEST = 0.95


def error_autocorrelation(past: Floats, actuals: Floats) -> Floats:
    """Return the lag-1 correlation of each series' errors within an origin, shrunk to zero.

    Errors are taken about zero, not about their mean: a whole horizon that is too low is what
    paths of demand must be able to show.

    Parameters
    ----------
    past, actuals : (n_series, windows, horizon) float64, NaN where unscored

    Returns
    -------
    (n_series,) float64 within [`LOWEST`, `HIGHEST`]; zero where there is no pair.
    """
    errors = actuals - past
    first, second = errors[:, :, :-1], errors[:, :, 1:]
    both = np.isfinite(first) & np.isfinite(second)
    products = np.where(both, first * second, 0.0).sum(axis=(1, 2))
    squares = np.where(both, 0.5 * (first**2 + second**2), 0.0).sum(axis=(1, 2))
    pairs = both.sum(axis=(1, 2))
    raw = np.divide(products, squares, out=np.zeros_like(products), where=squares > 0.0)
    return np.asarray(np.clip(raw * pairs / (pairs + PRIOR_PAIRS), LOWEST, HIGHEST))
