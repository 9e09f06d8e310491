"""Scores against oracles, and seasonal naive against the published M4 accuracies."""

import numpy as np
import pandas as pd
import pytest

from forecasting.models import Seasons, find_model
from forecasting.panel import Batch
from forecasting.scores import mean_over_origins, seasonal_scale, squared_scale
from tests.oracles import forecasting as oracle


def batch_of(series):
    offsets = np.concatenate([[0], np.cumsum([len(y) for y in series])]).astype(np.int64)
    return Batch(np.concatenate(series).astype(float), offsets)


def test_scaled_errors_are_those_of_the_papers():
    draws = np.random.default_rng(2)
    history, actuals, means = draws.gamma(2, 9, 60), draws.gamma(2, 9, 7), draws.gamma(2, 9, 7)
    batch, held_out = batch_of([np.concatenate([history, actuals])]), np.array([7])
    mase = np.abs(actuals - means).mean() / seasonal_scale(batch, 7, held_out)[0]
    rmsse = np.sqrt(((actuals - means) ** 2).mean() / squared_scale(batch, held_out)[0])
    # Sums in another order.
    assert mase == pytest.approx(
        oracle.mean_absolute_scaled_error(history, actuals, means, 7), rel=1e-12
    )
    assert rmsse == pytest.approx(
        oracle.root_mean_squared_scaled_error(history, actuals, means), rel=1e-12
    )


def test_a_series_that_never_changes_has_no_scale():
    batch = batch_of([[3, 3, 3, 3], [1], [1, 2]])
    assert np.isnan(seasonal_scale(batch, 2, np.zeros(3, np.int64))).tolist() == [True, True, False]


def test_only_what_is_scored_is_averaged():
    values = np.array([[[1.0, np.nan], [4.0, 1.0]], [[np.nan, np.nan], [np.nan, np.nan]]])
    means = mean_over_origins(values)
    assert means[0] == 2.0
    assert np.isnan(means[1])


@pytest.mark.parametrize(
    ("name", "season_length", "horizon", "symmetric", "scaled"),
    [("hourly", 24, 48, 13.912, 1.193), ("weekly", 1, 13, 9.161, 2.777)],
)
def test_seasonal_naive_has_the_published_accuracy_on_m4(
    real_data, name, season_length, horizon, symmetric, scaled
):
    # Point accuracies published with the M4 competition (Makridakis, Spiliotis & Assimakopoulos,
    # 2020), method sNaive; M4 takes weekly series to have no season.
    table = pd.read_parquet(real_data / f"m4_{name}.parquet")
    history, future = table[~table["is_test"]], table[table["is_test"]]
    groups = history.groupby("unique_id", observed=True, sort=True)["y"]
    series = [values.to_numpy(float) for _, values in groups]
    batch = batch_of(series)
    seasons = Seasons(season_length, season_length)
    means = find_model("SeasonalNaive").forecast(batch, seasons, horizon).means
    actuals = np.array(
        [y.to_numpy(float) for _, y in future.groupby("unique_id", observed=True, sort=True)["y"]]
    )
    errors = [oracle.symmetric_error(a, m) for a, m in zip(actuals, means, strict=True)]
    scale = seasonal_scale(batch, season_length, np.zeros(len(batch), np.int64))
    # Published to three decimals.
    assert np.mean(errors) == pytest.approx(symmetric, abs=5e-4)
    assert np.mean(np.abs(actuals - means).mean(axis=1) / scale) == pytest.approx(scaled, abs=5e-4)
