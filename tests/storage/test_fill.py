"""Filling and aligning, against an obvious oracle."""

import dataclasses
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.checks import CheckPlan, check_inputs
from storage.inputs import InputSource
from tests.storage.inputs import PLAN, check, clean, codes, demand_rows

SEASON = 7
SLOTS = 24
START = pd.Timestamp("2024-01-01")

histories = st.dictionaries(
    st.integers(0, SLOTS - 1), st.integers(0, 9).map(float), min_size=1, max_size=SLOTS
)


def fill_by_hand(history, end, gaps):
    """Fill one period after the other, from what was observed."""
    filled = []
    for period in range(min(history), end + 1):
        if period in history:
            filled.append(history[period])
        elif gaps == "zero":
            filled.append(0.0)
        else:
            latest = history[max(known for known in history if known < period)]
            filled.append(history.get(period - SEASON, latest))
    return filled


def holes_by_hand(history, end):
    known = sorted(history)
    pairs = zip(known, [*known[1:], end + 1], strict=True)
    return [(before + 1, after - before - 1) for before, after in pairs if after > before + 1]


@given(
    histories=st.lists(histories, min_size=1, max_size=3), gaps=st.sampled_from(["zero", "carry"])
)
@settings(max_examples=40)
def test_gaps_are_filled_as_by_hand_and_each_is_one_repair(tmp_path_factory, histories, gaps):
    rows = [
        ("w", str(item), START + pd.Timedelta(days=period), quantity)
        for item, history in enumerate(histories)
        for period, quantity in history.items()
    ]
    frame = pd.DataFrame(rows, columns=["warehouse_id", "item_id", "ds", "quantity"])
    plan = dataclasses.replace(PLAN, gaps=gaps, minimum_history=SLOTS)
    report = check(tmp_path_factory.mktemp("fill"), plan, demand=frame)
    end = max(max(history) for history in histories)
    kept = clean(report, "demand")
    for item, history in enumerate(histories):
        mine = kept[kept["item_id"] == str(item)]
        assert mine["quantity"].tolist() == fill_by_hand(history, end, gaps)
        assert mine["repaired"].sum() == end - min(history) + 1 - len(history)
        repairs = report.repairs[report.repairs["entity"] == f"w/{item}"]
        expected = [
            (START + pd.Timedelta(days=first), n) for first, n in holes_by_hand(history, end)
        ]
        assert list(zip(repairs["ds"], repairs["periods"], strict=True)) == expected
        at_end = "ended_zero" if gaps == "zero" else "end_carried"
        ended = repairs["ds"] > START + pd.Timedelta(days=max(history))
        assert (repairs["code"] == np.where(ended, at_end, "gap_filled")).all()


@given(
    frame=st.sampled_from(["h", "D", "W", "MS"]),
    # Thirty months from the last start end before the plan's as_of.
    start=st.dates(date(1950, 1, 1), date(2021, 9, 30)),
)
@settings(max_examples=25)
def test_every_frequency_counts_its_periods_before_and_after_1970(tmp_path_factory, frame, start):
    day = pd.Timestamp(start).replace(day=1) if frame == "MS" else pd.Timestamp(start)
    step = {"h": "h", "D": "D", "W": "7D", "MS": "MS"}[frame]
    periods = pd.date_range(day, periods=30, freq=step)
    known = pd.DataFrame(
        {"warehouse_id": "w", "item_id": "i", "ds": periods, "quantity": 1.0}
    ).drop(index=[11, 12, 20])
    plan = dataclasses.replace(PLAN, frequency=frame)
    report = check(tmp_path_factory.mktemp("grid"), plan, demand=known)
    assert report.rejects.empty
    assert clean(report, "demand")["ds"].tolist() == periods.tolist()
    assert report.repairs["ds"].tolist() == [periods[11], periods[20]]
    assert report.repairs["periods"].tolist() == [2, 1]


def test_a_series_does_not_depend_on_the_others_that_end_with_it(tmp_path):
    alone = demand_rows(item="tea").drop(index=[3, 4, 50])
    others = pd.concat([demand_rows(item=f"x{n}").iloc[n:] for n in range(5)])
    one = clean(check(tmp_path / "1", demand=alone), "demand")
    both = clean(check(tmp_path / "2", demand=pd.concat([others, alone])), "demand")
    both = both[both["item_id"] == "tea"].reset_index(drop=True)
    pd.testing.assert_frame_equal(one, both)


def test_under_reject_a_series_that_stops_early_is_refused_too(tmp_path):
    frame = pd.concat([demand_rows(), demand_rows(item="coffee", end="2024-03-30")])
    report = check(tmp_path, dataclasses.replace(PLAN, gaps="reject"), demand=frame)
    assert codes(report) == {"ended": 1}
    assert report.inputs["demand"].entities_rejected == ["north/coffee"]


def test_a_short_series_is_kept(tmp_path):
    frame = pd.concat([demand_rows(), demand_rows(item="new", start="2024-03-30")])
    report = check(tmp_path, demand=frame)
    assert report.rejects.empty
    assert (clean(report, "demand")["item_id"] == "new").sum() == 2


