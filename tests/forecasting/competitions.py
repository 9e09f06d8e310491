"""The M competitions' series, their benchmarks' seasons and trends, and the errors as printed."""

import numpy as np
import pandas as pd

from forecasting.models import BatchForecast, Seasons, find_model
from forecasting.panel import Batch
from forecasting.scores import seasonal_scale
from kernels.seasonality import autocorrelation_is_seasonal
from kernels.theta_series import put_season_back, take_season_out
from tests.oracles import forecasting as oracle
from tests.oracles.trends import forecast_trend

HORIZONS = {"Hourly": 48, "Weekly": 13, "Monthly": 18, "Quarterly": 8, "Yearly": 6, "Other": 8}
SEASONS = {"Hourly": 24, "Weekly": 1, "Monthly": 12, "Quarterly": 4, "Yearly": 1, "Other": 1}

# Printed by those who wrote the programs, with the code that made them. Mean absolute error, sMAPE
# from 0 to 200 and MASE of M4 by the season told, which also scales MASE: statsforecast's
# experiments/mfles/summary.md (its sMAPE, from 0 to 100, doubled).
OF_STATSFORECAST = {
    ("Hourly", 24, "SeasonalNaive"): (353.9, 14.0, 1.19),
    ("Hourly", 24, "DynamicOptimizedTheta"): (366.3, 18.0, 2.39),
    ("Weekly", 52, "SeasonalNaive"): (727.2, 14.6, 1.22),
    ("Weekly", 52, "DynamicOptimizedTheta"): (332.0, 7.8, 0.55),
}
# sMAPE, MAPE and MASE of all 3,003 series of M3 by R's `ets`, which chooses among our models: the
# article "Comparisons" of Hyndman's R package Mcomp.
OF_R_ETS = (13.07, 17.69, 1.43)


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


def accuracy_by_statsforecast(folder, period, season_length, name):
    """Return our figures of a row of `OF_STATSFORECAST`."""
    series, actuals = read_set(folder, "m4", period)
    seasons = Seasons(season_length, season_length)
    means = find_model(name).forecast(batch_of(series), seasons, HORIZONS[period]).means
    absolute = np.abs(actuals - means).mean()
    return np.array([absolute, *accuracy(means, series, actuals, season_length)])


def accuracy_by_r_ets(folder):
    """Return our figures of `OF_R_ETS`, every series of the four sets alike."""
    totals, n_series = np.zeros(3), 0
    for period in ("Yearly", "Quarterly", "Monthly", "Other"):
        series, actuals = read_set(folder, "m3", period)
        seasons = Seasons(SEASONS[period], SEASONS[period])
        means = find_model("AutoETS").forecast(batch_of(series), seasons, HORIZONS[period]).means
        relative = 100.0 * (np.abs(actuals - means) / actuals).mean()
        smape, mase = accuracy(means, series, actuals, SEASONS[period])
        totals += len(series) * np.array([smape, relative, mase])
        n_series += len(series)
    return totals / n_series


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
