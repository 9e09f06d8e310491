"""Checks: every refusal and repair is a named row, and every entity is accounted for."""

import dataclasses

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.checks.columns import column_rules
from storage.errors import InputRefusedError
from storage.tables import INPUT_TABLES
from tests.storage.inputs import (
    PLAN,
    check,
    clean,
    codes,
    demand_rows,
    instrument,
    price_rows,
)


def put(frame, row, **values):
    changed = frame.astype(object)
    for name, value in values.items():
        changed.loc[row, name] = value
    return changed


def accounted(report):
    for table, checked in report.inputs.items():
        ids = clean(report, table)[ENTITY[table]].itertuples(index=False)
        kept = ["/".join(row) for row in ids]
        assert set(kept) | set(checked.entities_rejected) == set(checked.entities_in), table
        assert not set(kept) & set(checked.entities_rejected), table
        named = report.rejects[report.rejects["input"] == table]
        refused = set(named.loc[named["severity"] == "entity", "entity"])
        assert set(checked.entities_rejected) <= refused, table


ENTITY = {
    "demand": ["warehouse_id", "item_id"],
    "items": ["item_id"],
    "stock": ["warehouse_id", "item_id"],
    "open_orders": ["warehouse_id", "item_id"],
    "transfer_lanes": ["from_warehouse_id", "to_warehouse_id"],
    "prices": ["instrument_id"],
    "instruments": ["instrument_id"],
    "positions": ["portfolio_id"],
    "limits": ["portfolio_id"],
    "curves": ["curve_id"],
    "stress_scenarios": ["scenario_id"],
    "calendar": ["event"],
}


def test_clean_demand_passes_unchanged(tmp_path):
    report = check(tmp_path, demand=demand_rows())
    assert len(report.rejects) == 0
    assert len(report.repairs) == 0
    assert clean(report, "demand")["quantity"].tolist() == [
        float(value) for value in demand_rows()["quantity"]
    ]


@pytest.mark.parametrize(
    ("values", "code", "found"),
    [
        ({"quantity": "-4"}, "negative", "-4"),
        ({"quantity": ""}, "missing", None),
        ({"quantity": "many"}, "wrong_type", "many"),
        ({"quantity": "inf"}, "not_finite", "inf"),
        ({"quantity": "1e160"}, "too_large", "1e160"),
        ({"ds": "2024-13-01"}, "wrong_type", "2024-13-01"),
        ({"ds": "2024-04-07"}, "future", "2024-04-07"),
        ({"ds": "2024-01-09 06:00"}, "off_grid", "2024-01-09 06:00"),
        ({"item_id": " "}, "empty", ""),
        ({"item_id": "4,00638E+12"}, "rounded_id", "4,00638E+12"),
        ({"item_id": "a\x1b[31m"}, "control_character", "a\x1b[31m"),
        ({"warehouse_id": "a\x85b"}, "control_character", "a\x85b"),
    ],
)
def test_a_bad_row_is_refused_with_its_place_and_value(tmp_path, values, code, found):
    frame = put(demand_rows(), 8, **values)
    report = check(tmp_path, demand=frame)
    row = report.rejects.query("row == 9").iloc[0]
    assert row["code"] == code
    assert row["row"] == 9
    assert row["source"] == "demand.csv"
    assert (row["value"] == found) if found is not None else pd.isna(row["value"])
    assert report.inputs["demand"].rows_rejected == 1
    accounted(report)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"quantity": "-4"}, "quantity must be from 0 to 1e+12; give sales before returns"),
        ({"price": "-1"}, "price must be from 0 to 1e+12"),
        ({"price": "n/a"}, ", or empty"),
        ({"quantity": "1,5"}, 'names these, by decimal = "," and thousands = "."'),
        ({"ds": "09.01.24"}, "a year has four digits"),
    ],
)
def test_a_reject_says_what_to_do(tmp_path, values, says):
    frame = put(demand_rows().assign(price="2"), 8, **values)
    assert check(tmp_path, demand=frame).rejects["advice"].iloc[0].endswith(says)