def test_series_of_one_joined_name_are_refused_and_no_other(tmp_path):
    frame = pd.concat(
        [
            demand_rows("a/b", "c"),
            demand_rows("a", "b/c"),
            demand_rows("a", "b"),
            demand_rows("/", ""),
        ]
    )
    report = check(tmp_path, demand=frame)
    assert codes(report, "entity") == {"shared_name": 1, "no_valid_rows": 1}
    assert report.inputs["demand"].entities_rejected == ["//", "a/b/c"]
    assert clean(report, "demand")["item_id"].unique().tolist() == ["b"]


def test_repairs_are_of_admitted_series_only(tmp_path):
    items = pd.DataFrame([{"item_id": "tea", "category": "c", "unit_cost": 1, "unit_price": 1,
                           "case_pack": 1, "minimum_order": 0}])  # fmt: skip
    gappy = [demand_rows(item=item).drop(index=[5]) for item in ("tea", "ghost")]
    report = check(tmp_path, demand=pd.concat(gappy), items=items)
    assert report.repairs["entity"].tolist() == ["north/tea"]


def test_a_mistyped_year_does_not_fill_two_thousand_years(tmp_path):
    frame = demand_rows()
    frame.loc[0, "ds"] = "0024-01-01"
    report = check(tmp_path, demand=frame)
    assert codes(report) == {"too_early": 1}
    assert len(clean(report, "demand")) == len(frame) - 1


prices = st.dictionaries(st.integers(0, 19), st.integers(1, 99).map(float), min_size=1)


@given(
    listed=st.lists(prices, min_size=1, max_size=4),
    longest=st.integers(0, 4),
    least=st.integers(1, 6),
)
@settings(max_examples=60)
def test_prices_are_aligned_as_by_hand(tmp_path_factory, listed, longest, least):
    rows = [
        (str(name), START + pd.Timedelta(days=day), close)
        for name, closes in enumerate(listed)
        for day, close in closes.items()
    ]
    frame = pd.DataFrame(rows, columns=["instrument_id", "ds", "close"])
    plan = dataclasses.replace(PLAN, maximum_price_gap=longest, minimum_price_history=least)
    report = check(tmp_path_factory.mktemp("prices"), plan, prices=frame)
    aligned, refused = align_by_hand(listed, longest, least)
    kept = clean(report, "prices")
    found = {
        int(name): [
            ((ds - START).days, close) for ds, close in zip(rows["ds"], rows["close"], strict=True)
        ]
        for name, rows in kept.groupby("instrument_id")
    }
    assert found == aligned
    named = report.rejects.query("severity == 'entity'")
    assert {
        int(name): code for name, code in zip(named["entity"], named["code"], strict=True)
    } == refused
    assert kept["repaired"].sum() == report.repairs["periods"].sum()


def align_by_hand(listed, longest, least):
    """Return (day, close) by instrument, and the rule that refused the others."""
    refused, newly = {}, {-1: ""}
    while newly:
        accepted = {name: own for name, own in enumerate(listed) if name not in refused}
        aligned, newly = align_once(accepted, longest, least)
        refused |= newly
    return aligned, refused


def align_once(listed, longest, least):
    days = [
        day
        for day in range(20)
        if (priced := sum(day in closes for closes in listed.values()))
        and 2 * priced >= sum(min(closes) <= day <= max(closes) for closes in listed.values())
    ]
    aligned, refused = {}, {}
    for name, closes in listed.items():
        own = [day for day in days if day in closes]
        if not own:
            refused[name] = "no_valid_rows"
        elif len(own) < least:
            refused[name] = "short_history"
        elif len(days) - 1 - days.index(own[-1]) > longest:
            refused[name] = "stale"
        elif any(days.index(b) - days.index(a) - 1 > longest for a, b in pairwise(own)):
            refused[name] = "price_gap"
        else:
            span = days[days.index(own[0]) :]
            latest = [max(day for day in own if day <= now) for now in span]
            aligned[name] = [(now, closes[day]) for now, day in zip(span, latest, strict=True)]
    return aligned, refused


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_clean_bytes_do_not_depend_on_threads(tmp_path, threads):
    days = pd.date_range("2020-01-01", periods=1_000, freq="D")
    draws = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "warehouse_id": np.repeat([f"w{n % 7}" for n in range(200)], len(days)),
            "item_id": np.repeat([f"i{n}" for n in range(200)], len(days)),
            "ds": np.tile(days, 200),
            "quantity": draws.poisson(2, 200 * len(days)).astype(float),
        }
    ).sample(frac=0.9, random_state=1)
    path = tmp_path / "demand.parquet"
    frame.to_parquet(path, index=False)
    plan = CheckPlan(date(2024, 1, 1))
    found = []
    for name, count in (("one", 1), ("many", threads)):
        folder = tmp_path / name
        folder.mkdir()
        source = InputSource("demand", (path,))
        report = check_inputs({"demand": source}, plan, folder, threads=count, memory_limit="300MB")
        found.append(report.inputs["demand"].clean.read_bytes())
    assert found[0] == found[1]


def test_nothing_but_the_clean_files_is_left_in_the_folder(tmp_path):
    report = check(tmp_path, demand=demand_rows())
    folder = report.inputs["demand"].clean.parent
    assert [path.name for path in folder.iterdir()] == ["demand.parquet"]
