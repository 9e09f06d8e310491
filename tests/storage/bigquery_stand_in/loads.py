"""Load jobs: Parquet into a table or one partition of it, whole or not at all."""

import io

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tests.storage.bigquery_stand_in.catalog import kind, quoted
from tests.storage.bigquery_stand_in.errors import ApiError

ARROW = {
    "STRING": pa.string(),
    "FLOAT64": pa.float64(),
    "INT64": pa.int64(),
    "BOOL": pa.bool_(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
}


def load(catalog, load, content, partitions_a_job):
    """Do what a load job's configuration says with a Parquet file's content."""
    dataset = load["destinationTable"]["datasetId"]
    name, _, partition = load["destinationTable"]["tableId"].partition("$")
    table = catalog.table(dataset, name)
    if load["sourceFormat"] != "PARQUET":
        raise ApiError("invalid", f"the stand-in loads no {load['sourceFormat']}")
    _compare(name, table["schema"]["fields"], load["schema"]["fields"])
    rows = _read(content, load["schema"]["fields"])
    _check_partitions(table, rows, partition, partitions_a_job)
    target = quoted(dataset, name)
    connection = catalog.connection
    connection.begin()
    try:
        if load["writeDisposition"] == "WRITE_TRUNCATE":
            connection.execute(f"DELETE FROM {target} WHERE {_within(table, partition)}")
        connection.register("loading", rows)
        names = ", ".join(quoted(field) for field in rows.column_names)
        connection.execute(f"INSERT INTO {target} ({names}) SELECT {names} FROM loading")
        connection.commit()
    except duckdb.Error as error:
        connection.rollback()
        raise ApiError("invalid", str(error).splitlines()[0]) from error
    return rows.num_rows


def _compare(name, fields, given):
    have = {field["name"]: field for field in fields}
    for field in given:
        there = have.get(field["name"])
        if there is None:
            raise ApiError(
                "invalid",
                f"Provided Schema does not match Table {name}. Cannot add "
                f"fields (field: {field['name']})",
            )
        if kind(there) != kind(field) or there["mode"] != field.get("mode", "NULLABLE"):
            raise ApiError(
                "invalid",
                f"Provided Schema does not match Table {name}. Field {field['name']} has changed "
                "type or mode",
            )


def _read(content, fields):
    """Read Parquet; its types and modes must be those of the schema."""
    try:
        rows = pq.read_table(io.BytesIO(content))
    except (pa.ArrowInvalid, OSError) as error:
        raise ApiError("invalid", f"Error while reading data: {error}") from error
    for field in fields:
        found = rows.schema.field(field["name"])
        if found.type != ARROW[kind(field)]:
            raise ApiError("invalid", f"Field {field['name']} is {found.type} in the file")
        if found.nullable and field["mode"] == "REQUIRED":
            raise ApiError(
                "invalid", f"Field {field['name']} has changed mode from REQUIRED to NULLABLE"
            )
    return rows


def _check_partitions(table, rows, partition, most):
    field = table["timePartitioning"]["field"]
    days = {moment.strftime("%Y%m%d") for moment in rows.column(field).unique().to_pylist()}
    if partition and days - {partition}:
        raise ApiError(
            "invalid",
            "Some rows belong to different partitions rather than destination partition "
            f"{partition}",
        )
    if len(days) > most:
        raise ApiError(
            "invalid", f"Too many partitions produced by query, allowed {most}, got {len(days)}"
        )


def _within(table, partition):
    if not partition:
        return "TRUE"
    field = quoted(table["timePartitioning"]["field"])
    return f"strftime({field}, '%Y%m%d') = '{partition}'"