NUMBERS = [
    pytest.param(column, id=f"{table.name}.{column.name}")
    for table in INPUT_TABLES.values()
    for column in table.columns
    if column.kind in {"float", "integer"}
]


@pytest.mark.parametrize("column", NUMBERS)
def test_every_number_has_a_least_and_a_greatest(column):
    rules = {rule.code: rule for rule in column_rules(column, is_id=False)}
    small = "negative" if column.minimum == 0 else "too_small"
    with duckdb.connect() as connection:
        for value, code in ((1e160, "too_large"), (-1e160, small), (1e-160, small)):
            if value > 0.0 and code == small and not column.positive:
                continue
            query = (
                f'SELECT {rules[code].broken} FROM (SELECT {value!r}::DOUBLE AS "{column.name}")'
            )
            assert connection.execute(query).fetchone() == (True,)
    allowed = f"{column.name} must be from {column.least:g} to {column.most:g}"
    allowed += f"; {column.advice}" if column.advice else ""
    assert rules["too_large"].advice == rules[small].advice == allowed
    assert -1e12 <= column.least < column.most <= 1e12


@pytest.mark.parametrize("gaps", ["zero", "carry", "reject"])
@pytest.mark.parametrize("value", ["-4", "nan", "inf", "", "many", "1e160"])
def test_a_period_whose_value_was_refused_is_unknown_and_no_gap(tmp_path, gaps, value):
    """Nothing is known of it: demand is at least 0, which a panel raises to what it expects."""
    frame = demand_rows()
    for row in (8, 40, 41, 90):
        frame = put(frame, row, quantity=value)
    report = check(tmp_path, dataclasses.replace(PLAN, gaps=gaps), demand=two_items(frame))
    assert report.repairs[["entity", "code", "periods"]].to_numpy().tolist() == [
        ["north/tea", "value_refused", periods] for periods in (1, 2, 1)
    ]
    assert report.repairs["ds"].tolist() == [
        pd.Timestamp(day) for day in ("2024-01-09", "2024-02-10", "2024-03-31")
    ]
    kept = clean(report, "demand").query("item_id == 'tea'").reset_index(drop=True)
    assert len(kept) == len(frame)
    assert np.flatnonzero(kept["repaired"]).tolist() == [8, 40, 41, 90]
    assert np.array_equal(kept["censored"], kept["repaired"])
    assert (kept.loc[kept["repaired"], "quantity"] == 0.0).all()


def two_items(frame):
    return pd.concat([frame, demand_rows(item="coffee")], ignore_index=True)


def test_a_refused_value_is_carried_nowhere_and_a_period_that_is_absent_is_a_gap(tmp_path):
    frame = put(demand_rows(), 39, quantity="-4").drop(index=[40, 41])
    for gaps, filled in (("zero", [0.0, 0.0]), ("carry", [3.0, 4.0])):
        plan = dataclasses.replace(PLAN, gaps=gaps)
        report = check(tmp_path / gaps, plan, demand=two_items(frame))
        assert codes_of_repairs(report) == {"value_refused": 1, "gap_filled": 1}
        kept = clean(report, "demand").query("item_id == 'tea'")["quantity"].tolist()
        assert kept[40:42] == filled
    # Where the season before is refused too, what was observed last is carried.
    frame = put(frame, 33, quantity="-4")
    report = check(tmp_path / "both", plan, demand=two_items(frame))
    assert clean(report, "demand").query("item_id == 'tea'")["quantity"].tolist()[40:42] == [
        3.0,
        4.0,
    ]


def codes_of_repairs(report):
    return report.repairs["code"].value_counts().to_dict()


def test_a_refused_value_before_the_first_or_beside_a_good_one_changes_nothing(tmp_path):
    frame = put(demand_rows(), 0, quantity="-4")
    again = pd.concat([frame, frame.iloc[[5]].assign(quantity="nan")], ignore_index=True)
    report = check(tmp_path, demand=again)
    assert report.repairs.empty
    assert len(clean(report, "demand")) == len(frame) - 1


