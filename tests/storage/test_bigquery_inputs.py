"""Inputs from BigQuery: an estimate before a read, no more than asked for, the same bytes."""

from dataclasses import replace
from datetime import date

import duckdb
import pytest
from google.cloud import bigquery

from storage.errors import InputRefusedError, TransientStoreError
from storage.inputs import InputSource, read_input
from storage.stores import bigquery_jobs
from storage.stores.bigquery_inputs import (
    BigQueryInput,
    Fetched,
    estimate_input,
    fetch_input,
    state_of_input,
)
from tests.storage.addresses import PROJECT, stand_in
from tests.storage.bigquery_stand_in import Fault

AS_OF = date(2026, 1, 4)
FIELDS = [
    bigquery.SchemaField("store", "STRING", "REQUIRED"),
    bigquery.SchemaField("item_id", "STRING"),
    bigquery.SchemaField("day", "TIMESTAMP", "REQUIRED"),
    bigquery.SchemaField("quantity", "FLOAT64"),
    bigquery.SchemaField("secret", "STRING"),
]
ROWS = (
    "INSERT INTO {} VALUES ('north', 'tea', TIMESTAMP '2026-01-02 00:00:00+00', 2.0, 'x'), "
    "('north', 'jam', TIMESTAMP '2026-01-03 00:00:00+00', NULL, 'x'), "
    "('north', 'tea', TIMESTAMP '2025-01-01 00:00:00+00', 1.0, 'x')"
)


@pytest.fixture
def sold(tmp_path):
    """Return our demand as it stands in a user's table, which asks for a filter on the day."""
    stand_in().calm()
    client = bigquery.Client(project=PROJECT, location="EU")
    dataset = bigquery.Dataset(f"{PROJECT}.i{abs(hash(str(tmp_path)))}")
    dataset.location = "EU"
    client.create_dataset(dataset)
    table = bigquery.Table(dataset.reference.table("sold"), schema=FIELDS)
    table.time_partitioning = bigquery.TimePartitioning(field="day")
    table.require_partition_filter = True
    client.create_table(table)
    client.query(ROWS.format(f"`{table.reference}`")).result()
    client.close()
    return BigQueryInput(
        "demand",
        str(table.reference),
        columns={"warehouse_id": "store", "ds": "day"},
        days_column="day",
        days=30,
    )


def changed(given, **fields):
    return replace(given, **fields)


def test_an_input_is_read_as_a_file_would_be(sold, tmp_path):
    path = tmp_path / "demand.parquet"
    assert fetch_input(sold, AS_OF, path).rows == 2
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        source = InputSource("demand", (path,), columns=sold.columns)
        assert read_input(connection, source, "demand").rows == 2
        found = connection.execute(
            "SELECT warehouse_id, item_id, CAST(ds AS VARCHAR), quantity FROM demand ORDER BY 2"
        ).fetchall()
    assert found == [
        ("north", "jam", "2026-01-03 00:00:00", None),
        ("north", "tea", "2026-01-02 00:00:00", 2.0),
    ]


def test_only_our_columns_are_read(sold, tmp_path):
    fetch_input(sold, AS_OF, tmp_path / "demand.parquet")
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT * FROM read_parquet($1)", [str(tmp_path / "demand.parquet")]
        )
        assert [column[0] for column in found.description] == [
            "store",
            "item_id",
            "day",
            "quantity",
        ]


def test_the_same_rows_are_the_same_bytes(sold, tmp_path):
    for name in ("1", "2"):
        fetch_input(sold, AS_OF, tmp_path / name)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_an_estimate_reads_nothing_and_is_of_the_days_asked_for(sold, tmp_path):
    """Two rows: 'north' is 7 bytes, 'tea' and 'jam' 5 each, day and quantity 8 each."""
    before = len(stand_in().jobs.jobs)
    assert estimate_input(sold, AS_OF) == 2 * (7 + 5 + 8 + 8)
    assert estimate_input(changed(sold, days=1), AS_OF) == 7 + 5 + 8 + 8
    assert len(stand_in().jobs.jobs) == before
    assert fetch_input(sold, AS_OF, tmp_path / "demand.parquet") == Fetched(2, 56)


def test_a_read_that_would_cost_too_much_is_refused_before_it_begins(sold, tmp_path):
    before = len(stand_in().jobs.jobs)
    with pytest.raises(InputRefusedError, match=r"would process 56 bytes; .* allows 50"):
        fetch_input(changed(sold, maximum_bytes_billed=50), AS_OF, tmp_path / "demand.parquet")
    assert len(stand_in().jobs.jobs) == before
    assert not (tmp_path / "demand.parquet").exists()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"days": None, "days_column": None}, "without a filter over column"),
        ({"days_column": "store"}, "days_column must be a DATE, .*; store is STRING"),
        ({"days_column": "x"}, "x is none of its columns"),
        ({"table": "curves", "columns": {}}, "has none of curve_id, ds, tenor, zero_rate"),
    ],
)
def test_a_source_that_does_not_fit_is_refused(sold, tmp_path, fields, says):
    with pytest.raises(InputRefusedError, match=says):
        fetch_input(changed(sold, **fields), AS_OF, tmp_path / "demand.parquet")


