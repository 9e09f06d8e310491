"""The stand-in refuses what BigQuery's documentation says BigQuery refuses."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.api_core import exceptions
from google.cloud import bigquery

from tests.storage.addresses import PROJECT, stand_in
from tests.storage.bigquery_stand_in import JobFault

FIELDS = [
    bigquery.SchemaField("as_of", "TIMESTAMP", "REQUIRED"),
    bigquery.SchemaField("item_id", "STRING", "REQUIRED"),
    bigquery.SchemaField("quantity", "FLOAT64"),
]
ARROW = pa.schema(
    [
        pa.field("as_of", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("item_id", pa.string(), nullable=False),
        pa.field("quantity", pa.float64()),
    ]
)
DAY = 86_400_000_000


@pytest.fixture
def client(tmp_path):
    stand_in().calm()
    opened = bigquery.Client(project=PROJECT, location="EU")
    yield opened
    opened.close()


@pytest.fixture
def table(client, tmp_path):
    dataset = bigquery.Dataset(f"{PROJECT}.d{abs(hash(str(tmp_path)))}")
    dataset.location = "EU"
    client.create_dataset(dataset)
    defined = bigquery.Table(dataset.reference.table("stock"), schema=FIELDS)
    defined.time_partitioning = bigquery.TimePartitioning(field="as_of")
    defined.require_partition_filter = True
    return client.create_table(defined)


def parquet(days, schema=ARROW, quantity=1.0):
    rows = pa.table(
        {
            "as_of": pa.array([day * DAY for day in days], pa.timestamp("us", tz="UTC")),
            "item_id": [f"item {number}" for number, _ in enumerate(days)],
            "quantity": pa.array([quantity] * len(days), pa.float64()),
        }
    ).cast(schema)
    file = io.BytesIO()
    pq.write_table(rows, file)
    file.seek(0)
    return file


def load(client, table, file, partition="", schema=FIELDS, job_id=None):
    config = bigquery.LoadJobConfig(
        source_format="PARQUET", schema=schema, write_disposition="WRITE_TRUNCATE"
    )
    reference = table.reference.dataset_id, table.table_id + partition
    target = f"{PROJECT}.{reference[0]}.{reference[1]}"
    return client.load_table_from_file(file, target, job_id=job_id, job_config=config).result()


def rows(client, table, rule="as_of >= TIMESTAMP '1970-01-01'"):
    query = f"SELECT item_id, quantity FROM `{table.reference}` WHERE {rule} ORDER BY 1"
    return [tuple(row) for row in client.query(query).result()]


def test_a_job_id_is_used_once_even_by_a_job_that_failed(client, table):
    stand_in().job_faults.append(JobFault("once", reason="backendError"))
    with pytest.raises(exceptions.GoogleAPICallError, match="failed on demand"):
        load(client, table, parquet([0]), job_id="once")
    with pytest.raises(exceptions.Conflict, match="Already Exists: Job once"):
        load(client, table, parquet([0]), job_id="once")


def test_a_partition_is_replaced_alone_and_whole(client, table):
    load(client, table, parquet([0, 0]), "$19700101")
    load(client, table, parquet([1]), "$19700102")
    load(client, table, parquet([0], quantity=9.0), "$19700101")
    assert rows(client, table) == [("item 0", 1.0), ("item 0", 9.0)]


def test_a_load_that_fails_leaves_the_partition_as_it_was(client, table):
    load(client, table, parquet([0, 0]), "$19700101")
    with pytest.raises(exceptions.BadRequest, match="Some rows belong to different partitions"):
        load(client, table, parquet([0, 1]), "$19700101")
    assert len(rows(client, table)) == 2


def test_a_load_of_too_many_partitions_is_refused(client, table):
    load(client, table, parquet(range(4000)))
    with pytest.raises(exceptions.BadRequest, match="Too many partitions"):
        load(client, table, parquet(range(4001)))


def test_loads_of_a_table_are_counted(client, table, monkeypatch):
    monkeypatch.setattr(stand_in().jobs, "loads_a_day", 2)
    for _ in range(2):
        load(client, table, parquet([0]))
    with pytest.raises(exceptions.Forbidden, match="exceeded quota for imports"):
        load(client, table, parquet([0]))


def test_a_nullable_column_is_no_required_one(client, table):
    loose = pa.schema([field.with_nullable(True) for field in ARROW])
    with pytest.raises(exceptions.BadRequest, match="from REQUIRED to NULLABLE"):
        load(client, table, parquet([0], loose))


def test_a_schema_grows_and_does_not_shrink(client, table):
    table.schema = [*FIELDS, bigquery.SchemaField("note", "STRING")]
    client.update_table(table, ["schema"])
    for wrong in (
        FIELDS,
        [*table.schema, bigquery.SchemaField("must", "STRING", "REQUIRED")],
        [*table.schema[:-1], bigquery.SchemaField("note", "INT64")],
        [*table.schema[:-1], bigquery.SchemaField("note", "STRING", "REQUIRED")],
    ):
        table.schema = wrong
        with pytest.raises(exceptions.BadRequest, match="does not match Table"):
            client.update_table(table, ["schema"])


@pytest.mark.parametrize(
    "query",
    [
        "SELECT COUNT(*) FROM `{}`",
        "SELECT COUNT(*) FROM `{}` WHERE quantity > 0",
        (
            "SELECT COUNT(*) FROM `{}` WHERE as_of = (SELECT MAX(as_of) FROM `{}` "
            "WHERE as_of > TIMESTAMP '1970-01-01')"
        ),
        "DELETE FROM `{}` WHERE quantity > 0",
        "UPDATE `{}` SET quantity = 0 WHERE item_id = 'x'",
        (
            "MERGE INTO `{}` AS target USING (SELECT 'a' AS item_id) AS source "
            "ON target.item_id = source.item_id WHEN MATCHED THEN DELETE"
        ),
    ],
)
def test_a_statement_without_a_filter_on_the_partition_is_refused(client, table, query):
    with pytest.raises(exceptions.BadRequest, match="without a filter over column"):
        client.query(query.format(table.reference, table.reference)).result()


MERGE = """
MERGE INTO `{}` AS target USING (SELECT * FROM UNNEST([{}]) AS item_id) AS source
ON target.as_of = TIMESTAMP '1970-01-01' AND target.item_id = source.item_id
WHEN MATCHED THEN UPDATE SET quantity = 5
"""


def test_a_merge_in_which_two_rows_match_one_is_refused(client, table):
    load(client, table, parquet([0, 0]))
    client.query(MERGE.format(table.reference, "'item 0', 'item 9'")).result()
    assert rows(client, table) == [("item 0", 5.0), ("item 1", 1.0)]
    with pytest.raises(exceptions.BadRequest, match="at most one source row for each target row"):
        client.query(MERGE.format(table.reference, "'item 1', 'item 1'")).result()


def test_a_script_that_stops_within_a_transaction_leaves_no_trace(client, table):
    load(client, table, parquet([0, 0]))
    script = (
        "BEGIN TRANSACTION; DELETE FROM `{}` WHERE as_of = TIMESTAMP '1970-01-01'; "
        "ASSERT (SELECT COUNT(*) FROM `{}` WHERE as_of = TIMESTAMP '1970-01-01') = {} AS 'gone'; "
        "COMMIT TRANSACTION;"
    )
    with pytest.raises(exceptions.BadRequest, match="gone"):
        client.query(script.format(table.reference, table.reference, 2)).result()
    assert len(rows(client, table)) == 2
    client.query(script.format(table.reference, table.reference, 0)).result()
    assert rows(client, table) == []


def test_a_dry_run_counts_the_columns_and_partitions_it_would_read(client, table):
    """Two numbers of eight bytes a row, two rows in the first partition of two."""
    load(client, table, parquet([0, 0, 1]))
    config = bigquery.QueryJobConfig(dry_run=True)
    query = f"SELECT quantity FROM `{table.reference}` WHERE as_of = TIMESTAMP '1970-01-01'"
    assert client.query(query, job_config=config).total_bytes_processed == 2 * 16


def test_a_job_is_found_only_where_it_ran(client, table):
    load(client, table, parquet([0]), job_id=f"here-{table.dataset_id}")
    with pytest.raises(exceptions.NotFound):
        client.get_job(f"here-{table.dataset_id}", location="US")
