"""Days ahead on which warehouses are shut: kept two years running, or declared."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting import (
    Calibration,
    DemandPanel,
    ForecastPlan,
    category_profiles,
    find_closed_days,
    forecast_demand,
    know_closures,
)
from forecasting.closures import easter
from forecasting.distributions import QUANTILES


def trade(shut, first="2021-01-01", last="2024-12-20", warehouse="north", silent=()):
    """Return what a warehouse sold by day: nothing on days that it was shut or silent."""
    days = pd.DatetimeIndex(pd.date_range(first, last)).as_unit("us")
    gone = days.isin(pd.DatetimeIndex(shut))
    units = np.where(gone | days.isin(pd.DatetimeIndex(silent)), 0.0, 5.0)
    return pd.DataFrame({"warehouse_id": warehouse, "ds": days, "units": units, "closed": gone})


def said(*rows):
    frame = pd.DataFrame(rows, columns=["warehouse_id", "ds", "closed"])
    return frame.astype({"ds": "datetime64[us]"})


def ahead(days, declared=None, horizon=28):
    found = find_closed_days(days, declared, horizon)
    later = found[found["ds"] > days["ds"].max()]
    return [tuple(row) for row in later.astype({"ds": str}).itertuples(index=False)]


def test_a_date_that_two_years_kept_is_kept():
    christmases = ["2022-12-25", "2023-12-25"]
    assert ahead(trade(christmases)) == [("north", "2024-12-25", "kept")]
    assert ahead(trade(christmases[1:])) == []
    # What came to an end is no custom any more.
    assert ahead(trade(["2021-12-25", "2022-12-25"])) == []


def test_a_year_that_tells_nothing_is_passed_over():
    """Christmas of 2022 was a Sunday, on which this warehouse is never open."""
    found = ahead(trade(["2021-12-25", "2023-12-25"], silent=["2022-12-25"]))
    assert found == [("north", "2024-12-25", "kept")]


@pytest.mark.parametrize(
    ("shut", "last", "day"),
    [
        # Good Friday.
        (["2022-04-15", "2023-04-07"], "2024-03-20", "2024-03-29"),
        # Thanksgiving, the fourth Thursday of November.
        (["2022-11-24", "2023-11-23"], "2024-11-10", "2024-11-28"),
        # The last Monday of August, which was the fourth in one year and is the fourth again.
        (["2021-08-30", "2022-08-29"], "2023-08-10", "2023-08-28"),
    ],
    ids=["by Easter", "by weekday", "by last weekday"],
)
def test_movable_days_are_kept_as_they_move(shut, last, day):
    assert ahead(trade(shut, last=last)) == [("north", day, "kept")]


def span(first, last):
    return [str(day.date()) for day in pd.date_range(first, last)]


SUNDAYS = pd.date_range("2021-01-01", "2024-12-20", freq="W-SUN")


@pytest.mark.parametrize(
    ("shut", "silent"),
    [
        ([*span("2022-12-25", "2022-12-26"), *span("2023-12-25", "2023-12-26")], []),
        (["2021-12-25", "2022-12-26", "2023-12-25", "2023-12-26"], SUNDAYS),
    ],
    ids=["open on Sundays", "not open on Sundays"],
)
def test_days_of_one_closure_are_not_taken_for_each_other(shut, silent):
    """The 26th was the fourth Monday of December 2022, and the 25th that of 2023."""
    assert ahead(trade(shut, silent=silent)) == [
        ("north", "2024-12-25", "kept"),
        ("north", "2024-12-26", "kept"),
    ]


def test_a_closure_of_weeks_is_kept_by_its_dates_alone():
    """Easter was earlier by nine days in 2024, and later by twenty in 2025."""
    shut = [*span("2023-08-01", "2023-08-21"), *span("2024-08-01", "2024-08-21")]
    found = ahead(trade(shut, last="2025-07-30"), horizon=60)
    assert [day for _, day, _ in found] == span("2025-08-01", "2025-08-21")


def test_a_closure_that_was_longer_once_is_kept_where_it_begins():
    shut = ["2022-12-25", *span("2023-12-25", "2023-12-26")]
    assert ahead(trade(shut)) == [("north", "2024-12-25", "kept")]


@settings(max_examples=20)
@given(
    st.dates(date(2021, 2, 1), date(2022, 12, 31)), st.dates(date(2023, 1, 1), date(2023, 12, 1))
)
def test_what_is_ahead_was_shut_twice_before(one, other):
    """Two days closed at random make a custom only where some rule takes one for the other."""
    found = ahead(trade([pd.Timestamp(one), pd.Timestamp(other)], last="2023-12-10"), horizon=365)
    for _, day, _ in found:
        assert abs((pd.Timestamp(day) - pd.Timestamp(other)).days - 365) <= 35
        assert abs((pd.Timestamp(day) - pd.Timestamp(one)).days - 730) <= 35


def test_a_leap_day_has_no_like_in_other_years():
    assert ahead(trade(["2022-02-28", "2023-02-28"], last="2024-02-10")) == [
        ("north", "2024-02-28", "kept")
    ]


def test_what_is_declared_goes_before_what_is_kept_and_one_before_all():
    days = pd.concat(
        [
            trade(["2022-12-25", "2023-12-25"]),
            trade(["2022-12-25", "2023-12-25"], warehouse="south"),
        ]
    )
    told = said(
        ("*", "2024-12-25", False),
        ("south", "2024-12-25", True),
        ("*", "2024-12-31", True),
        ("east", "2024-12-24", True),
        ("south", "2026-01-01", True),
    )
    assert ahead(days, told) == [
        ("north", "2024-12-31", "declared"),
        ("south", "2024-12-25", "declared"),
        ("south", "2024-12-31", "declared"),
    ]


def test_past_days_are_those_that_were_found_and_say_whether_they_were_declared():
    days = trade(["2024-12-02", "2024-12-03"])
    told = said(("north", "2024-12-03", True), ("north", "2024-12-04", True))
    found = find_closed_days(days, told, 7)
    assert found["reason"].tolist() == ["found", "declared"]
    assert find_closed_days(days.iloc[:0], told, 7).empty


@pytest.mark.parametrize(("year", "day"), [(2024, "03-31"), (2025, "04-20"), (2038, "04-25")])
def test_easter_is_where_tables_have_it(year, day):
    assert easter(year).isoformat() == f"{year}-{day}"


def panel_of(frequency, periods):
    grid = pd.date_range("2024-01-01", periods=periods, freq=frequency, unit="us")
    draws = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "warehouse_id": np.repeat(["north", "south"], periods),
            "item_id": "tea",
            "ds": np.tile(grid, 2),
            "quantity": draws.poisson(9.0, 2 * periods).astype(float),
            "censored": False,
        }
    )
    return DemandPanel.from_frame(frame, frequency)


def test_nothing_is_forecast_of_closed_days_and_all_else_is_as_it_was():
    panel = panel_of("D", 120)
    plan = ForecastPlan("D", 7, 14, windows=2, step=14)
    night = pd.Timestamp(panel.last_ds.max())
    shut = night + pd.Timedelta(days=3)
    closed = pd.DataFrame({"warehouse_id": ["south", "west"], "ds": [shut, shut]})
    told = category_profiles(panel, {}, plan), {}, Calibration.nothing()
    plain, knowing = (
        forecast_demand(each, plan, night.date(), *told).forecasts
        for each in (panel, know_closures(panel, closed, plan.horizon))
    )
    gone = (knowing["warehouse_id"] == "south") & (knowing["ds"] == shut)
    assert gone.sum() == 1
    figures = ["mean", *QUANTILES]
    assert (knowing.loc[gone, figures] == 0.0).all(axis=None)
    assert (plain.loc[gone, figures] > 0.0).any(axis=None)
    pd.testing.assert_frame_equal(plain[~gone], knowing[~gone], check_exact=True)


def test_a_closed_day_closes_all_of_its_hours():
    panel = panel_of("h", 24 * 10 + 6)
    shut = pd.Timestamp("2024-01-12")
    known = know_closures(
        panel, pd.DataFrame({"warehouse_id": ["north"], "ds": [shut]}), horizon=48
    )
    assert known.closed is not None
    # Eighteen hours of the eleventh are ahead.
    np.testing.assert_array_equal(np.flatnonzero(known.closed[0]), np.arange(18, 42))
    assert not known.closed[1].any()


def test_closures_of_other_warehouses_and_days_leave_a_panel_as_it_is():
    panel = panel_of("D", 60)
    closed = pd.DataFrame(
        {"warehouse_id": ["west", "north"], "ds": pd.to_datetime(["2024-03-05", "2024-02-01"])}
    )
    assert know_closures(panel, closed, 14) is panel


def test_a_warehouse_that_is_new_goes_with_most_of_three():
    old = [trade(["2022-12-25", "2023-12-25"], warehouse=name) for name in ("a", "b", "c")]
    one_year = trade(["2023-12-25"], "2023-06-01", warehouse="d")
    begun = trade([], "2024-09-01", warehouse="e")
    was_open = trade([], "2023-06-01", warehouse="f")
    found = ahead(pd.concat([*old, one_year, begun, was_open]))
    assert [name for name, day, _ in found if day == "2024-12-25"] == ["a", "b", "c", "d", "e"]
    # Two are no custom of a company.
    assert {name for name, *_ in ahead(pd.concat([*old[:2], begun]))} == {"a", "b"}
    split = trade([], warehouse="g"), trade([], warehouse="h"), trade([], warehouse="i")
    assert {name for name, *_ in ahead(pd.concat([*old, *split, begun]))} == {"a", "b", "c"}
