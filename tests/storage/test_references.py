"""Inputs that refer to others: items, stock, open orders and the calendar."""

import dataclasses

import pandas as pd
import pytest

from tests.storage.inputs import PLAN, check, clean, codes, demand_rows

ITEM = {
    "item_id": "tea",
    "category": "drinks",
    "unit_cost": 1,
    "unit_price": 2,
    "case_pack": 6,
    "minimum_order": 0,
}
STOCK = {
    "warehouse_id": "north",
    "item_id": "tea",
    "on_hand": 10,
    "lead_time_mean": 2,
    "lead_time_deviation": 0.5,
    "review_period": 1,
    "holding_cost": 0.01,
    "shortage_cost": 1,
    "ordering_cost": 5,
    "service_target": 0.95,
}
ORDER = {"warehouse_id": "north", "item_id": "tea", "ds": "2024-04-02", "quantity": 12}


def table(row, *changes):
    return pd.DataFrame([row, *({**row, **change} for change in changes)])


def test_stock_of_an_admitted_series_passes_unchanged(tmp_path):
    report = check(
        tmp_path,
        demand=demand_rows(),
        items=table(ITEM),
        stock=table(STOCK),
        open_orders=table(ORDER),
    )
    assert report.rejects.empty
    found = clean(report, "stock").iloc[0].to_dict()
    assert pd.isna(found.pop("capacity"))  # none was given: there is no limit
    assert found == STOCK
    assert clean(report, "open_orders")["quantity"].tolist() == [12.0]


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        ({"on_hand": -1}, "negative", "on_hand"),
        ({"service_target": 1}, "target_out_of_range", "service_target"),
        ({"service_target": 0}, "target_out_of_range", "service_target"),
        ({"service_target": 95}, "too_large", "service_target"),
        ({"review_period": 1.5}, "wrong_type", "review_period"),
        ({"review_period": 0}, "too_small", "review_period"),
        ({"holding_cost": None}, "missing", "holding_cost"),
    ],
)
def test_stock_that_no_plan_can_use_is_refused(tmp_path, change, code, column):
    stock = table(STOCK, {"item_id": "coffee", **change})
    demand = pd.concat([demand_rows(), demand_rows(item="coffee")])
    report = check(tmp_path, demand=demand, stock=stock)
    row = report.rejects.query("severity == 'row'").iloc[0]
    assert (row["code"], row["column"], row["row"]) == (code, column, 2)
    assert report.inputs["stock"].entities_rejected == ["north/coffee"]
    assert codes(report, "entity") == {"no_valid_rows": 1}


@pytest.mark.parametrize(
    ("volume", "code"), [(0, "not_positive"), (-2, "not_positive"), (None, "missing")]
)
def test_an_item_whose_volume_is_none_is_refused_and_no_other(tmp_path, volume, code):
    items = table({**ITEM, "volume": 1.5}, {"item_id": "coffee", "volume": volume})
    demand = pd.concat([demand_rows(), demand_rows(item="coffee")])
    stock = table(STOCK, {"item_id": "coffee"})
    report = check(tmp_path, demand=demand, items=items, stock=stock)
    row = report.rejects.query("severity == 'row'").iloc[0]
    assert (row["code"], row["column"], row["row"]) == (code, "volume", 2)
    assert report.inputs["stock"].entities_rejected == ["north/coffee"]
    assert clean(report, "items")["volume"].tolist() == [1.5]
    assert clean(report, "stock")["item_id"].tolist() == ["tea"]


def test_without_volumes_none_is_missing(tmp_path):
    report = check(tmp_path, demand=demand_rows(), items=table(ITEM), stock=table(STOCK))
    assert report.rejects.empty
    assert clean(report, "items")["volume"].isna().all()