def test_a_stock_out_that_was_refused_is_counted_once(tmp_path):
    frame = put(demand_rows().assign(in_stock="true"), 8, quantity="-4", in_stock="false")
    report = check(tmp_path, demand=put(frame, 20, in_stock="false"))
    assert codes_of_repairs(report) == {"value_refused": 1, "censored": 1}
    assert report.repairs["periods"].tolist() == [1, 1]


def test_an_exact_duplicate_and_a_contradiction_are_told_apart(tmp_path):
    frame = demand_rows()
    clash = frame.iloc[[3]].assign(quantity="99")
    report = check(tmp_path, demand=pd.concat([frame, frame.iloc[[2]], clash], ignore_index=True))
    assert codes(report) == {"duplicate": 1, "conflicting_duplicate": 1}
    assert 99.0 not in clean(report, "demand")["quantity"].tolist()
    clash_row = report.rejects[report.rejects["code"] == "conflicting_duplicate"].iloc[0]
    assert (clash_row["row"], clash_row["value"]) == (93, "99")


def sold_singly(item):
    frame = demand_rows(item=item)
    return pd.concat([frame, frame.iloc[:40].assign(quantity="99")], ignore_index=True)


@pytest.mark.parametrize("items", [["tea"], ["tea", "jam", "rice"]])
def test_demand_of_single_sales_is_refused(tmp_path, items):
    sales = pd.concat([sold_singly(item) for item in items], ignore_index=True)
    count, total = 40 * len(items), 131 * len(items)
    with pytest.raises(InputRefusedError, match=f"{count} of {total} rows have .* up by days"):
        check(tmp_path, demand=sales)


def test_one_series_of_single_sales_and_a_file_given_twice_stop_no_night(tmp_path):
    one = pd.concat([sold_singly("tea"), demand_rows(item="jam")], ignore_index=True)
    assert codes(check(tmp_path, demand=one)) == {"conflicting_duplicate": 40}
    twice = pd.concat([demand_rows()] * 2, ignore_index=True)
    assert codes(check(tmp_path, demand=twice)) == {"duplicate": 91}


@pytest.mark.parametrize(
    ("gaps", "filled"), [("zero", [0.0] * 6), ("carry", [3.0, 4.0, 0.0, 1.0, 2.0, 3.0])]
)
def test_a_gap_is_filled_by_the_policy_and_is_one_repair(tmp_path, gaps, filled):
    frame = demand_rows().drop(index=range(14, 20))
    report = check(tmp_path, dataclasses.replace(PLAN, gaps=gaps), demand=frame)
    assert report.repairs[["code", "periods"]].to_numpy().tolist() == [["gap_filled", 6]]
    kept = clean(report, "demand")
    assert kept.loc[kept["repaired"], "quantity"].tolist() == filled
    assert len(kept) == 91


def test_a_gap_may_be_refused(tmp_path):
    frame = pd.concat([demand_rows().drop(index=[14, 15]), demand_rows(item="coffee")])
    report = check(tmp_path, dataclasses.replace(PLAN, gaps="reject"), demand=frame)
    assert report.inputs["demand"].entities_rejected == ["north/tea"]
    assert report.rejects.iloc[0]["value"] == "2"
    accounted(report)


def test_where_a_refused_series_ends_does_not_end_the_others(tmp_path):
    late = demand_rows(item="coffee").drop(index=[14, 15])
    frame = pd.concat([demand_rows(end="2024-03-28"), late])
    report = check(tmp_path, dataclasses.replace(PLAN, gaps="reject"), demand=frame)
    assert report.inputs["demand"].entities_rejected == ["north/coffee"]
    assert codes(report) == {"gap": 1}


def test_a_series_that_ends_early_is_filled_or_refused_by_the_policy(tmp_path):
    frame = pd.concat([demand_rows(), demand_rows(item="coffee", end="2024-03-01")])
    zero = check(tmp_path / "a", demand=frame)
    assert zero.repairs["code"].tolist() == ["ended_zero"]
    carried = check(tmp_path / "b", dataclasses.replace(PLAN, gaps="carry"), demand=frame)
    assert carried.inputs["demand"].entities_rejected == ["north/coffee"]
    assert codes(carried) == {"ended": 1}


