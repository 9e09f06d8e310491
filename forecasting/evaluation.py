"""How good the chosen forecasts have been, by class or series, and part of the horizon."""

import numpy as np
import pandas as pd

from forecasting.champions import Contest
from forecasting.scores import ratio_or
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
# Of a series' backtest in a part of the horizon.
PART_MEASURES = ("mase", "bias", "bias_scaled", "coverage_80", "matched_mase", "naive_mase")


def evaluate_horizon(
    demand_class: str, contest: Contest, actuals: Floats, bands: Integers
) -> pd.DataFrame:
    """Return the backtest errors of the winners, over all origins, for each part of the horizon.

    Parameters
    ----------
    demand_class : of the series
    contest : of them; a series without a scale is left out
    actuals : (n_series, windows, horizon) float64, units, NaN where unscored
    bands : (horizon,) int64, the part of each step, from 0, the nearest

    Returns
    -------
    frame of `EVALUATION`, a row per part: first_step and last_step (from 1), series (scored), mase,
    bias (mean of forecast - actual, scaled as MASE is), value_added (the share of seasonal naive's
    error that is saved where both answered; NaN where it never did or never erred)
    """
    scale = contest.scale[:, None, None]
    errors = (contest.past - actuals) / scale
    benchmark = np.abs(contest.benchmark - actuals) / scale
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


def evaluate_series(contest: Contest, actuals: Floats, bands: Integers) -> Floats:
    """Return the backtest errors of each series' winner, over all origins, by part of the horizon.

    Parameters
    ----------
    contest : of the series
    actuals : (n_series, windows, horizon) float64, units, NaN where unscored
    bands : (horizon,) int64, the part of each step, from 0, the nearest

    Returns
    -------
    (n_series, parts, len(`PART_MEASURES`)) float64: mase, bias (mean of forecast - actual, units),
    bias_scaled (as MASE is), coverage_80 (of the usual law, not calibrated), matched_mase (mase
    where seasonal naive answered too), naive_mase (seasonal naive's there). NaN where nothing is
    scored, and of scaled measures where the series has no scale
    """
    errors = contest.past - actuals
    naive = np.abs(contest.benchmark - actuals)
    matched = np.where(np.isnan(naive), np.nan, np.abs(errors))
    naive[np.isnan(errors)] = np.nan
    measured = (np.abs(errors), errors, errors, contest.covered, matched, naive)
    scale = contest.scale[:, None]
    units = np.ones(scale.shape)
    scaled = (scale, units, scale, units, scale, scale)
    starts = np.flatnonzero(np.diff(bands, prepend=-1))
    means = [_mean_in_parts(each, starts) / by for each, by in zip(measured, scaled, strict=True)]
    return np.stack(means, axis=2)


def _mean_in_parts(values: Floats, starts: Integers) -> Floats:
    """Return the mean over origins and the steps of each part, (n_series, parts)."""
    scored = ~np.isnan(values)
    totals = np.where(scored, values, 0.0).sum(axis=1)
    seen = np.add.reduceat(scored.sum(axis=1), starts, axis=1)
    return ratio_or(np.add.reduceat(totals, starts, axis=1), seen, np.nan)
