"""Closed days: found where no sale is no chance, declared, and never of what is silent by habit."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.checks import CheckPlan
from tests.storage.inputs import check, clean, codes

END = pd.Timestamp("2024-06-30")
DAYS = pd.date_range("2024-01-01", END)
PLAN = CheckPlan(END.date(), minimum_history=7)
# A Wednesday in the middle.
SHUT = pd.Timestamp("2024-04-10")


def shop(shut=(), warehouse="north", mean=4.0, items=10, days=DAYS, seed=1):
    """Return Poisson demand of a warehouse's items, none on the days that it is shut."""
    draws = np.random.default_rng(seed)
    ds = np.tile(days.to_numpy(), items)
    quantity = draws.poisson(mean, len(ds)) * ~np.isin(ds, np.array(shut, "datetime64[us]"))
    names = np.repeat([f"item-{n}" for n in range(items)], len(days))
    return pd.DataFrame(
        {"warehouse_id": warehouse, "item_id": names, "ds": ds, "quantity": quantity}
    )


def closed(report):
    """Return the days that are closed, by warehouse, and hold that all agree on them."""
    demand = clean(report, "demand")
    assert (demand.loc[demand["closed"], "quantity"] == 0.0).all()
    assert demand.loc[demand["closed"], "censored"].all()
    told = report.repairs[report.repairs["code"] == "closed"]
    found = demand.loc[demand["closed"], ["warehouse_id", "ds"]].drop_duplicates()
    assert sorted(zip(told["entity"], told["ds"], strict=True)) == sorted(
        zip(found["warehouse_id"], found["ds"], strict=True)
    )
    return {name: sorted(own["ds"]) for name, own in found.groupby("warehouse_id")}


def test_a_day_without_a_sale_in_a_busy_warehouse_is_closed_there_alone(tmp_path):
    both = pd.concat([shop([SHUT]), shop(warehouse="south", seed=2)])
    assert closed(check(tmp_path, PLAN, demand=both)) == {"north": [SHUT]}


def test_a_day_whose_rows_are_left_out_is_closed_as_one_with_zeros(tmp_path):
    demand = shop([SHUT])
    other = shop(warehouse="south", seed=2)
    absent = pd.concat([demand[demand["ds"] != SHUT], other])
    report = check(tmp_path, PLAN, demand=absent)
    assert closed(report) == {"north": [SHUT]}
    # That of the series is told as ever.
    assert (report.repairs["code"] == "gap_filled").sum() == 10


def test_one_large_series_tells_by_its_units(tmp_path):
    steady = shop([SHUT], items=1, mean=400.0)
    assert closed(check(tmp_path, PLAN, demand=steady)) == {"north": [SHUT]}


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 1.0))
@settings(max_examples=20)
def test_what_rarely_sells_is_never_closed(tmp_path_factory, seed, mean):
    rare = shop(items=3, mean=mean, seed=seed)
    if rare["quantity"].sum() == 0:
        return
    assert closed(check(tmp_path_factory.mktemp("rare"), PLAN, demand=rare)) == {}


def test_bursts_hide_no_closure_but_make_none(tmp_path):
    """One series sells a thousand units on one day in four: a day without is a usual one."""
    draws = np.random.default_rng(3)
    lumpy = shop(items=1).assign(quantity=1_000 * (draws.random(len(DAYS)) < 0.25))
    assert closed(check(tmp_path, PLAN, demand=lumpy)) == {}


@pytest.mark.parametrize("size", [1.0, 144.0, 1e5])
def test_sales_of_any_size_close_no_more_days_than_single_units(tmp_path, size):
    """Three orders a day, of a pallet each or counted in money: one day in twenty has none."""
    slow = shop(mean=0.3, seed=4)
    assert (slow.groupby("ds")["quantity"].sum() == 0.0).sum() > 4
    sold = slow.assign(quantity=slow["quantity"] * size)
    assert closed(check(tmp_path, PLAN, demand=sold)) == {}


def test_a_day_is_closed_whatever_the_unit(tmp_path):
    steady = shop([SHUT], items=1, mean=400.0)
    money = steady.assign(quantity=steady["quantity"] * 12.5)
    assert closed(check(tmp_path, PLAN, demand=money)) == {"north": [SHUT]}


def test_a_weekday_that_is_never_open_is_no_closure(tmp_path):
    sundays = DAYS[DAYS.weekday == 6]
    assert closed(check(tmp_path, PLAN, demand=shop([*sundays, SHUT]))) == {"north": [SHUT]}


@pytest.mark.parametrize(("silent", "found"), [(1, 1), (4, 4), (5, 0), (30, 0)])
def test_a_silence_at_the_end_is_a_closure_while_it_is_short(tmp_path, silent, found):
    demand = pd.concat([shop(DAYS[-silent:]), shop(warehouse="south", seed=2)])
    report = check(tmp_path, PLAN, demand=demand)
    assert closed(report).get("north", []) == list(DAYS[len(DAYS) - found :])


def test_what_is_declared_goes_before_what_is_found(tmp_path):
    slow = pd.concat(
        [
            shop([SHUT], mean=0.3, items=2),
            shop([SHUT], warehouse="south"),
            shop([SHUT], warehouse="west", mean=0.3, items=2, seed=5),
        ]
    )
    declared = pd.DataFrame(
        [("*", SHUT, "true"), ("south", SHUT, "false")], columns=["warehouse_id", "ds", "closed"]
    )
    report = check(tmp_path, PLAN, demand=slow, closures=declared)
    assert closed(report) == {"north": [SHUT], "west": [SHUT]}
    details = report.repairs.loc[report.repairs["code"] == "closed", "detail"]
    assert details.str.contains("declared").all()


