"""Published accuracies of the M competitions, by the methods that are ours too.

Sources: "The M3-Competition" (Makridakis & Hibon, 2000) and "The M4 Competition" (Makridakis,
Spiliotis & Assimakopoulos, 2020), the tables of their methods' errors beside our data.
"""

import numpy as np
import pandas as pd
import pytest

from forecasting.models import BatchForecast, Seasons, find_model
from forecasting.models.ets_model import BatchedEts
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


@pytest.mark.parametrize(
    ("competition", "period", "method"),
    [
        ("m4", "Weekly", "Naive"),
        ("m4", "Hourly", "Naive"),
        ("m4", "Weekly", "Naive2"),
        ("m4", "Hourly", "Naive2"),
        ("m3", "Yearly", "NAIVE2"),
        ("m3", "Other", "NAIVE2"),
    ],
)
def test_naive_methods_have_the_published_accuracy(real_data, competition, period, method):
    series, actuals = read_set(real_data, competition, period)
    season_length, horizon = SEASONS[period], HORIZONS[period]
    own = season_length if method == "Naive2" else 1
    means = forecast_without_season(find_model("Naive"), series, own, horizon)
    found = accuracy(means, series, actuals, season_length)
    # Printed to three decimals; nothing is fitted.
    assert found == pytest.approx(published(real_data, competition, period, method), abs=6e-4)


# Not reproduced, and so left out, of M3, whose entries left no code: single smoothing on monthly
# series (ours 14.27, theirs 15.30) and theta on quarterly, yearly and other ones (9.25, 8.96;
# 16.72, 16.97; 4.94, 4.41). Seasons always, where the test finds one, or never; ratios or
# differences; three starting levels, three losses and coarse grids give single smoothing 14.27 to
# 16.26, and none gives 15.30 together with their Naive2. Theta's authors write of two lines for
# every series (Assimakopoulos & Nikolopoulos 2000), later ones of the two lines that monthly series
# had (Fiorucci et al. 2016), and what the other subsets had is not told.
@pytest.mark.parametrize(
    ("competition", "period", "method", "name"),
    [
        ("m4", "Hourly", "SES", "SimpleExponentialSmoothing"),
        ("m4", "Weekly", "SES", "SimpleExponentialSmoothing"),
        ("m3", "Yearly", "SINGLE", "SimpleExponentialSmoothing"),
        ("m3", "Other", "SINGLE", "SimpleExponentialSmoothing"),
        ("m3", "Quarterly", "SINGLE", "SimpleExponentialSmoothing"),
        ("m3", "Monthly", "NAIVE2", "Naive"),
        ("m4", "Hourly", "Theta", "Theta"),
        ("m4", "Weekly", "Theta", "Theta"),
        ("m3", "Monthly", "THETA", "Theta"),
    ],
)
def test_fitted_methods_come_close_to_the_published_accuracy(
    real_data, competition, period, method, name
):
    series, actuals = read_set(real_data, competition, period)
    season_length, horizon = SEASONS[period], HORIZONS[period]
    means = forecast_without_season(find_model(name), series, season_length, horizon)
    found = accuracy(means, series, actuals, season_length)
    # Starting levels and optimisers differ, and what M3 took for a season is not written down.
    assert found == pytest.approx(published(real_data, competition, period, method), rel=0.01)


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


@pytest.mark.parametrize("period", ["Weekly", "Hourly"])
@pytest.mark.parametrize(("method", "damped"), [("Holt", False), ("Damped", True)])
def test_trends_within_the_bounds_of_r_have_the_published_accuracy(
    real_data, period, method, damped
):
    series, actuals = read_set(real_data, "m4", period)
    season_length, horizon = SEASONS[period], HORIZONS[period]
    means = forecast_without_season(TrendOfR(damped=damped), series, season_length, horizon)
    found = accuracy(means, series, actuals, season_length)
    assert found == pytest.approx(published(real_data, "m4", period, method), rel=0.01)


def test_a_weekly_trend_within_our_own_bounds_has_the_published_accuracy(real_data):
    # On hourly series our bounds tell (22.8, theirs 29.2), and where it is damped (18.6, 19.3; on
    # weekly ones 9.01, 8.87).
    series, actuals = read_set(real_data, "m4", "Weekly")
    means = forecast_without_season(BatchedEts(("AAN",)), series, 1, HORIZONS["Weekly"])
    found = accuracy(means, series, actuals, 1)
    assert found == pytest.approx(published(real_data, "m4", "Weekly", "Holt"), rel=0.01)
