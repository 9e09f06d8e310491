"""Demand of other periods than declared is refused by name; sparse demand is not."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from storage.inputs import InputRefusedError
from tests.storage.inputs import PLAN, check, clean

ENDS = pd.Timestamp("2024-03-29")  # a Friday


def dated(days, series=3):
    """Return demand of some series on the same days."""
    frames = [
        pd.DataFrame({"warehouse_id": "w", "item_id": f"i{n}", "ds": days, "quantity": 1.0 + n})
        for n in range(series)
    ]
    return pd.concat(frames, ignore_index=True)


WEEKS = pd.date_range(end=ENDS, periods=30, freq="7D")
MONTHS = pd.date_range("2021-01-01", periods=30, freq="MS")
QUARTERS = pd.date_range("2020-01-01", periods=16, freq="QS")
DAYS = pd.date_range(end=ENDS, periods=120)
HOURS = pd.date_range(end=ENDS, periods=400, freq="h")


@pytest.mark.parametrize(
    ("days", "declared", "says"),
    [
        (WEEKS, "D", r'of weeks \(90 of 90 rows\).*"D" \(days\).*filled with 0; set .* = "W"'),
        (MONTHS, "D", r'of months \(90 of 90 rows\).*the days between.*set frequency = "MS"'),
        (MONTHS, "W", r'of months .*"W" \(weeks\).*set frequency = "MS"'),
        (QUARTERS, "MS", r'of quarters .*"MS" \(months\).*set frequency = "QS"'),
        (DAYS, "h", r'of days .*"h" \(hours\).*set frequency = "D"'),
        (DAYS, "W", r'of days.*"W" \(weeks\): 306 of 360 rows start none.*set frequency = "D", or'),
        (DAYS, "MS", r'of days.*"MS" \(months\): .* or add demand up by months'),
        (WEEKS, "MS", r'of weeks.*"MS" \(months\): '),
        (HOURS, "D", r'of hours.*"D" \(days\): '),
        (MONTHS, "QS", r'of months.*"QS" \(quarters\): 60 of 90 rows'),
        (MONTHS - pd.Timedelta(days=1), "D", r'last days of months .*"D"; date them by their fi'),
        (MONTHS - pd.Timedelta(days=1), "MS", r'last days of months .*set frequency = "MS"'),
    ],
)
def test_demand_of_other_periods_than_declared_is_refused_with_both_named(
    tmp_path, days, declared, says
):
    with pytest.raises(InputRefusedError, match=says):
        check(tmp_path, dataclasses.replace(PLAN, frequency=declared), demand=dated(days))


def test_a_few_stray_rows_do_not_hide_the_periods_of_the_others(tmp_path):
    days = pd.date_range(end=ENDS, periods=100, freq="7D")
    stray = dated(ENDS - pd.to_timedelta([2], "D"), series=3)
    with pytest.raises(InputRefusedError, match=r"of weeks \(300 of 303 rows\)"):
        check(tmp_path, demand=pd.concat([dated(days), stray]))


@pytest.mark.parametrize(
    ("days", "declared"),
    [(WEEKS, "W"), (MONTHS, "MS"), (QUARTERS, "QS"), (DAYS, "D"), (HOURS, "h")],
)
def test_demand_of_the_declared_periods_passes(tmp_path, days, declared):
    report = check(tmp_path, dataclasses.replace(PLAN, frequency=declared), demand=dated(days))
    assert report.rejects.empty


def sparse():
    """Return forty items that sell on one day in twenty, each on days of its own."""
    random = np.random.default_rng(20240331)
    sold = [DAYS[np.sort(random.choice(120, size=6, replace=False))] for _ in range(40)]
    return pd.concat(
        [dated(days, series=1).assign(item_id=f"rare{n}") for n, days in enumerate(sold)]
    )


@pytest.mark.parametrize(
    "demand",
    [
        sparse(),
        dated(DAYS[DAYS.weekday != 6]),
        dated(DAYS[DAYS.weekday < 2]),  # open on Mondays and Tuesdays alone
        # Each warehouse is supplied on a weekday of its own, but for one holiday.
        pd.concat(
            [
                dated(WEEKS.delete(9) - pd.Timedelta(days=n)).assign(warehouse_id=f"w{n}")
                for n in (0, 3)
            ]
        ),
        # Of one item that sold seven times, all on Fridays, nothing follows.
        dated(WEEKS[-7:], series=1),
    ],
    ids=["rare", "shut on Sundays", "two weekdays", "own weekdays", "seven sales"],
)
def test_sparse_daily_demand_is_not_taken_for_another(tmp_path, demand):
    report = check(tmp_path, demand=demand)
    assert report.rejects.empty
    assert (report.repairs["code"].isin(["gap_filled", "ended_zero"])).all()


def series_on(days, item="odd", quantity=5.0):
    """Return demand of one more series."""
    return pd.DataFrame({"warehouse_id": "w", "item_id": item, "ds": days, "quantity": quantity})


@pytest.mark.parametrize(
    ("frequency", "usual", "days", "found"),
    [
        ("D", DAYS, pd.date_range(end=ENDS, periods=20, freq="7D"), "20 weeks in a row"),
        ("D", DAYS, MONTHS, "30 months in a row"),
        ("D", DAYS, pd.date_range("2018-01-01", periods=20, freq="QS"), "20 quarters in a row"),
        ("MS", MONTHS, pd.date_range("2018-01-01", periods=24, freq="QS"), "24 quarters in a row"),
        ("h", HOURS, DAYS, "120 days in a row"),
    ],
)
def test_a_series_of_longer_periods_is_refused_by_name_and_moves_no_other(
    tmp_path, frequency, usual, days, found
):
    plan = dataclasses.replace(PLAN, frequency=frequency)
    others = dated(usual, series=40)
    report = check(tmp_path / "both", plan, demand=pd.concat([others, series_on(days)]))
    named = report.rejects
    assert named[["entity", "severity", "code", "value"]].to_numpy().tolist() == [
        ["w/odd", "entity", "longer_periods", found]
    ]
    assert f'[demand] frequency is "{frequency}"' in named["advice"].item()
    alone = check(tmp_path / "alone", plan, demand=others)
    pd.testing.assert_frame_equal(clean(report, "demand"), clean(alone, "demand"))
    pd.testing.assert_frame_equal(report.repairs, alone.repairs)


@pytest.mark.parametrize(
    "days",
    [
        WEEKS[-19:],
        WEEKS.delete(11),
        WEEKS.insert(30, ENDS - pd.Timedelta(days=3)),
        pd.date_range(end=ENDS, periods=30, freq="8D"),
        pd.date_range(end=ENDS, periods=30, freq="2D"),
    ],
    ids=["short", "one week out", "one day more", "every eighth day", "every other day"],
)
def test_a_series_that_may_sell_now_and_then_is_not_refused(tmp_path, days):
    report = check(tmp_path, demand=pd.concat([dated(DAYS, series=40), series_on(days)]))
    assert report.rejects.empty


def test_weeks_of_which_one_value_is_refused_are_weeks(tmp_path):
    odd = series_on(WEEKS, quantity=np.where(np.arange(30) == 11, -1.0, 5.0))
    report = check(tmp_path, demand=pd.concat([dated(DAYS, series=40), odd]))
    assert report.rejects["code"].tolist() == ["longer_periods", "negative"]


def test_weeks_of_series_on_other_weekdays_each_refuse_every_series(tmp_path):
    odd = [series_on(WEEKS - pd.Timedelta(days=n), item=f"i{n}") for n in range(7)]
    checked = check(tmp_path, demand=pd.concat(odd)).inputs["demand"]
    assert list(checked.entities_rejected) == list(checked.entities_in)


def test_rows_of_zero_say_that_a_series_sells_on_one_weekday(tmp_path):
    quantity = np.where(DAYS.dayofweek == 2, 5.0, 0.0)
    odd = series_on(DAYS, quantity=quantity)
    assert check(tmp_path, demand=pd.concat([dated(DAYS, series=40), odd])).rejects.empty


def test_days_that_begin_at_midnight_elsewhere_are_told_of_as_such(tmp_path):
    zoned = dated(DAYS).assign(ds=lambda rows: rows["ds"].dt.tz_localize("Europe/Berlin"))
    with pytest.raises(InputRefusedError, match=r"begin at 23:00 UTC, as midnight elsewhere"):
        check(tmp_path, demand=zoned)
    summer = dated(pd.date_range("2023-06-01", periods=250))
    summer["ds"] = summer["ds"].dt.tz_localize("Europe/Berlin")
    with pytest.raises(InputRefusedError, match=r"begin at 22:00 or 23:00 UTC"):
        check(tmp_path, demand=summer)
    shifts = dated(pd.date_range(end=ENDS, periods=100, freq="12h") + pd.Timedelta(hours=8))
    with pytest.raises(InputRefusedError, match=r'of hours.*set frequency = "h"'):
        check(tmp_path, demand=shifts)