def test_a_table_that_is_not_there_is_refused(sold):
    with pytest.raises(InputRefusedError, match=r"inputs.demand: Not found: Table"):
        estimate_input(changed(sold, source=f"{sold.source}s"), AS_OF)


@pytest.mark.parametrize("source", ["sold", "a.b", "a.b.c.d", "a..c", "a.b.c`; DROP TABLE x"])
def test_a_source_is_a_full_name(source):
    with pytest.raises(InputRefusedError, match=r"PROJECT.DATASET.TABLE; got"):
        BigQueryInput("demand", source)


@pytest.mark.parametrize(
    "fields", [{"days": 3}, {"days_column": "ds"}, {"days": 0, "days_column": "ds"}]
)
def test_days_need_their_column(fields):
    with pytest.raises(InputRefusedError, match="go together"):
        BigQueryInput("demand", "a.b.c", **fields)


def test_a_service_that_is_away_is_a_fault_that_passes(sold, monkeypatch):
    monkeypatch.setattr(bigquery_jobs, "FIRST_DELAY", 0.001)
    monkeypatch.setattr(bigquery_jobs, "RETRY_SECONDS", 0.1)
    stand_in().faults.append(Fault("unavailable", "GET .*/tables/", times=1000))
    with pytest.raises(TransientStoreError, match=r"inputs.demand: The service is not available"):
        estimate_input(sold, AS_OF)
    stand_in().calm()


def as_query(sold):
    """Return the same rows as a query of the user's, which ends in a comment."""
    return BigQueryInput(
        "demand",
        query=f"SELECT store AS warehouse_id, item_id, day AS ds, quantity * 2 AS quantity "
        f"FROM `{sold.source}` WHERE day >= TIMESTAMP '2025-12-05 00:00:00+00' -- the last ones",
        project=PROJECT,
        location="EU",
        labels={"team": "planning"},
    )


def write(sold, statement):
    client = bigquery.Client(project=PROJECT, location="EU")
    client.query(statement.format(f"`{sold.source}`")).result()
    client.close()


def test_a_query_is_read_as_a_table_would_be(sold, tmp_path):
    assert fetch_input(as_query(sold), AS_OF, tmp_path / "q.parquet").rows == 2
    found = duckdb.from_parquet(str(tmp_path / "q.parquet")).project("item_id, quantity")
    assert found.fetchall() == [("jam", None), ("tea", 4.0)]
    last = list(stand_in().jobs.jobs.values())[-1].resource
    assert last["configuration"]["labels"] == {"team": "planning", "application": "almanac"}
    assert last["jobReference"]["location"] == "EU"
    assert int(last["configuration"]["query"]["maximumBytesBilled"]) == 100 * 2**30


def test_a_query_may_be_of_recent_days_alone(sold, tmp_path):
    recent = changed(as_query(sold), days_column="ds", days=1)
    assert fetch_input(recent, AS_OF, tmp_path / "q.parquet").rows == 1


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"query": None}, "a table or a query"),
        ({"source": "a.b.c"}, "a table or a query"),
        ({"query": "SELECT 1 AS x"}, "the query has none of warehouse_id"),
        ({"query": "SELECT"}, "Syntax error|inputs.demand"),
        ({"query": "SELECT 1 AS ds; SELECT 2 AS ds"}, "inputs.demand"),
        ({"maximum_bytes_billed": 1}, "reading the query would process .* allows 1"),
        ({"location": "US"}, "inputs.demand"),
    ],
)
def test_a_query_that_does_not_fit_is_refused_in_a_sentence(sold, tmp_path, fields, says):
    with pytest.raises(InputRefusedError, match=says) as refusal:
        fetch_input(changed(as_query(sold), **fields), AS_OF, tmp_path / "q.parquet")
    assert "\n" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shape", [lambda sold: sold, as_query])
def test_a_state_stays_until_the_rows_or_the_question_change(sold, shape):
    source = shape(sold)
    before = state_of_input(source, AS_OF)
    assert state_of_input(source, AS_OF) == before
    recent = changed(source, days_column="day" if source.source else "ds", days=9)
    assert state_of_input(recent, AS_OF) != before
    write(sold, "UPDATE {} SET quantity = 3.0 WHERE day >= TIMESTAMP '2026-01-01 00:00:00+00'")
    after = state_of_input(source, AS_OF)
    assert after != before
    write(sold, "DELETE FROM {} WHERE day < TIMESTAMP '2026-01-01 00:00:00+00'")
    assert state_of_input(source, AS_OF) not in {before, after}


def test_a_table_outside_bigquery_has_no_state(sold):
    dataset, name = sold.source.split(".")[1:]
    stand_in().catalog.tables[dataset, name]["type"] = "EXTERNAL"
    with pytest.raises(InputRefusedError, match="kept outside BigQuery"):
        state_of_input(sold, AS_OF)
