"""The driver pipeline: its columns, what they may know, and its text."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting import DemandPanel, PanelError, PlanError
from forecasting.drivers import DriverPipeline, DriverPlan, lay_drivers
from tests.forecasting.drivers.promoted import (
    HORIZON,
    NO_RECORDS,
    PLAN,
    calendar_of,
    panel_of,
    planned,
    rows_of,
)

N, PERIODS = 3, 120


def _drivers(seed: int = 1):
    draws = np.random.default_rng(seed)
    shape = (N, PERIODS + HORIZON)
    promotion = (draws.random(shape) < 0.2) * 1.0
    return promotion, 10.0 - 2.0 * promotion + draws.random(shape), draws.normal(20.0, 5.0, shape)


def _laid(drivers=None):
    panel = panel_of(np.ones((N, PERIODS)))
    return panel, rows_of(panel, *(drivers or _drivers()))


def test_each_driver_becomes_the_column_it_is_said_to():
    promotion, price, heat = _drivers()
    _, rows = _laid()
    pipeline = DriverPipeline.fit(rows, PLAN, int(rows.periods.max()))
    columns = pipeline.transform(rows).reshape(N, PERIODS + HORIZON, -1)
    assert pipeline.names == (
        "heat", "price", "promotion", "Fair", "Harvest", "before an event", "after an event",
    )  # fmt: skip
    place = {name: number for number, name in enumerate(pipeline.names)}
    np.testing.assert_array_equal(columns[:, :, place["promotion"]], promotion)
    # The median of the last 91 prices, its own among them.
    for t in (0, 50, PERIODS, PERIODS + HORIZON - 1):
        usual = np.median(price[:, max(t - 90, 0) : t + 1], axis=1)
        np.testing.assert_allclose(columns[:, t, place["price"]], np.log(price[:, t] / usual))
    past = heat[:, :PERIODS]
    np.testing.assert_allclose(
        columns[:, HORIZON:, place["heat"]], (past - past.mean()) / past.std()
    )
    assert np.isnan(columns[:, :HORIZON, place["heat"]]).all()
    days = pd.date_range("2024-06-30", periods=PERIODS + HORIZON, freq="D") - pd.Timedelta(
        days=PERIODS - 1
    )
    np.testing.assert_array_equal(columns[0, :, place["Fair"]], days.day == 1)
    before = columns[0, :, place["before an event"]]
    np.testing.assert_allclose(before[days.day == 14], 7 / 8)
    np.testing.assert_allclose(before[days.day == 8], 1 / 8)
    assert not before[(days.day == 15) | (days.day == 7)].any()
    np.testing.assert_allclose(columns[0, :, place["after an event"]][days.day == 16], 7 / 8)


@settings(max_examples=40)
@given(st.integers(20, PERIODS), st.integers(0, 2**32 - 1))
def test_no_column_within_a_horizon_of_an_origin_looks_beyond_what_is_known_there(origin, seed):
    """Known drivers may be looked up to the horizon, lagged ones and scales up to the origin."""
    drivers = _drivers()
    panel, rows = _laid(drivers)
    first = int(rows.periods[0])
    kept = DriverPipeline.fit(rows, PLAN, first + origin - 1)
    draws = np.random.default_rng(seed)
    changed = [each.copy() for each in drivers]
    for each in changed[:2]:
        each[:, origin + HORIZON :] = draws.uniform(1.0, 9.0, each[:, origin + HORIZON :].shape)
    changed[2][:, origin:] = draws.normal(0.0, 50.0, changed[2][:, origin:].shape)
    other = rows_of(panel, *changed)
    assert DriverPipeline.fit(other, PLAN, first + origin - 1) == kept
    before, after = (
        kept.transform(each).reshape(N, PERIODS + HORIZON, -1)[:, : origin + HORIZON]
        for each in (rows, other)
    )
    np.testing.assert_array_equal(before, after)


def test_the_text_of_a_pipeline_gives_the_same_columns_to_the_bit():
    _, rows = _laid()
    pipeline = DriverPipeline.fit(rows, PLAN, int(rows.periods.max()))
    again = DriverPipeline.from_json(pipeline.to_json())
    assert again == pipeline
    np.testing.assert_array_equal(again.transform(rows), pipeline.transform(rows))


def test_a_text_of_another_format_is_refused():
    with pytest.raises(PlanError, match="format 1"):
        DriverPipeline.from_json('{"format": 2}')


def test_a_series_without_a_plan_ahead_is_not_known_and_others_are_unchanged():
    promotion, price, heat = _drivers()
    panel, rows = _laid()
    pipeline = DriverPipeline.fit(rows, PLAN, int(rows.periods.max()))
    price[1, PERIODS + 3] = np.nan
    other = rows_of(panel, promotion, price, heat)
    before, after = (
        pipeline.transform(each).reshape(N, PERIODS + HORIZON, -1) for each in (rows, other)
    )
    np.testing.assert_array_equal(before[[0, 2]], after[[0, 2]])
    own = pipeline.names.index("price")
    assert np.flatnonzero(np.isnan(after[1, :, own])).tolist() == [PERIODS + 3]


def test_the_record_of_one_series_goes_before_that_of_all():
    panel = panel_of(np.ones((N, PERIODS)))
    plan = DriverPlan({"heat": "known"}, events=False)
    everywhere = planned(panel, "heat", np.full((N, HORIZON), 1.0)).iloc[:HORIZON]
    everywhere = everywhere.assign(warehouse_id="*", item_id="*")
    own = planned(panel, "heat", np.full((N, HORIZON), 5.0))
    own = own[own["item_id"] == "i001"]
    records = pd.concat([own, everywhere], ignore_index=True)
    rows = lay_drivers(panel, plan, HORIZON, {}, records, calendar_of(panel))
    ahead = rows.recorded.reshape(N, -1)[:, PERIODS:]
    np.testing.assert_array_equal(ahead, np.array([1.0, 5.0, 1.0])[:, None] * np.ones(HORIZON))
    assert np.isnan(rows.recorded.reshape(N, -1)[:, :PERIODS]).all()


def test_events_fall_in_weeks_that_start_on_the_panels_own_weekday():
    days = pd.date_range("2023-01-06", periods=80, freq="7D")  # Fridays
    frame = pd.DataFrame({"ds": days, "quantity": 1.0, "censored": False})
    panel = DemandPanel.from_frame(frame.assign(warehouse_id="W", item_id="i"), "W")
    calendar = pd.DataFrame(
        {"ds": pd.to_datetime(["2023-03-10", "2023-03-16", "2023-03-17"]), "event": ["a", "a", "b"]}
    )
    plan = DriverPlan()
    rows = lay_drivers(panel, plan, 4, {}, NO_RECORDS, calendar)
    pipeline = DriverPipeline.fit(rows, plan, int(rows.periods.max()))
    columns = pipeline.transform(rows)
    assert np.flatnonzero(columns[:, 0]).tolist() == [9]
    assert np.flatnonzero(columns[:, 1]).tolist() == [10]
    # The week before has half of what is near, and the event's own week none.
    np.testing.assert_allclose(columns[[8, 9, 10], 2], [0.5, 0.0, 0.0])


def test_a_driver_of_which_nothing_is_recorded_is_refused():
    panel = panel_of(np.ones((N, PERIODS)))
    with pytest.raises(PanelError, match=r"drivers\.rain: nothing is recorded"):
        lay_drivers(panel, DriverPlan({"rain": "known"}), 7, {}, NO_RECORDS, calendar_of(panel))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({"price": "guessed"},), r"drivers\.price must be one of known, lagged"),
    ],
)
def test_plans_out_of_range_are_refused(arguments, message):
    with pytest.raises(PlanError, match=message):
        DriverPlan(*arguments)


def test_a_pipeline_refuses_another_horizon():
    panel, rows = _laid()
    pipeline = DriverPipeline.fit(rows, PLAN, int(rows.periods.max()))
    plan = DriverPlan()
    other = lay_drivers(panel, plan, 3, {}, NO_RECORDS, calendar_of(panel))
    with pytest.raises(PlanError, match="14 periods of D ahead; got 3"):
        pipeline.transform(other)
