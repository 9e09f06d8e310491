"""PostgreSQL's side of a table: types, DDL, and a checksum that DuckDB computes alike."""

import hashlib
import uuid

from storage.sql import identifier, listing, literal
from storage.tables.table import Column, ColumnKind, Table

# Text sorts by its bytes, as in every other store.
_TYPES: dict[ColumnKind, str] = {
    "text": 'text COLLATE "C"',
    "float": "double precision",
    "integer": "bigint",
    "boolean": "boolean",
    "timestamp": "timestamp",
}
# The bits of a number say more than its digits: both databases print those in their own way.
_DUCKDB_TOKENS: dict[ColumnKind, str] = {
    "text": "{}",
    "float": "lower(hex(CAST(CAST({} AS BIT) AS BLOB)))",
    "integer": "CAST({} AS VARCHAR)",
    "boolean": "CAST({} AS VARCHAR)",
    "timestamp": "CAST(epoch_us({}) AS VARCHAR)",
}
_POSTGRES_TOKENS: dict[ColumnKind, str] = {
    "text": "{}",
    "float": "encode(float8send({}), 'hex')",
    "integer": "CAST({} AS text)",
    "boolean": "CAST({} AS text)",
    "timestamp": "CAST(CAST(extract(epoch FROM {}) * 1000000 AS bigint) AS text)",
}
# PostgreSQL's functions take a hundred arguments.
_GROUP = 60
_ABSENT = "'\\N'"
_PARTITIONS = "almanac_partitions"

CREATE_PARTITIONS = (
    f"CREATE TABLE IF NOT EXISTS {_PARTITIONS} (table_name text, run_id text, partition_name text, "
    "rows bigint, checksum numeric, loaded_at timestamptz DEFAULT now(), "
    "PRIMARY KEY (table_name, run_id))"
)


def column_lines(table: Table) -> str:
    """Return the columns of a table as PostgreSQL's DDL lists them."""
    return ", ".join(
        f"{identifier(column.name)} {_TYPES[column.kind]}{'' if column.nullable else ' NOT NULL'}"
        for column in table.columns
    )


def create_parent(table: Table) -> str:
    """Return the statement that creates a table, a part of it for each run."""
    return (
        f"CREATE TABLE IF NOT EXISTS {identifier(table.name)} ({column_lines(table)}) "
        "PARTITION BY LIST (run_id)"
    )


def add_columns(table: Table) -> list[str]:
    """Return the statements that give an older version's table, parts and all, what it lacks.

    Rows from before have null in the new columns, so these take nulls, whatever they are here.
    """
    return [
        f"ALTER TABLE {identifier(table.name)} ADD COLUMN IF NOT EXISTS "
        f"{identifier(column.name)} {_TYPES[column.kind]}"
        for column in table.columns
    ]


def new_partition_name(table: Table, run_id: str) -> str:
    """Return a name no other load has; PostgreSQL cuts names at 63 bytes."""
    digest = hashlib.sha256(run_id.encode()).hexdigest()[:8]
    return f"{table.name}__{digest}_{uuid.uuid4().hex[:12]}"


def create_partition(table: Table, name: str, run_id: str) -> str:
    """Return the statement that creates a run's part by itself, ready to be attached.

    The check spares PostgreSQL the reading of every row when it is attached.
    """
    return (
        f"CREATE TABLE {identifier(name)} ({column_lines(table)}, "
        f"CHECK (run_id IS NOT NULL AND run_id = {literal(run_id)}))"
    )


def index_partition(table: Table, name: str) -> str:
    """Return the statement that makes the key unique, and look-ups by it fast."""
    return f"ALTER TABLE {identifier(name)} ADD PRIMARY KEY ({listing(table.key)})"


def duckdb_checksum(table: Table, staged: str) -> str:
    """Return DuckDB's query for rows and checksum of a staged table; order does not matter."""
    row = _row(table, _DUCKDB_TOKENS)
    return (
        "SELECT count(*), coalesce(sum(CAST('0x' || left(md5("  # noqa: S608 - own names
        f"{row}), 15) AS BIGINT)), 0) FROM {staged}"
    )


def postgres_checksum(table: Table, name: str) -> str:
    """Return PostgreSQL's query for the same."""
    row = _row(table, _POSTGRES_TOKENS)
    return (
        "SELECT count(*), coalesce(sum(CAST(CAST('x' || left(md5("  # noqa: S608 - own names
        f"{row}), 15) AS bit(60)) AS bigint)), 0) FROM {identifier(name)}"
    )


def _row(table: Table, tokens: dict[ColumnKind, str]) -> str:
    """Return an expression for a row: the digests of its columns, a group at a time.

    One `concat_ws` a group, for a chain of joins would copy the row once for every column.
    """
    columns = table.columns
    groups = [columns[start : start + _GROUP] for start in range(0, len(columns), _GROUP)]
    return " || ".join(
        f"md5(concat_ws(chr(31), {', '.join(_token(column, tokens) for column in group)}))"
        for group in groups
    )


def _token(column: Column, tokens: dict[ColumnKind, str]) -> str:
    return f"coalesce({tokens[column.kind].format(identifier(column.name))}, {_ABSENT})"
