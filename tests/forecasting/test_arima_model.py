"""Seasonal ARIMA behind the batched face."""

import numpy as np
import pytest

from forecasting.models import Seasons, find_model
from forecasting.panel import Batch

MONTHS = Seasons(12, 12.0)
DAYS = Seasons(7, 365.25)


def batch_of(series):
    offsets = np.concatenate([[0], np.cumsum([len(y) for y in series])]).astype(np.int64)
    return Batch(np.concatenate(series), offsets)


def seasonal_walk(n, seed):
    draws = np.random.default_rng(seed)
    season = 30.0 * np.sin(2.0 * np.pi * np.arange(n) / 12.0)
    return 200.0 + draws.normal(0.0, 0.5, n).cumsum() + season + draws.normal(0.0, 4.0, n)


def test_a_season_on_a_walk_is_followed_better_than_by_its_last_year():
    series = [seasonal_walk(108, seed) for seed in range(30)]
    batch = batch_of([y[:96] for y in series])
    errors = {
        name: np.abs(
            find_model(name).forecast(batch, MONTHS, 12).means - [y[96:] for y in series]
        ).mean()
        for name in ("SeasonalARIMA", "SeasonalNaive")
    }
    # The last year's noise counts twice in a naive forecast, which the square root of two says.
    assert errors["SeasonalARIMA"] < 0.85 * errors["SeasonalNaive"]


@pytest.mark.parametrize("name", ["SeasonalARIMA", "YearlyARIMA"])
def test_too_short_a_history_has_no_answer_and_is_no_error(name):
    found = find_model(name).forecast(batch_of([np.arange(9.0), np.arange(3.0)]), DAYS, 4)
    assert np.isnan(found.means).all()
    assert not found.errors


@pytest.mark.parametrize("name", ["SeasonalARIMA", "YearlyARIMA"])
def test_a_series_is_forecast_the_same_in_any_company(name):
    draws = np.random.default_rng(4)
    series = [draws.poisson(20.0, n).astype(float) for n in (900, 30, 800, 12, 9)]
    together = find_model(name).forecast(batch_of(series), DAYS, 9).means
    for number, y in enumerate(series):
        alone = find_model(name).forecast(batch_of([y]), DAYS, 9).means[0]
        assert np.array_equal(alone, together[number], equal_nan=True)