def test_a_stock_out_is_marked_as_a_lower_bound(tmp_path):
    frame = demand_rows().assign(in_stock="true")
    report = check(tmp_path, demand=put(frame, slice(4, 6), in_stock="false"))
    assert report.repairs[["code", "periods"]].to_numpy().tolist() == [["censored", 3]]
    assert clean(report, "demand")["censored"].sum() == 3


def test_weeks_start_on_the_usual_weekday(tmp_path):
    weeks = pd.date_range("2023-01-06", periods=40, freq="7D")
    frame = pd.DataFrame(
        {"warehouse_id": "w", "item_id": "i", "ds": weeks.strftime("%Y-%m-%d"), "quantity": 1}
    )
    off = put(frame, 5, ds="2023-02-11")
    report = check(tmp_path, dataclasses.replace(PLAN, frequency="W"), demand=off)
    assert codes(report) == {"off_grid": 1}
    assert clean(report, "demand")["ds"].tolist() == weeks.tolist()


def test_months_start_on_the_first(tmp_path):
    months = pd.date_range("2020-01-01", periods=30, freq="MS")
    frame = pd.DataFrame(
        {"warehouse_id": "w", "item_id": "i", "ds": months.strftime("%Y-%m-%d"), "quantity": 1}
    ).drop(index=[10, 11])
    report = check(tmp_path, dataclasses.replace(PLAN, frequency="MS"), demand=frame)
    assert clean(report, "demand")["ds"].tolist() == months.tolist()
    assert report.repairs["periods"].tolist() == [2]


def test_quarters_start_in_january_april_july_and_october(tmp_path):
    quarters = pd.date_range("1967-01-01", periods=30, freq="QS")
    frame = pd.DataFrame(
        {"warehouse_id": "w", "item_id": "i", "ds": quarters.strftime("%Y-%m-%d"), "quantity": 1}
    )
    frame = put(frame, 5, ds="1968-05-01").drop(index=[10, 11])
    report = check(tmp_path, dataclasses.replace(PLAN, frequency="QS"), demand=frame)
    assert codes(report) == {"off_grid": 1}
    assert clean(report, "demand")["ds"].tolist() == quarters.tolist()
    assert report.repairs["periods"].tolist() == [1, 2]


def test_an_unknown_item_is_refused_whole(tmp_path):
    items = pd.DataFrame(
        [{"item_id": "tea", "category": "c", "unit_cost": 1, "unit_price": 2, "case_pack": 1,
          "minimum_order": 0}]
    )  # fmt: skip
    frame = pd.concat([demand_rows(), demand_rows(item="ghost")])
    report = check(tmp_path, demand=frame, items=items)
    assert codes(report) == {"unknown_item": 1}
    assert report.inputs["demand"].entities_rejected == ["north/ghost"]
    accounted(report)


def test_prices_share_a_calendar_and_short_holes_are_carried(tmp_path):
    frame = pd.concat(
        [
            price_rows("A"),
            price_rows("B"),
            price_rows("C").drop(index=[10, 11]).reset_index(drop=True),
        ]
    )
    weekend = pd.DataFrame({"instrument_id": ["A"], "ds": ["2024-02-03"], "close": ["100"]})
    instruments = pd.concat([instrument(name) for name in "ABC"])
    report = check(tmp_path, prices=pd.concat([frame, weekend]), instruments=instruments)
    assert codes(report) == {"off_calendar": 1}
    assert report.repairs[["entity", "code", "periods"]].to_numpy().tolist() == [
        ["C", "price_carried", 2]
    ]
    assert clean(report, "prices").groupby("instrument_id").size().to_dict() == {
        "A": 65,
        "B": 65,
        "C": 65,
    }


def every_day(name="X", start="2024-01-01", end="2024-03-29", without=()):
    """Return prices of all days of the week, but for some of them."""
    days = pd.date_range(start, end).delete(list(without))
    closes = [str(50 + number % 5) for number in range(len(days))]
    return pd.DataFrame({"instrument_id": name, "ds": days.strftime("%Y-%m-%d"), "close": closes})


