"""Anomalies of a panel: which period of which series, and what the forecast makes of them."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecasting import category_profiles, forecast_demand
from forecasting.anomalies import ANOMALIES, find_anomalies
from forecasting.models import Seasons
from tests.forecasting.demand import daily_plan, frame_of, panel_of, week

WEEKS = Seasons(7, 365.25)


def demand(seed=0, days=220):
    draws, t = np.random.default_rng(seed), np.arange(days)
    return {
        ("W1", "shifted"): np.concatenate([draws.poisson(10.0, 110), draws.poisson(40.0, 110)]),
        ("W1", "slip"): draws.poisson(20.0 * week(t)),
        ("W2", "new"): draws.poisson(20.0 * week(t)),
        ("W2", "none"): draws.poisson(20.0 * week(t)),
    }


@pytest.fixture
def series():
    found = demand()
    found["W1", "slip"][100] = 900
    found["W2", "new"][-1] = 700
    return found


def anomalies_of(panel):
    return find_anomalies(panel, panel.uncensored(7), WEEKS)


@pytest.mark.parametrize("frequency", ["h", "D", "W", "MS"])
def test_each_anomaly_is_named_by_series_and_period(series, frequency):
    panel = panel_of(series, frequency=frequency)
    dates = frame_of(series, frequency=frequency)
    found = find_anomalies(panel, panel.batch, Seasons(7, 365.25)).frame(capping=True)
    assert list(found.columns) == ANOMALIES
    assert found["item_id"].tolist() == ["shifted", "slip", "new"]
    assert found["kind"].tolist() == ["level shift", "outlier", "anomaly"]
    assert found["capped"].tolist() == [False, True, False]
    slip = dates[dates["item_id"] == "slip"]["ds"].to_numpy()
    assert found["ds"].to_numpy()[1] == slip[100]
    new = dates[dates["item_id"] == "new"]["ds"].to_numpy()
    assert found["ds"].to_numpy()[2] == new[-1]
    assert found["value"].tolist()[1:] == [900.0, 700.0]
    assert found["expected"].tolist()[1:] == pytest.approx([24.0, 24.0], abs=10.0)


def test_only_outliers_are_capped_and_the_panel_keeps_what_was_observed(series):
    panel = panel_of(series)
    found = anomalies_of(panel)
    changed = np.flatnonzero(found.capped.series(1) != panel.batch.series(1))
    assert changed.tolist() == [100]
    assert panel.batch.series(1)[100] == 900.0
    for number in (0, 2, 3):
        assert np.array_equal(found.capped.series(number), panel.batch.series(number))


def test_what_was_raised_where_stock_ran_out_is_no_outlier(series):
    key = ("W1", "slip")
    flags = np.zeros(220, dtype=bool)
    flags[100] = True
    panel = panel_of({key: series[key]}, censored={key: flags})
    assert len(anomalies_of(panel).frame(capping=True)) == 0


def test_whole_units_stay_whole_where_another_period_was_raised(series):
    key = ("W1", "slip")
    flags = np.zeros(220, dtype=bool)
    flags[50:53] = True
    panel = panel_of({key: series[key]}, censored={key: flags})
    batch = panel.uncensored(7)
    assert (batch.series(0)[flags] % 1.0 > 0.0).any()
    capped = find_anomalies(panel, batch, WEEKS).capped.series(0)
    assert capped[100] < 100.0
    assert (capped[~flags] % 1.0 == 0.0).all()


def test_nothing_found_is_an_empty_frame_of_the_same_columns():
    panel = panel_of({("W", "A"): np.full(40, 3.0)})
    assert list(anomalies_of(panel).frame(capping=True).columns) == ANOMALIES


def forecast(series, **settings):
    panel, plan = panel_of(series), daily_plan(**settings)
    nothing = pd.Series(dtype=object)
    profiles = category_profiles(panel, nothing, plan)
    return forecast_demand(panel, plan, date(2023, 8, 9), profiles, nothing)


def test_a_slip_moves_the_forecast_only_where_it_is_kept(series):
    key = ("W2", "none")
    clean = {key: series[key]}
    spoiled = {key: series[key].copy()}
    spoiled[key][190] = 900
    mean = forecast(clean).forecasts["mean"].mean()
    capped, kept = forecast(spoiled), forecast(spoiled, cap_outliers=False)
    assert capped.forecasts["mean"].mean() == pytest.approx(mean, rel=0.1)
    assert abs(kept.forecasts["mean"].mean() - mean) > 2 * abs(
        capped.forecasts["mean"].mean() - mean
    )
    assert capped.anomalies["capped"].tolist() == [True]
    assert kept.anomalies["capped"].tolist() == [False]
