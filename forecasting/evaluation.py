"""How good the chosen forecasts have been, by class and part of the horizon."""

import numpy as np
import pandas as pd

from forecasting.champions import Contest
from kernels.arrays import Floats, Integers

EVALUATION = [
    "demand_class",
    "band",
    "first_step",
    "last_step",
    "series",
    "mase",
    "bias",
    "value_added",
]


def evaluate_horizon(
    demand_class: str, contest: Contest, actuals: Floats, scale: Floats, bands: Integers
) -> pd.DataFrame:
    """Return the backtest errors of the winners, over all origins, for each part of the horizon.

    Parameters
    ----------
    demand_class : of the series
    contest : of them
    actuals : (n_series, windows, horizon) float64, units, NaN where unscored
    scale : (n_series,) float64, units, of MASE; a series without one is left out
    bands : (horizon,) int64, the part of each step, from 0, the nearest

    Returns
    -------
    frame of `EVALUATION`, a row per part: first_step and last_step (from 1), series (scored), mase,
    bias (mean of forecast - actual, scaled as MASE is), value_added (the share of seasonal naive's
    error that is saved where both answered; NaN where it never did or never erred)
    """
    errors = (contest.past - actuals) / scale[:, None, None]
    benchmark = np.abs(contest.benchmark - actuals) / scale[:, None, None]
    rows = []
    for band in np.unique(bands):
        steps = np.flatnonzero(bands == band)
        own, naive = errors[:, :, steps], benchmark[:, :, steps]
        seen = np.isfinite(own)
        if not seen.any():
            continue
        both = seen & np.isfinite(naive)
        against = naive[both].sum()
        rows.append(
            (
                demand_class,
                int(band),
                int(steps[0]) + 1,
                int(steps[-1]) + 1,
                int(seen.any(axis=(1, 2)).sum()),
                np.abs(own[seen]).mean(),
                own[seen].mean(),
                1.0 - np.abs(own[both]).sum() / against if against > 0.0 else np.nan,
            )
        )
    return pd.DataFrame(rows, columns=EVALUATION)