REFUSED = {
    "terms": (every_day(), instrument("X", "bond")),
    "no terms": (every_day(), instrument("Y", "bond")),
    "a curve": (every_day(), instrument("X", curve_id="GHOST")),
    "a hole": (every_day(without=range(30, 50)), instrument("X")),
    "an early end": (every_day(end="2024-03-02"), instrument("X")),
    "a late start": (every_day(start="2024-03-22"), instrument("X")),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_refused_does_not_move_the_others_calendar(tmp_path, why):
    rows, own = REFUSED[why]
    sound = {"prices": price_rows("A"), "instruments": instrument("A")}
    alone = check(tmp_path / "alone", **sound)
    both = check(
        tmp_path / "both",
        prices=pd.concat([sound["prices"], rows]),
        instruments=pd.concat([sound["instruments"], own]),
    )
    assert both.inputs["prices"].entities_rejected == ["X"]
    pd.testing.assert_frame_equal(clean(both, "prices"), clean(alone, "prices"))
    assert both.repairs.empty
    assert clean(both, "instruments")["instrument_id"].tolist() == ["A"]
    accounted(both)


def test_prices_of_no_trading_day_at_all_are_refused_whole(tmp_path):
    saturdays = every_day().iloc[5::7]
    tables = {
        "prices": pd.concat([price_rows("A"), price_rows("B"), saturdays]),
        "instruments": pd.concat([instrument(name) for name in "ABX"]),
    }
    report = check(tmp_path, **tables)
    assert codes(report, "entity") == {"no_valid_rows": 1, "no_prices": 1}
    assert report.inputs["prices"].entities_rejected == ["X"]
    accounted(report)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (price_rows("X", end="2024-03-12"), "stale"),
        (price_rows("X", start="2024-03-12"), "short_history"),
        (price_rows("X").drop(index=range(20, 27)), "price_gap"),
        (price_rows("X").assign(close="0"), "no_valid_rows"),
    ],
)
def test_an_instrument_without_usable_prices_is_refused_and_so_is_its_book(tmp_path, rows, code):
    positions = pd.DataFrame(
        [("good", "A", 1), ("bad", "A", 1), ("bad", "X", 1)],
        columns=["portfolio_id", "instrument_id", "quantity"],
    )
    report = check(
        tmp_path,
        prices=pd.concat([price_rows("A"), price_rows("B"), rows]),
        instruments=pd.concat([instrument(name) for name in "ABX"]),
        positions=positions,
    )
    by_input = report.rejects[report.rejects["severity"] == "entity"].groupby("input")["code"]
    assert by_input.first().to_dict() == {
        "prices": code,
        "instruments": "no_prices",
        "positions": "unknown_instrument",
    }
    assert clean(report, "positions")["portfolio_id"].tolist() == ["good"]
    accounted(report)


@pytest.mark.parametrize(
    ("terms", "code", "column"),
    [
        (
            {"kind": "european_option", "underlying": "A", "strike": 10},
            "missing_term",
            "option_type",
        ),
        ({"kind": "bond", "coupon": 0.01}, "missing_term", "coupon_frequency"),
        ({"kind": "tulip"}, "unknown_choice", "kind"),
    ],
)
def test_an_instrument_without_its_terms_is_refused(tmp_path, terms, code, column):
    report = check(
        tmp_path,
        prices=price_rows("A"),
        instruments=pd.concat([instrument("A"), instrument("Z", **terms)]),
    )
    row = report.rejects[report.rejects["severity"] == "row"].iloc[0]
    assert (row["code"], row["column"], row["entity"]) == (code, column, "Z")
    accounted(report)


