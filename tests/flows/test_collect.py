"""Inputs that a job assumes from its files: these are read as the check reads them."""

import duckdb
import numpy as np
import pandas as pd
import pytest

from flows.run import prepare_run
from flows.spec import parse_job
from flows.steps.collect import collect
from storage.inputs import InputRefusedError, read_input


def job_of(folder, **content):
    return parse_job({"folder": str(folder), "name": "n", "as_of": "2024-03-31", **content}, "j")


def stock_job(folder, **source):
    assumed = {"kind": "assumed_stock"}
    demand = {"path": "demand.csv", **source}
    inputs = {"demand": demand, "items": assumed, "stock": assumed}
    return job_of(folder, inputs=inputs, demand={}, stock={})


def write_demand(folder, *, encoding="utf-8", decimal=".", delimiter=",", dates="%Y-%m-%d"):
    rows = [
        ["north", item, day, str(level).replace(".", decimal)]
        for item, level in (("tea", 1.5), ("caf\xe9", 3.0))
        for day in pd.to_datetime(["2024-01-01", "2024-01-02"]).strftime(dates)
    ]
    rows.insert(0, ["w", "item_id", "ds", "quantity"])
    text = "".join(f"{delimiter.join(row)}\n" for row in rows)
    (folder / "demand.csv").write_bytes(text.encode(encoding))


@pytest.mark.parametrize("written", [{}, {"encoding": "latin-1", "decimal": ",", "delimiter": ";"}])
def test_stock_is_assumed_from_demand_as_it_is_read(tmp_path, written):
    write_demand(tmp_path, **written)
    settings = {key: value for key, value in written.items() if key != "delimiter"}
    job = stock_job(tmp_path, columns={"warehouse_id": "w"}, **settings)
    sources = collect(prepare_run(job), tmp_path / "assumed")
    stock = pd.read_parquet(sources["stock"].paths[0]).set_index("item_id")
    assert set(stock.index) == {"tea", "caf\xe9"}
    assert stock.loc["caf\xe9", "on_hand"] == pytest.approx(2 * stock.loc["tea", "on_hand"])


def test_a_job_names_the_order_of_dates(tmp_path):
    write_demand(tmp_path, dates="%d.%m.%Y")
    job = stock_job(tmp_path, columns={"warehouse_id": "w"}, dates="day-month-year")
    source = collect(prepare_run(job), tmp_path / "assumed")["demand"]
    with duckdb.connect() as connection:
        read_input(connection, source, "found")
        found = connection.sql("SELECT DISTINCT ds FROM found ORDER BY 1").df()["ds"]
    assert found.tolist() == list(pd.to_datetime(["2024-01-01", "2024-01-02"]))


def test_what_is_no_number_has_no_part_in_what_is_assumed(tmp_path):
    write_demand(tmp_path)
    whole = pd.read_csv(tmp_path / "demand.csv")
    dirty = whole.head(1).assign(quantity="many")
    pd.concat([whole, dirty]).to_csv(tmp_path / "demand.csv", index=False)
    job = stock_job(tmp_path, columns={"warehouse_id": "w"})
    stock = pd.read_parquet(collect(prepare_run(job), tmp_path / "assumed")["stock"].paths[0])
    assert stock["on_hand"].gt(0).all()


def test_stock_cannot_be_assumed_from_a_file_that_is_no_demand(tmp_path):
    write_demand(tmp_path)
    job = stock_job(tmp_path)
    with pytest.raises(InputRefusedError, match="no column 'warehouse_id'"):
        collect(prepare_run(job), tmp_path / "assumed")


def test_instruments_curves_and_books_come_from_prices_whatever_the_dirt(tmp_path):
    days = pd.bdate_range("2023-01-02", periods=300)
    draws = np.random.default_rng(1)
    prices = pd.DataFrame(
        {
            "instrument_id": np.repeat(["A", "B", "7"], 300),
            "ds": np.tile(days.strftime("%Y-%m-%d"), 3),
            "close": np.exp(draws.normal(0.0, 0.01, 900)).round(6).astype(str),
        }
    )
    dirt = prices.tail(2).assign(ds=["soon", "2023-01-02"], close=["1", "dear"])
    pd.concat([prices, dirt]).to_csv(tmp_path / "prices.csv", index=False)
    inputs = {
        "prices": {"path": "prices.csv"},
        "instruments": {"kind": "listed"},
        "positions": {"kind": "generated_books", "portfolios": 3},
        "curves": {"kind": "assumed_curve"},
    }
    sources = collect(prepare_run(job_of(tmp_path, inputs=inputs, risk={})), tmp_path / "assumed")
    listed = pd.read_parquet(sources["instruments"].paths[0])
    assert sorted(listed["instrument_id"]) == ["7", "A", "B"]
    curves = pd.read_parquet(sources["curves"].paths[0])
    assert sorted(curves["ds"].unique()) == sorted(days)
    held = pd.read_parquet(sources["positions"].paths[0])
    assert set(held["instrument_id"]) <= {"7", "A", "B"}


@pytest.mark.parametrize(("frequency", "day"), [("MS", "2024-01-01"), ("QS", None), ("D", None)])
def test_a_month_is_a_date_where_periods_are_months(tmp_path, frequency, day):
    write_demand(tmp_path, dates="%Y-%m")
    job = stock_job(tmp_path, columns={"warehouse_id": "w"})
    months = job.demand.model_copy(update={"frequency": frequency})
    job = job.model_copy(update={"demand": months})
    source = collect(prepare_run(job), tmp_path / "assumed")["demand"]
    with duckdb.connect() as connection:
        read_input(connection, source, "found")
        days = connection.sql("SELECT DISTINCT ds FROM found").df()["ds"]
    assert days.isna().all() if day is None else days.tolist() == [pd.Timestamp(day)]


def test_stock_is_assumed_of_rows_that_end_in_two_ways(tmp_path):
    write_demand(tmp_path)
    path = tmp_path / "demand.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n", 1))
    job = stock_job(tmp_path, columns={"warehouse_id": "w"})
    sources = collect(prepare_run(job), tmp_path / "assumed")
    assert len(pd.read_parquet(sources["stock"].paths[0])) == 2
