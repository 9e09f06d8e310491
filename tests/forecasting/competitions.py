"""The M competitions' series, their benchmarks' seasons and trends, and the errors as printed."""

import numpy as np
import pandas as pd

from forecasting.models import BatchForecast, Seasons
from forecasting.panel import Batch
from forecasting.scores import seasonal_scale
from kernels.seasonality import autocorrelation_is_seasonal
from kernels.theta_series import put_season_back, take_season_out
from tests.oracles import forecasting as oracle
from tests.oracles.trends import forecast_trend

HORIZONS = {"Hourly": 48, "Weekly": 13, "Monthly": 18, "Quarterly": 8, "Yearly": 6, "Other": 8}
SEASONS = {"Hourly": 24, "Weekly": 1, "Monthly": 12, "Quarterly": 4, "Yearly": 1, "Other": 1}


def batch_of(series):
    offsets = np.concatenate([[0], np.cumsum([len(y) for y in series])]).astype(np.int64)
    return Batch(np.concatenate(series), offsets)


def read_set(folder, competition, period):
    """Return what each series was and became."""
    if competition == "m4":
        table = pd.read_parquet(folder / f"m4_{period.lower()}.parquet")
    else:
        table = pd.read_parquet(folder / "m3.parquet")
        table = table[table["period"] == period.upper()]
    parts = []
    for held_out in (False, True):
        groups = table[table["is_test"] == held_out].groupby("unique_id", observed=True, sort=True)
        parts.append([y.to_numpy(float) for _, y in groups["y"]])
    return parts[0], np.array(parts[1])


def published(folder, competition, period, method):
    """Return sMAPE and MASE as they were printed."""
    if competition == "m4":
        table = pd.read_csv(folder / "reference" / "m4_published_point_accuracy.csv")
        names = [f"sMAPE_{period}", f"MASE_{period}"]
    else:
        table = pd.read_csv(folder / "reference" / "m3_published_methods_accuracy.csv")
        names = [f"smape_{period.upper()}", f"mase_{period.upper()}"]
    return table.set_index("method").loc[method, names].to_numpy(float)


def without_season(series, season_length):
    """Return each series as the competitions' benchmarks take it, and how to give it back."""
    flat, back = [], []
    for y in series:
        rest, indices = y.copy(), np.ones(season_length)
        seasonal = len(y) >= 3 * season_length and season_length > 1
        seasonal = seasonal and autocorrelation_is_seasonal(y, season_length)
        counts = np.empty(season_length)
        season = take_season_out(rest, season_length, indices, counts) if seasonal else 0
        flat.append(rest)
        back.append((len(y), season, season_length, indices, 1.0))
    return flat, back


def forecast_without_season(model, series, season_length, horizon):
    """Forecast as the competitions' benchmarks do: without the season, then with it again."""
    flat, back = without_season(series, season_length)
    means = model.forecast(batch_of(flat), Seasons(1, 1), horizon).means
    for how, row in zip(back, means, strict=True):
        put_season_back(*how, row)
    return means


def accuracy(means, series, actuals, season_length):
    errors = [oracle.symmetric_error(a, m) for a, m in zip(actuals, means, strict=True)]
    batch = batch_of(series)
    scale = seasonal_scale(batch, season_length, np.zeros(len(batch), np.int64))
    return np.array([np.mean(errors), np.nanmean(np.abs(actuals - means).mean(axis=1) / scale)])


def interval_accuracy(low, high, series, actuals, season_length):
    """Return the mean scaled interval score of 95% intervals, and how far their coverage is off."""
    outside = np.maximum(low - actuals, 0.0) + np.maximum(actuals - high, 0.0)
    batch = batch_of(series)
    scale = seasonal_scale(batch, season_length, np.zeros(len(batch), np.int64))
    scores = (high - low + 2.0 / 0.05 * outside).mean(axis=1) / scale
    return np.nanmean(scores), abs(np.mean(outside == 0.0) - 0.95)


class TrendOfR:
    """Holt's trend, plain or damped, as M4's benchmarks estimated it."""

    def __init__(self, *, damped):
        self.damped = damped

    def forecast(self, batch, _seasons, horizon):
        means = [
            forecast_trend(batch.series(number), horizon, damped=self.damped)
            for number in range(len(batch))
        ]
        return BatchForecast(np.array(means))