def option(**changed):
    terms = {
        "underlying": "A",
        "strike": 10,
        "option_type": "call",
        "expiry": "2024-06-28",
        "implied_volatility": 0.2,
    }
    return instrument("OPT", "european_option", **{**terms, **changed})


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (option(expiry="2024-03-31"), "expired"),
        (option(underlying="GHOST"), "unknown_underlying"),
        (option(curve_id="GHOST"), "unknown_curve"),
        (option(implied_volatility=-0.2), "not_positive"),
    ],
)
def test_an_option_that_cannot_be_valued_is_refused(tmp_path, row, code):
    report = check(tmp_path, prices=price_rows("A"), instruments=pd.concat([instrument("A"), row]))
    assert code in codes(report)
    assert clean(report, "instruments")["instrument_id"].tolist() == ["A"]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([("p", "A", 1), ("p", "A", 2)], "incomplete_book"),
        ([("p", "A", "some")], "incomplete_book"),
        ([("p", "A", 0)], "empty_book"),
        ([("p", "GHOST", 1)], "unknown_instrument"),
    ],
)
def test_a_book_is_whole_or_refused(tmp_path, rows, code):
    columns = ["portfolio_id", "instrument_id", "quantity"]
    positions = pd.DataFrame([*rows, ("q", "A", 1)], columns=columns)
    limits = pd.DataFrame(
        [("p", "value_at_risk", 0.99, 1, 10.0)],
        columns=["portfolio_id", "measure", "level", "horizon", "limit"],
    )
    report = check(
        tmp_path, prices=price_rows("A"), instruments=instrument("A"), positions=positions,
        limits=limits,
    )  # fmt: skip
    assert report.inputs["positions"].entities_rejected == ["p"]
    assert code in codes(report, "entity")
    assert "unknown_portfolio" in codes(report, "entity")
    accounted(report)


def test_a_scenario_of_an_unknown_target_is_refused_whole(tmp_path):
    scenarios = pd.DataFrame(
        [
            ("crash", "kind", "equity", -0.2),
            ("crash", "instrument", "GHOST", -0.5),
            ("mild", "instrument", "A", -0.1),
            ("all", "volatility", "*", 0.5),
        ],
        columns=["scenario_id", "target_kind", "target", "shift"],
    )
    report = check(
        tmp_path, prices=price_rows("A"), instruments=instrument("A"), stress_scenarios=scenarios
    )
    assert report.inputs["stress_scenarios"].entities_rejected == ["crash"]


dirty_quantity = st.sampled_from(["1", "2.5", "-1", "", "x", "nan", "inf", "1e400", "'; --"])
dirty_date = st.sampled_from(
    ["2024-01-01", "2024-01-02", "2024-01-04", "2024-02-01", "2030-01-01", "yesterday", ""]
)
dirty_id = st.sampled_from(["a", "b", "", " ", "é", "a/b", "<b>", "x'y"])


@given(
    rows=st.lists(
        st.tuples(dirty_id, dirty_id, dirty_date, dirty_quantity), min_size=1, max_size=25
    ),
    gaps=st.sampled_from(["zero", "carry", "reject"]),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_in_is_clean_or_named(tmp_path, rows, gaps):
    frame = pd.DataFrame(rows, columns=["warehouse_id", "item_id", "ds", "quantity"])
    report = check(tmp_path, dataclasses.replace(PLAN, gaps=gaps), demand=frame)
    kept = clean(report, "demand")
    assert np.isfinite(kept["quantity"].to_numpy()).all()
    assert (kept["quantity"] >= 0).all()
    assert not kept.duplicated(["warehouse_id", "item_id", "ds"]).any()
    assert report.rejects["advice"].str.len().gt(0).all()
    checked = report.inputs["demand"]
    names = set(kept["warehouse_id"] + "/" + kept["item_id"])
    assert names | set(checked.entities_rejected) == set(checked.entities_in)
    observed = (~kept["repaired"]).sum()
    entity_refused = set(checked.entities_rejected)
    if not entity_refused:
        assert observed + checked.rows_rejected == checked.rows_in


def test_the_same_files_give_the_same_bytes(tmp_path):
    frame = pd.concat([demand_rows().drop(index=[4]), demand_rows(item="coffee")])
    first = check(tmp_path / "a", demand=frame)
    second = check(tmp_path / "b", demand=frame)
    one, two = (report.inputs["demand"].clean.read_bytes() for report in (first, second))
    assert one == two
    pd.testing.assert_frame_equal(first.repairs, second.repairs)
