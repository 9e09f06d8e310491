"""Quoting: names, texts and paths from outside are data, never SQL."""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from storage.tables.table import Column, ColumnKind

SQL_TYPES: dict[ColumnKind, str] = {
    "text": "VARCHAR",
    "float": "DOUBLE",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
}
LONGEST_REASON = 400
# Rows of a group in a Parquet file, whatever the threads: the same rows are the same bytes.
ROW_GROUP = 122_880
_GLOB = str.maketrans({character: f"[{character}]" for character in "*?["})


def identifier(name: str) -> str:
    """Return ``name`` as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | float | bool) -> str:  # noqa: FBT001 - a value, not a switch
    """Return ``value`` as a literal."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, bool):
        return str(value).upper()
    return f"CAST({literal(repr(value))} AS DOUBLE)" if isinstance(value, float) else repr(value)


def file_literal(path: Path) -> str:
    """Return a path as a literal that DuckDB's readers take for this one file, not a pattern."""
    return literal(str(path).translate(_GLOB))


def listing(names: Iterable[str]) -> str:
    """Return names as quoted identifiers, separated by commas."""
    return ", ".join(identifier(name) for name in names)


def sql_type(column: Column) -> str:
    """Return the DuckDB type of a column."""
    return SQL_TYPES[column.kind]


def entity_of(columns: Iterable[str]) -> str:
    """Return an expression for the entity: its ids joined with '/', a missing one as ''."""
    return " || '/' || ".join(f"coalesce({identifier(name)}, '')" for name in columns)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, without its full stop and not without end."""
    line = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    return line if len(line) <= LONGEST_REASON else f"{line[:LONGEST_REASON]}…"


def is_machine_fault(error: duckdb.Error) -> bool:
    """Return whether DuckDB failed for want of disk or memory, not for what it was given."""
    full = "could not write" in str(error).lower()
    return full or isinstance(error, duckdb.OutOfMemoryException)
