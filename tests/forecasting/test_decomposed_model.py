"""Models within seasons: what is added back, and which seasons a grid has."""

import numpy as np
import pytest

from forecasting.models import BatchForecast, Seasons, find_model
from forecasting.models.decomposed_model import DecomposedModel, season_lengths
from forecasting.panel import Batch

HOURS = Seasons(24, 8766.0)


class LastValue:
    """Repeats the last observation; fails where it is told to."""

    def __init__(self, broken=()):
        self.broken = broken

    def forecast(self, batch, seasons, horizon):
        assert seasons.length == 1
        means = np.repeat(batch.values[batch.offsets[1:] - 1][:, None], horizon, axis=1)
        return BatchForecast(means, {n: ValueError("not today") for n in self.broken})


def batch_of(series):
    offsets = np.concatenate([[0], np.cumsum([len(y) for y in series])]).astype(np.int64)
    return Batch(np.concatenate(series), offsets)


def hours(n):
    t = np.arange(n)
    weekend = (t // 24) % 7 >= 5
    return 50.0 + np.where(weekend, -10.0, 4.0) + 10.0 * np.sin(2 * np.pi * t / 24)


@pytest.mark.parametrize(
    ("seasons", "lengths"),
    [
        (HOURS, [24, 168]),
        (Seasons(7, 365.25), [7]),
        (Seasons(12, 12.0), [12]),
        (Seasons(52, 365.25 / 7), [52]),
        (Seasons(1, 365.25), []),
    ],
)
def test_hours_have_a_day_and_a_week(seasons, lengths):
    assert season_lengths(seasons).tolist() == lengths


def test_each_series_has_the_seasons_it_is_long_enough_for():
    batch = batch_of([hours(600), hours(100), hours(40)])
    found = DecomposedModel(LastValue()).forecast(batch, HOURS, 30)
    ahead = hours(630)[600:]
    # The weekend is 14 units below; the day's season, which moves, takes a seventh of that.
    assert np.abs(found.means[0] - ahead).max() < 14.0 / 5.0
    assert np.isfinite(found.means[1]).all()
    assert np.ptp(found.means[1]) > 15.0
    assert np.isnan(found.means[2]).all()
    assert not found.errors


def test_failures_within_keep_their_series():
    batch = batch_of([hours(40), hours(600), hours(100)])
    found = DecomposedModel(LastValue(broken=(0,))).forecast(batch, HOURS, 3)
    assert sorted(found.errors) == [1, 2]


def test_without_a_season_the_model_within_speaks():
    batch = batch_of([hours(50)])
    found = DecomposedModel(LastValue()).forecast(batch, Seasons(1, 8766.0), 3)
    assert np.array_equal(found.means[0], np.full(3, hours(50)[-1]))


@pytest.mark.parametrize("name", ["SeasonalTrendTheta", "YearlySeasonalTrend"])
def test_a_series_is_forecast_the_same_in_any_company(name):
    draws = np.random.default_rng(4)
    series = [draws.poisson(20.0, n).astype(float) for n in (900, 30, 800)]
    days = Seasons(7, 365.25)
    together = find_model(name).forecast(batch_of(series), days, 9).means
    for number, y in enumerate(series):
        alone = find_model(name).forecast(batch_of([y]), days, 9).means[0]
        assert np.array_equal(alone, together[number], equal_nan=True)