def test_a_declared_day_with_a_sale_and_one_that_is_never_open_stay_as_they_are(tmp_path):
    sundays = DAYS[DAYS.weekday == 6]
    monday = sundays[9] + pd.Timedelta(days=1)
    declared = pd.DataFrame({"warehouse_id": "north", "ds": [sundays[9], monday]})
    report = check(tmp_path, PLAN, demand=shop(sundays), closures=declared)
    assert closed(report) == {}
    assert not clean(report, "demand")["censored"].any()


@pytest.mark.parametrize("days", [DAYS[20:160], DAYS[-30:]], ids=["between", "at the end"])
def test_what_is_declared_is_closed_however_long_it_lasts(tmp_path, days):
    demand = pd.concat([shop(days), shop(warehouse="south", seed=2)])
    declared = pd.DataFrame({"warehouse_id": "north", "ds": days})
    assert closed(check(tmp_path, PLAN, demand=demand, closures=declared)) == {"north": list(days)}


def test_days_declared_closed_say_nothing_of_others(tmp_path):
    """Weeks of rebuilding around a day do not hide that it was closed too."""
    rebuilt = [day for day in DAYS[60:130] if abs((day - SHUT).days) > 20]
    declared = pd.DataFrame({"warehouse_id": "north", "ds": rebuilt})
    demand = pd.concat([shop([*rebuilt, SHUT]), shop(warehouse="south", seed=2)])
    report = check(tmp_path, PLAN, demand=demand, closures=declared)
    assert closed(report) == {"north": sorted([*rebuilt, SHUT])}


def test_a_closure_is_a_whole_day_once(tmp_path):
    declared = pd.DataFrame(
        {
            "warehouse_id": "north",
            "ds": ["2024-07-01", "2024-07-01", "2024-07-02 10:00"],
        }
    )
    report = check(tmp_path, PLAN, demand=shop(), closures=declared)
    assert codes(report) == {"duplicate": 1, "off_grid": 1}


def test_hours_are_closed_by_the_day(tmp_path):
    hours = pd.date_range("2024-03-01", "2024-06-30 12:00", freq="h")
    by_day = shop(items=3, mean=9.0, days=hours)
    open_at = (by_day["ds"].dt.hour >= 8) & (by_day["ds"].dt.hour < 20)
    demand = by_day.assign(
        quantity=by_day["quantity"] * (open_at & (by_day["ds"].dt.normalize() != SHUT))
    )
    # The night falls before the shop opens: that it has sold nothing yet closes no day.
    demand = demand[demand["ds"] < "2024-06-30 07:00"]
    report = check(tmp_path, replace(PLAN, frequency="h"), demand=demand)
    found = clean(report, "demand")
    assert set(found.loc[found["closed"], "ds"].dt.normalize()) == {SHUT}
    assert found["closed"].sum() == 3 * 24
    (repair,) = report.repairs[report.repairs["code"] == "closed"].to_dict("records")
    assert (repair["entity"], repair["ds"]) == ("north", SHUT)


def test_the_hours_of_tonight_are_closed_where_the_day_is_declared(tmp_path):
    hours = pd.date_range("2024-03-01", "2024-06-30 06:00", freq="h")
    declared = pd.DataFrame({"warehouse_id": "north", "ds": [END]})
    demand = shop(items=3, mean=9.0, days=hours)
    demand.loc[demand["ds"] >= END, "quantity"] = 0
    report = check(tmp_path, replace(PLAN, frequency="h"), demand=demand, closures=declared)
    found = clean(report, "demand")
    assert set(found.loc[found["closed"], "ds"].dt.normalize()) == {END}
    assert found["closed"].sum() == 3 * 7


def test_weeks_are_never_closed(tmp_path):
    weeks = pd.date_range("2022-01-03", "2024-06-24", freq="W-MON")
    demand = shop([weeks[60]], days=weeks, mean=50.0)
    plan = replace(PLAN, frequency="W", as_of=date(2024, 6, 30))
    assert closed(check(tmp_path, plan, demand=demand)) == {}


@pytest.mark.parametrize("gaps", ["reject", "carry", "zero"])
def test_a_declared_day_without_rows_is_no_gap(tmp_path, gaps):
    """Two days in the middle, and the last one, which the other warehouse was open on."""
    two = [SHUT, SHUT + pd.Timedelta(days=1)]
    absent = shop(items=2)[lambda own: ~own["ds"].isin([*two, END])]
    demand = pd.concat([absent, shop(warehouse="south", seed=2)])
    declared = pd.DataFrame({"warehouse_id": "north", "ds": [*two, END]})
    plan = replace(PLAN, gaps=gaps)
    report = check(tmp_path, plan, demand=demand, closures=declared)
    assert codes(report) == {}
    assert closed(report) == {"north": [*two, END]}
    assert set(report.repairs["code"]) == {"closed"}
    # Undeclared, it is what the plan says of gaps.
    other = check(tmp_path / "other", plan, demand=demand)
    if gaps == "reject":
        assert codes(other) == {"gap": 2}
    else:
        assert {"gap_filled"} <= set(other.repairs["code"])


def test_a_series_that_ended_is_not_carried_on_by_days_declared_later(tmp_path):
    ended = shop(items=1)[lambda own: own["ds"] < SHUT]
    demand = pd.concat([ended, shop(warehouse="south", seed=2)])
    later = pd.DataFrame({"warehouse_id": "north", "ds": [SHUT + pd.Timedelta(days=9)]})
    report = check(tmp_path, replace(PLAN, gaps="carry"), demand=demand, closures=later)
    assert codes(report) == {"ended": 1}
