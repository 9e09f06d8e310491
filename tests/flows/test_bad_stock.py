"""Bad stock in the night: each a named reject or failure, and the others unchanged to the bit."""

import numpy as np
import pandas as pd
import pytest

from flows.spec import load_job
from tests.flows.sample_nights import tables_of
from tests.inventory.night import item_row, stock_row
from tests.survival.plain import run_plain

JOB = """
name = "bad-stock"
as_of = 2024-04-29
[inputs.demand]
path = "demand.csv"
[inputs.items]
path = "items.csv"
[inputs.stock]
path = "stock.csv"
[demand]
horizon = 10
windows = 2
aggregate_paths = 100
# Calibration pools all series: an item refused for its cost would move every other forecast.
calibrate = false
[demand.line_up]
smooth = ["WindowAverage", "SimpleExponentialSmoothing"]
erratic = ["WindowAverage", "SimpleExponentialSmoothing"]
[stock]
paths = 40
[execution]
chunk_entities = 5
failure_threshold = 1.0
"""
GOOD = ("bolt", "cog", "dial", "gear")
# What is wrong with an item: the table, the change, and the code or message that names it.
BAD_ROWS = {
    "owing": ("stock", {"on_hand": -1.0}, "negative"),
    "gift": ("stock", {"holding_cost": -0.1}, "negative"),
    "refund": ("stock", {"ordering_cost": -2.0}, "negative"),
    "at-once": ("stock", {"lead_time_mean": 0.0}, "not_positive"),
    "by-sea": (
        "stock",
        {"lead_time_mean": 60.0},
        "lead time 60 plus review period 1 must lie within the forecast's 10 periods",
    ),
    "bulky": (
        "stock",
        {"capacity": 3.0},
        "case_pack must be at most the capacity 3; got 4",
    ),
    "always": ("stock", {"service_target": 1.0}, "target_out_of_range"),
    "unpriced": ("stock", {"shortage_cost": None}, "missing"),
    "endless": ("stock", {"on_hand": 1e200}, "too_large"),
    "priceless": ("stock", {"shortage_cost": 1e13}, "too_large"),
    "uncosted": ("items", {"unit_cost": None}, "missing"),
    "pallet": ("items", {"case_pack": 1e200}, "too_large"),
    "dust": ("items", {"case_pack": 1e-200}, "too_small"),
    "subsidy": ("items", {"unit_cost": -3.0}, "negative"),
}
# Demand that cannot be forecast, and a row of stock that no demand belongs to.
UNSOLD = ("unsold", "no-forecast")
ABSENT = "unlisted"
BAD = (*BAD_ROWS, *UNSOLD, ABSENT)


def demand_of(name, quantity=None):
    days = pd.date_range(end="2024-04-29", periods=90)
    seed = int.from_bytes(name.encode(), "big") % 2**31
    sold = np.random.default_rng(seed).poisson(5.0, len(days)) if quantity is None else quantity
    return pd.DataFrame({"warehouse_id": "north", "item_id": name, "ds": days, "quantity": sold})


def write_night(folder, *, bad):
    """Write the inputs of a night, all good or with everything that is wrong."""
    wrong = {
        table: {n: change for n, (of, change, _) in BAD_ROWS.items() if bad and of == table}
        for table in ("stock", "items")
    }
    demand = [demand_of(name) for name in (*GOOD, *BAD_ROWS)]
    names = [*GOOD, *BAD_ROWS]
    if bad:
        demand.append(demand_of("no-forecast", quantity=-1.0))
        names += UNSOLD
    stock = [
        {**stock_row(name, capacity=None, ordering_cost=1.0), **wrong["stock"].get(name, {})}
        for name in (*names, *([ABSENT] if bad else []))
    ]
    items = [
        {**item_row(name, case_pack=4.0, unit_price=5.0), **wrong["items"].get(name, {})}
        for name in names
    ]
    pd.concat(demand).to_csv(folder / "demand.csv", index=False)
    pd.DataFrame(stock).to_csv(folder / "stock.csv", index=False)
    pd.DataFrame(items).to_csv(folder / "items.csv", index=False)
    spec = folder / "job.toml"
    spec.write_text(JOB)
    return load_job(spec)


def run_night(job):
    run_plain(job)
    return tables_of(job)


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    return {
        bad: run_night(write_night(tmp_path_factory.mktemp("stock"), bad=bad))
        for bad in (False, True)
    }


def named(tables, name):
    """Return codes of rejects and messages of failures that name an item's stock."""
    rejects, failures = tables["rejects"], tables["failures"]
    own = rejects[rejects["entity"].str.split("/").str[-1] == name]
    failed = failures[failures["entity"] == f"north/{name}"]
    return {*own["code"], *failed["message"]}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_what_is_wrong_is_named(nights, name):
    expected = BAD_ROWS[name][2]
    assert expected in named(nights[True], name)
    assert named(nights[False], name) == set()


@pytest.mark.parametrize("name", [*UNSOLD, ABSENT])
def test_stock_that_nothing_was_forecast_for_is_named(nights, name):
    found = named(nights[True], name)
    assert found, name
    assert name not in set(nights[True]["order_plans"]["item_id"])


def test_none_of_them_has_an_order(nights):
    assert set(nights[True]["order_plans"]["item_id"]) == set(GOOD)
    assert set(nights[False]["order_plans"]["item_id"]) == {*GOOD, *BAD_ROWS}


@pytest.mark.parametrize("table", ["order_plans", "service_cost_curves", "order_exceptions"])
def test_the_others_are_unchanged_to_the_bit(nights, table):
    keys = ["item_id", *(["number"] if table == "service_cost_curves" else [])]
    if table == "order_exceptions":
        keys.append("kind")
    clean, dirty = (
        nights[bad][table]
        .query("item_id in @GOOD")
        .drop(columns=["run_id", "as_of"])
        .sort_values(keys, ignore_index=True)
        for bad in (False, True)
    )
    assert len(clean) > 0 or table == "order_exceptions"
    pd.testing.assert_frame_equal(dirty, clean, check_exact=True)


def test_every_stock_entity_is_accounted_for(nights):
    tables = nights[True]
    refused = {name for name in BAD if named(tables, name)}
    assert refused == set(BAD)
