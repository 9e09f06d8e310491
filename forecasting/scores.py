"""Scales and averages of errors.

References
----------
Hyndman & Koehler (2006), "Another look at measures of forecast accuracy", International Journal
of Forecasting 22(4) (MASE); Makridakis, Spiliotis & Assimakopoulos (2022), "M5 accuracy
competition", International Journal of Forecasting 38(4) (RMSSE).
"""

import numpy as np

from forecasting.panel import Batch
from kernels.arrays import Floats, Integers
from kernels.difference_scales import fill_scales


def seasonal_scale(batch: Batch, season_length: int, drop_last: Integers) -> Floats:
    """Return the mean absolute seasonal difference of each series: the scale of MASE.

    Parameters
    ----------
    batch : demand, units per period
    season_length : periods; a series of one season or less is differenced by one period
    drop_last : (n_series,) int64, observations at the end that are held out

    Returns
    -------
    (n_series,) float64, units per period; NaN where it is zero or undefined.
    """
    return _scale(batch, season_length, drop_last, squared=False)


def squared_scale(batch: Batch, drop_last: Integers) -> Floats:
    """Return the mean squared one-step difference of each series: the scale of RMSSE squared."""
    return _scale(batch, 1, drop_last, squared=True)


def _scale(batch: Batch, lag: int, drop_last: Integers, *, squared: bool) -> Floats:
    scales = np.empty(len(batch))
    fill_scales(batch.values, batch.offsets, drop_last, lag, squared, scales)
    return scales


def mean_over_origins(values: Floats) -> Floats:
    """Return the mean over origins and steps of what is scored; NaN where nothing is.

    Parameters
    ----------
    values : (n_series, windows, horizon) float64, NaN where unscored

    Returns
    -------
    (n_series,) float64
    """
    scored = ~np.isnan(values)
    totals = np.where(scored, values, 0.0).sum(axis=(1, 2))
    return ratio_or(totals, scored.sum(axis=(1, 2)), np.nan)


def ratio_or(above: Floats, below: Floats | Integers, otherwise: float) -> Floats:
    """Return ratios where they are of something above zero, and ``otherwise`` elsewhere."""
    filled = np.full(above.shape, otherwise)
    return np.asarray(np.divide(above, below, out=filled, where=below > 0))
