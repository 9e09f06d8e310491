"""Inputs from BigQuery: what reading one would cost, and its rows as a file."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
from google.cloud import bigquery

from storage.errors import InputRefusedError, TerminalStoreError
from storage.sql import literal
from storage.stores.bigquery_address import DEFAULT_BYTES_BILLED
from storage.stores.bigquery_dataset import LABEL, storage_read_is_here
from storage.stores.bigquery_faults import faults_named
from storage.stores.bigquery_jobs import CALL_SECONDS, call_retry
from storage.stores.bigquery_sql import quoted
from storage.tables import INPUT_TABLES

_ROW_GROUP = 122_880
_MOMENTS = ("DATE", "DATETIME", "TIMESTAMP")
_PARTS = 3


@dataclass(frozen=True)
class BigQueryInput:
    """A table or view in BigQuery that holds one of our input tables.

    Parameters
    ----------
    table : name of our input table
    source : "PROJECT.DATASET.TABLE"
    columns : our column name -> the source's; names that agree need no entry
    days_column : the source's DATE, DATETIME or TIMESTAMP column, where only recent rows are
        read; of a table that is partitioned by it, no more is read and billed than that
    days : how many days up to the night are read; goes together with ``days_column``
    maximum_bytes_billed : a read that would bill more is refused before it begins
    """

    table: str
    source: str
    columns: Mapping[str, str] = field(default_factory=dict)
    days_column: str | None = None
    days: int | None = None
    maximum_bytes_billed: int = DEFAULT_BYTES_BILLED

    def __post_init__(self) -> None:
        parts = self.source.split(".")
        if len(parts) != _PARTS or not all(parts) or "`" in self.source:
            raise InputRefusedError(
                f"inputs.{self.table}: the source must be PROJECT.DATASET.TABLE; "
                f"got {self.source!r}"
            )
        together = (self.days is None) == (self.days_column is None)
        if not together or (self.days is not None and self.days < 1):
            raise InputRefusedError(
                f"inputs.{self.table}: days, at least 1, and days_column go together; "
                f"got {self.days} and {self.days_column}"
            )


@dataclass(frozen=True)
class Fetched:
    """What was read.

    Parameters
    ----------
    rows : how many rows
    bytes_processed : what BigQuery read for them
    """

    rows: int
    bytes_processed: int


def estimate_input(source: BigQueryInput, as_of: date) -> int:
    """Return how many bytes reading a source would process; nothing is read or billed.

    Raises
    ------
    InputRefusedError
        Where there is no such table, or it lacks all columns of ours.
    TransientStoreError
        Where BigQuery cannot be reached.
    """
    with _reading(source) as client:
        return _estimated(client, source, as_of)


def fetch_input(source: BigQueryInput, as_of: date, path: Path) -> Fetched:
    """Write a source's rows as Parquet: our columns under the source's names, sorted.

    The same rows give the same bytes. Rows come by the Storage Read API where its client is
    installed (google-cloud-bigquery-storage), and by pages of JSON where it is not.

    Parameters
    ----------
    source : what to read
    as_of : the night, from which days are counted back
    path : the file to write

    Raises
    ------
    InputRefusedError
        As `estimate_input`; or where more would be billed than the source allows.
    TransientStoreError
        Where BigQuery cannot be reached.
    """
    with _reading(source) as client:
        estimate = _estimated(client, source, as_of)
        if estimate > source.maximum_bytes_billed:
            raise InputRefusedError(
                f"inputs.{source.table}: reading {source.source} would process {estimate:,} bytes; "
                f"maximum_bytes_billed allows {source.maximum_bytes_billed:,}"
            )
        job = _begun(client, source, as_of, dry_run=False)
        rows = job.result(retry=call_retry(), job_retry=None).to_arrow(
            create_bqstorage_client=storage_read_is_here()
        )
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("fetched", rows)
        connection.execute(
            f"COPY (SELECT * FROM fetched ORDER BY ALL) TO {literal(str(path))} "  # noqa: S608 - quoted
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP})"
        )
    return Fetched(rows.num_rows, estimate)


@contextmanager
def _reading(source: BigQueryInput) -> Iterator[bigquery.Client]:
    """Open a client; what stays wrong is a refusal of the input."""
    place = f"inputs.{source.table}"
    try:
        with faults_named(place):
            client = bigquery.Client(project=source.source.split(".")[0])
            try:
                yield client
            finally:
                client.close()  # type: ignore[no-untyped-call] # the client's own
    except TerminalStoreError as error:
        raise InputRefusedError(str(error)) from error


def _estimated(client: bigquery.Client, source: BigQueryInput, as_of: date) -> int:
    job = _begun(client, source, as_of, dry_run=True)
    return int(job.total_bytes_processed or 0)


def _begun(
    client: bigquery.Client, source: BigQueryInput, as_of: date, *, dry_run: bool
) -> bigquery.QueryJob:
    found = client.get_table(source.source, retry=call_retry(), timeout=CALL_SECONDS)
    rule, parameters = _recent(source, found, as_of)
    config = bigquery.QueryJobConfig(
        dry_run=dry_run,
        use_query_cache=not dry_run,
        maximum_bytes_billed=source.maximum_bytes_billed,
        query_parameters=parameters,
        labels=dict(LABEL),
    )
    columns = ", ".join(quoted(name) for name in _columns(source, found))
    return client.query(
        f"SELECT {columns} FROM {quoted(*source.source.split('.'))}{rule}",  # noqa: S608 - quoted
        job_config=config,
        location=found.location,
        retry=call_retry(),
        job_retry=None,
        timeout=CALL_SECONDS,
    )


def _columns(source: BigQueryInput, found: bigquery.Table) -> Sequence[str]:
    """Return the source's columns that hold ours; the reader says which are missing."""
    wanted = [source.columns.get(name, name) for name in INPUT_TABLES[source.table].column_names]
    present = {column.name for column in found.schema}
    kept = [name for name in dict.fromkeys(wanted) if name in present]
    if not kept:
        raise InputRefusedError(
            f"inputs.{source.table}: {source.source} has none of {', '.join(wanted)}; "
            f"it has {', '.join(sorted(present))}"
        )
    return kept


def _recent(
    source: BigQueryInput, found: bigquery.Table, as_of: date
) -> tuple[str, list[bigquery.ScalarQueryParameter]]:
    if source.days_column is None or source.days is None:
        return "", []
    kinds = {column.name: column.field_type for column in found.schema}
    kind = kinds.get(source.days_column)
    if kind not in _MOMENTS:
        raise InputRefusedError(
            f"inputs.{source.table}: days_column must be a {', '.join(_MOMENTS)} column of "
            f"{source.source}; {source.days_column} is {kind or 'none of its columns'}"
        )
    first = as_of - timedelta(days=source.days)
    zone = UTC if kind == "TIMESTAMP" else None
    since = first if kind == "DATE" else datetime(first.year, first.month, first.day, tzinfo=zone)
    parameter = bigquery.ScalarQueryParameter("since", kind, since)
    return f" WHERE {quoted(source.days_column)} >= @since", [parameter]
