"""Demand of other periods than declared is refused by name; sparse demand is not."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from storage.inputs import InputRefusedError
from tests.storage.inputs import PLAN, check

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
        # Each warehouse is supplied on a weekday of its own.
        pd.concat(
            [dated(WEEKS - pd.Timedelta(days=n)).assign(warehouse_id=f"w{n}") for n in (0, 3)]
        ),
        # Of one item that sold seven times, all on Fridays, nothing follows.
        dated(WEEKS[-7:], series=1),
        # One item of weekly demand among daily ones.
        pd.concat([dated(DAYS), dated(WEEKS, series=1).assign(item_id="weekly")]),
    ],
    ids=["rare", "shut on Sundays", "two weekdays", "own weekdays", "seven sales", "one weekly"],
)
def test_sparse_daily_demand_is_not_taken_for_another(tmp_path, demand):
    report = check(tmp_path, demand=demand)
    assert report.rejects.empty
    assert (report.repairs["code"].isin(["gap_filled", "ended_zero"])).all()
