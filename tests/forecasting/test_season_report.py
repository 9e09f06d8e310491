"""What is told of the seasons that series share: what forecasts take, and its error."""

import numpy as np
import pandas as pd
import pytest

from forecasting import DemandPanel, PanelError, know_seasons, learn_seasons, report_seasons
from tests.forecasting.demand import frame_of, panel_of
from tests.forecasting.test_shared_seasons import (
    DAYS,
    NOTHING,
    PLAN,
    WEEK,
    demand,
    in_days,
    rare,
    shops,
)


def told(panel, plan, categories=NOTHING):
    return report_seasons(know_seasons(panel, categories, learn_seasons(panel, categories, plan)))


def test_a_week_is_told_of_the_seven_days_that_come_next():
    found = told(in_days(rare(60)), DAYS)
    assert list(found["ds"]) == list(pd.date_range("2024-03-25", periods=7))
    assert set(zip(found["season"], found["level"], found["name"], strict=True)) == {
        ("season", "item", "bulb")
    }
    # Sixty shops of twelve weeks sell 288 on a weekday: its share is known to 6%.
    np.testing.assert_allclose(found["multiple"], WEEK, atol=0.15)
    assert found["multiple"].mean() == pytest.approx(1.0)


def test_a_multiple_is_what_forecasts_take():
    panel = shops(demand(20))
    shared = learn_seasons(panel, NOTHING, PLAN)
    known = know_seasons(panel, NOTHING, shared)
    found = report_seasons(known)
    assert set(found["season"]) == {"year"}
    assert len(found) == 52
    (season,) = np.unique(known.batch.shared.expected(shared.year).seasons, axis=0)
    harmonics, ahead = np.arange(1, 27), np.arange(1, 53)
    waves = 2j * np.pi * np.outer(harmonics, ahead) / shared.year.period
    expected = 1.0 + ((season[2::2] - 1j * season[3::2]) @ np.exp(waves)).real
    np.testing.assert_allclose(found["multiple"], expected, rtol=1e-9)


def test_an_items_multiple_has_its_categorys_in_it():
    late = demand(4, phases=np.full(4, 0.5), noise=0.05)
    kinds = {("W", f"{kind}{n}"): y for kind in "ab" for n, y in enumerate(demand(4))}
    series = {**kinds, **{(f"W{n}", "late"): y for n, y in enumerate(late)}}
    panel = panel_of(series, frequency="W")
    found = told(panel, PLAN, pd.Series({item: "food" for _, item in series}))
    by_name = found.pivot_table(index="ds", columns="name", values="multiple")
    truth = demand(1, n=208, phases=np.full(1, 0.5), noise=0.0)[0][156:]
    np.testing.assert_allclose(by_name["late"], truth / truth.mean(), rtol=0.1)
    errors = found.groupby("name")["standard_error"].first()
    assert 0.0 < errors["food"] < errors["late"]


def test_the_standard_error_is_of_the_size_of_the_error():
    series = {
        (f"W{shop}", f"bulb{item}"): y
        for item in range(60)
        for shop, y in enumerate(rare(5, seed=(8, item)))
    }
    panel = DemandPanel.from_frame(frame_of(series, start="2024-01-01"), "D")
    found = told(panel, DAYS)
    found = found[found["level"] == "item"]
    errors = found["multiple"] - np.tile(WEEK / WEEK.mean(), 60)
    # Of 360 free errors the root mean square is known to 4%; what is shrunk errs by less.
    assert 0.7 < np.sqrt((errors**2 / found["standard_error"] ** 2).mean()) < 1.1


def test_nothing_is_told_of_what_nothing_is_known_of():
    assert not len(told(in_days(rare(2)), DAYS))
    with pytest.raises(PanelError, match="know_seasons"):
        report_seasons(in_days(rare(3)))
