"""What is late: what usually comes, and has not."""

import numpy as np
import pandas as pd
import pytest

from flows.steps.rhythm import is_late

DAY, HOUR = np.timedelta64(1, "D"), np.timedelta64(1, "h")
YEAR = pd.date_range("2024-01-01", "2024-12-31").to_numpy("datetime64[us]")
WEEKDAYS = YEAR[np.is_busday(YEAR.astype("datetime64[D]"))]
OPEN = YEAR[(YEAR.astype("datetime64[D]").astype(int) + 3) % 7 != 6]


def late_on(night, seen, step=DAY):
    night = np.datetime64(night, "us")
    before = seen[seen < night]
    return is_late(np.arange(before[-1] + step, night + step, step), before)


@pytest.mark.parametrize(
    ("seen", "last", "night", "late"),
    [
        (YEAR, "2024-07-07", "2024-07-08", False),
        (YEAR, "2024-07-06", "2024-07-08", True),
        # Shut on Sundays: 7 July 2024 is one.
        (OPEN, "2024-07-06", "2024-07-08", False),
        (OPEN, "2024-07-06", "2024-07-09", True),
        (OPEN, "2024-07-05", "2024-07-07", True),
        (OPEN, "2024-07-05", "2024-07-08", True),
        (WEEKDAYS, "2024-07-05", "2024-07-08", False),
        (WEEKDAYS, "2024-07-04", "2024-07-06", True),
        # Eight weeks after the last date nothing is known of a rhythm but that it has ended.
        (OPEN, "2024-07-06", "2024-10-08", True),
    ],
)
def test_days_on_which_it_is_shut_are_not_waited_for(seen, last, night, late):
    assert late_on(night, seen[seen <= np.datetime64(last)]) == late


def test_hours_in_which_it_is_shut_are_not_waited_for():
    hours = np.arange(YEAR[0], YEAR[60], HOUR)
    of_day = hours.astype("datetime64[h]").astype(int) % 24
    seen = hours[(of_day >= 9) & (of_day < 18) & (hours < np.datetime64("2024-02-20"))]
    assert not late_on("2024-02-20", seen, HOUR)
    assert late_on("2024-02-20", seen[:-1], HOUR)


@pytest.mark.parametrize("open_again", [3, 12])
def test_what_comes_now_and_then_is_late_after_a_silence_longer_than_those_before(open_again):
    gaps = np.resize([open_again, 5, 2, 9], 40)
    seen = YEAR[0] + np.cumsum(gaps) * DAY
    longest = int(gaps.max())
    assert not late_on(seen[-1] + longest * DAY, seen)
    assert late_on(seen[-1] + (longest + 1) * DAY, seen)


@pytest.mark.parametrize(
    ("closed", "night"),
    [
        ([("2023-12-25", "2023-12-26"), ("2024-12-25", "2024-12-26")], "2024-12-27"),
        ([("2023-11-23",), ("2024-11-28",)], "2024-11-29"),
        ([("2023-04-07", "2023-04-10"), ("2024-03-29", "2024-04-01")], "2024-04-02"),
    ],
    ids=["by date", "by weekday", "by Easter"],
)
def test_a_holiday_of_the_year_before_is_not_waited_for(closed, night):
    days = pd.bdate_range("2022-12-01", "2024-12-31").to_numpy("datetime64[us]")
    both = np.array([day for year in closed for day in year], "datetime64[us]")
    this_year = np.array(closed[1], "datetime64[us]")
    assert not late_on(night, days[~np.isin(days, both)])
    assert late_on(night, days[~np.isin(days, this_year)])


def test_prices_that_are_all_there_are_late_on_three_nights_of_five_years_after_the_first(
    real_data,
):
    """Of 4 July and Christmas and New Year on Sundays, which markets keep on Mondays."""
    path = real_data / "prices_sp500_2013_2018.parquet"
    seen = np.sort(pd.read_parquet(path, columns=["ds"])["ds"].unique()).astype("datetime64[us]")
    nights = np.arange(seen[0] + 400 * DAY, seen[-1], DAY)
    found = [str(night)[:10] for night in nights if late_on(night, seen)]
    assert found == ["2016-07-05", "2016-12-27", "2017-01-03"]
    # But for nights of holidays themselves, and of days a week before or after one.
    assert np.mean([late_on(night, seen[seen < night][:-1]) for night in nights]) > 0.9
