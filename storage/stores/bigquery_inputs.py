"""Inputs from BigQuery: what reading one would cost, its state, and its rows as a file."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from google.cloud import bigquery

from storage.errors import InputRefusedError, TerminalStoreError
from storage.sql import ROW_GROUP, literal
from storage.stores.bigquery_dataset import LABEL, storage_read_is_here
from storage.stores.bigquery_faults import faults_named
from storage.stores.bigquery_jobs import CALL_SECONDS, call_retry
from storage.stores.bigquery_source import BigQueryInput

__all__ = ["BigQueryInput", "Fetched", "estimate_input", "fetch_input", "state_of_input"]


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


@dataclass(frozen=True)
class _Read:
    """A statement that reads a source, and where it runs."""

    statement: str
    parameters: Sequence[bigquery.ScalarQueryParameter]
    location: str | None


def estimate_input(source: BigQueryInput, as_of: date) -> int:
    """Return how many bytes reading a source would process; nothing is read or billed.

    Raises
    ------
    InputRefusedError
        Where there is no such table, or it lacks all columns of ours; or where more would be
        billed than the source allows.
    TransientStoreError
        Where BigQuery cannot be reached.
    """
    with _reading(source) as client:
        return _estimated(client, source, _read_of(client, source, as_of))


def state_of_input(source: BigQueryInput, as_of: date) -> str:
    """Return a digest of a source's state: another one where its rows may be others.

    It covers the statement and, of every table that this reads, when it was last changed and
    its rows, those in a stream's buffer too. Nothing is read or billed.

    Raises
    ------
    InputRefusedError
        As `estimate_input`; or where a table is kept outside BigQuery, which does not know
        when it changes.
    TransientStoreError
        Where BigQuery cannot be reached.
    """
    with _reading(source) as client:
        read = _read_of(client, source, as_of)
        job = _begun(client, source, read, dry_run=True)
        named = {str(reference) for reference in job.referenced_tables}
        states = [_state(client, source, name) for name in sorted({*named, *_own(source)})]
    told = [read.statement, *(repr(parameter) for parameter in read.parameters), *states]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def fetch_input(source: BigQueryInput, as_of: date, path: Path) -> Fetched:
    """Write a source's rows as Parquet: our columns under the source's names, sorted.

    The same rows give the same bytes. Rows come by the Storage Read API where its client is
    installed (google-cloud-bigquery-storage), and by pages of JSON where it is not.

    Parameters
    ----------
    source : what to read
    as_of : the night, from which days are counted back
    path : the file to write, whole or not at all

    Raises
    ------
    InputRefusedError
        As `estimate_input`.
    TransientStoreError
        Where BigQuery cannot be reached.
    """
    with _reading(source) as client:
        read = _read_of(client, source, as_of)
        estimate = _estimated(client, source, read)
        job = _begun(client, source, read, dry_run=False)
        rows = job.result(retry=call_retry(), job_retry=None).to_arrow(
            create_bqstorage_client=storage_read_is_here()
        )
    temporary = path.with_name(f".{path.name}")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("fetched", rows)
        connection.execute(
            f"COPY (SELECT * FROM fetched ORDER BY ALL) TO {literal(str(temporary))} "  # noqa: S608 - quoted
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
        )
    temporary.replace(path)
    return Fetched(rows.num_rows, estimate)


@contextmanager
def _reading(source: BigQueryInput) -> Iterator[bigquery.Client]:
    """Open a client; what stays wrong is a refusal of the input."""
    place = f"inputs.{source.table}"
    try:
        with faults_named(place):
            client = bigquery.Client(project=source.payer)
            try:
                yield client
            finally:
                client.close()  # type: ignore[no-untyped-call] # the client's own
    except TerminalStoreError as error:
        raise InputRefusedError(str(error)) from error


def _estimated(client: bigquery.Client, source: BigQueryInput, read: _Read) -> int:
    job = _begun(client, source, read, dry_run=True)
    estimate = int(job.total_bytes_processed or 0)
    if estimate > source.maximum_bytes_billed:
        raise InputRefusedError(
            f"inputs.{source.table}: reading {source.shown} would process {estimate:,} bytes; "
            f"maximum_bytes_billed allows {source.maximum_bytes_billed:,}"
        )
    return estimate


def _read_of(client: bigquery.Client, source: BigQueryInput, as_of: date) -> _Read:
    if source.source is not None:
        found = client.get_table(source.source, retry=call_retry(), timeout=CALL_SECONDS)
        statement, parameters = source.statement(found.schema, as_of)
        return _Read(statement, parameters, source.location or found.location)
    whole = _Read(f"SELECT * FROM {source.relation}", (), source.location)  # noqa: S608 - theirs
    schema = _begun(client, source, whole, dry_run=True).schema or []
    statement, parameters = source.statement(schema, as_of)
    return _Read(statement, parameters, source.location)


def _begun(
    client: bigquery.Client, source: BigQueryInput, read: _Read, *, dry_run: bool
) -> bigquery.QueryJob:
    config = bigquery.QueryJobConfig(
        dry_run=dry_run,
        use_query_cache=not dry_run,
        query_parameters=list(read.parameters),
        labels={**source.labels, **LABEL},
    )
    if not dry_run:
        config.maximum_bytes_billed = source.maximum_bytes_billed
    return client.query(
        read.statement,
        job_config=config,
        location=read.location,
        retry=call_retry(),
        job_retry=None,
        timeout=CALL_SECONDS,
    )


def _own(source: BigQueryInput) -> tuple[str, ...]:
    """Return the source's own table: a view is not among those that its query reads."""
    return () if source.source is None else (source.source,)


def _state(client: bigquery.Client, source: BigQueryInput, name: str) -> str:
    found = client.get_table(name, retry=call_retry(), timeout=CALL_SECONDS)
    if found.table_type == "EXTERNAL":
        raise InputRefusedError(
            f"inputs.{source.table}: {name} is kept outside BigQuery, which does not know when "
            "it changes; copy it into a table, or read it to a file with `almanac fetch`"
        )
    buffered = found.streaming_buffer
    streamed = (buffered.estimated_rows, buffered.estimated_bytes) if buffered else ()
    return f"{name} {found.etag} {found.modified} {found.num_rows} {streamed}"
