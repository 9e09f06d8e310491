"""A publication's rows as one Parquet file a table, the same bytes for the same rows."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from storage.sql import ROW_GROUP, identifier, listing
from storage.stores.bigquery_tables import arrow_schema
from storage.stores.protocol import Publication
from storage.stores.shards import stage_shards
from storage.tables.table import Table


@dataclass(frozen=True)
class Staged:
    """One table's rows on disk, checked and sorted by key.

    Parameters
    ----------
    table : whose rows
    path : the Parquet file
    rows : how many
    digest : of the file, the table and the run; what is loaded from it is named by this
    """

    table: Table
    path: Path
    rows: int
    digest: str


def stage_table(
    connection: duckdb.DuckDBPyConnection, table: Table, publication: Publication, folder: Path
) -> Staged:
    """Check a table's shards, and write them as one Parquet file with BigQuery's types.

    Raises
    ------
    TerminalStoreError
        Where a row breaks the table's rules (see `stage_shards`).
    """
    staged = stage_shards(connection, table, publication)
    path, schema = folder / f"{table.name}.parquet", arrow_schema(table)
    found = connection.execute(
        f"SELECT {_typed(table)} FROM {staged} ORDER BY {listing(table.key)}"  # noqa: S608 - quoted
    )
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd", store_schema=False) as writer:
        for batch in found.to_arrow_reader(ROW_GROUP):
            # Timestamps without a zone are UTC by our tables' rule.
            writer.write_table(pa.Table.from_batches([batch]).cast(schema), ROW_GROUP)
            rows += batch.num_rows
    return Staged(table, path, rows, _digest(path, table, publication))


def _typed(table: Table) -> str:
    return ", ".join(
        f"{name} AT TIME ZONE 'UTC' AS {name}" if column.kind == "timestamp" else name
        for column in table.columns
        for name in [identifier(column.name)]
    )


def _digest(path: Path, table: Table, publication: Publication) -> str:
    night = f"{table.name}\n{publication.as_of}\n{publication.run_id}\n{publication.job}\n"
    digest = hashlib.sha256(night.encode())
    with path.open("rb") as file:
        digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:20]