def test_stock_without_admitted_demand_or_item_is_refused_by_name(tmp_path):
    stock = table(STOCK, {"item_id": "ghost"}, {"item_id": "coffee"})
    demand = pd.concat([demand_rows(), demand_rows(item="coffee").assign(quantity="-1")])
    report = check(tmp_path, demand=demand, stock=stock)
    refused = report.rejects.query("input == 'stock'")
    assert refused["entity"].tolist() == ["north/coffee", "north/ghost"]
    assert set(refused["code"]) == {"unknown_series"}
    assert set(refused["source"]) == {"stock.csv"}


def test_stock_may_be_checked_without_demand_or_items(tmp_path):
    report = check(tmp_path, stock=table(STOCK))
    assert report.rejects.empty


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ds": "2024-03-31"}, "arrived"),
        ({"ds": "2024-03-31 18:00"}, "arrived"),
        ({"quantity": 0}, "not_positive"),
        ({"quantity": -3}, "not_positive"),
        ({"item_id": "ghost"}, "unknown_series"),
    ],
)
def test_an_open_order_that_is_not_on_its_way_is_refused(tmp_path, change, code):
    orders = table(ORDER, {"ds": "2024-04-09", **change})
    report = check(tmp_path, demand=demand_rows(), stock=table(STOCK), open_orders=orders)
    assert code in codes(report)
    assert clean(report, "open_orders")["ds"].tolist() == [pd.Timestamp("2024-04-02")]


def test_an_open_order_at_the_first_moment_of_the_morning_is_on_its_way(tmp_path):
    plan = dataclasses.replace(PLAN, frequency="h")
    orders = table(ORDER, {"ds": "2024-04-01 00:00"})
    report = check(tmp_path, plan, open_orders=orders)
    assert report.rejects.empty


def test_an_item_named_twice_keeps_its_first_row_and_names_what_differs(tmp_path):
    items = table(ITEM, {}, {"case_pack": 12})
    report = check(tmp_path, items=items)
    assert clean(report, "items")["case_pack"].tolist() == [6.0]
    found = report.rejects[["row", "code", "column", "value"]].to_numpy().tolist()
    assert found == [
        [2, "duplicate", "item_id", "tea"],
        [3, "conflicting_duplicate", "case_pack", "12"],
    ]


def test_two_events_may_share_a_day_but_not_a_name(tmp_path):
    days = [("2024-05-01", "labour day"), ("2024-05-01", "fair"), ("2024-05-01", "fair")]
    report = check(tmp_path, calendar=pd.DataFrame(days, columns=["ds", "event"]))
    assert clean(report, "calendar")["event"].tolist() == ["fair", "labour day"]
    assert codes(report) == {"duplicate": 1}


LANE = {"from_warehouse_id": "north", "to_warehouse_id": "south", "lead_time": 1, "unit_cost": 0.4}


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        ({"to_warehouse_id": "north"}, "same_ends", "to_warehouse_id"),
        ({"to_warehouse_id": "ghost"}, "unknown_warehouse", "to_warehouse_id"),
        ({"from_warehouse_id": "ghost"}, "unknown_warehouse", "from_warehouse_id"),
        ({"lead_time": -1}, "negative", "lead_time"),
        ({"lead_time": 0.5}, "wrong_type", "lead_time"),
        ({"unit_cost": -0.1}, "negative", "unit_cost"),
        ({"unit_cost": None}, "missing", "unit_cost"),
    ],
)
def test_a_lane_that_leads_nowhere_is_refused_and_the_others_stay(tmp_path, change, code, column):
    south = demand_rows().assign(warehouse_id="south")
    back = {"from_warehouse_id": "south", "to_warehouse_id": "north"}
    report = check(
        tmp_path,
        demand=pd.concat([demand_rows(), south], ignore_index=True),
        items=table(ITEM),
        stock=table(STOCK, {"warehouse_id": "south"}),
        transfer_lanes=table({**LANE, **back}, {**LANE, **change}),
    )
    assert code in codes(report)
    named = report.rejects[report.rejects["code"] == code]
    assert set(named["column"]) == {column}
    kept = clean(report, "transfer_lanes")
    assert kept[["from_warehouse_id", "to_warehouse_id"]].to_numpy().tolist() == [
        ["south", "north"]
    ]
