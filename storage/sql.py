"""Quoting: names and texts from outside are data, never SQL."""

from collections.abc import Iterable

from storage.tables.table import Column, ColumnKind

SQL_TYPES: dict[ColumnKind, str] = {
    "text": "VARCHAR",
    "float": "DOUBLE",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
}


def identifier(name: str) -> str:
    """Return ``name`` as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | float | bool) -> str:  # noqa: FBT001 - a value, not a switch
    """Return ``value`` as a literal."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).upper() if isinstance(value, bool) else repr(value)


def listing(names: Iterable[str]) -> str:
    """Return names as quoted identifiers, separated by commas."""
    return ", ".join(identifier(name) for name in names)


def sql_type(column: Column) -> str:
    """Return the DuckDB type of a column."""
    return SQL_TYPES[column.kind]


def joined_ids(columns: Iterable[str], prefix: str = "") -> str:
    """Return an expression for the entity: its ids joined with '/'."""
    parts = [f"CAST({prefix}{identifier(name)} AS VARCHAR)" for name in columns]
    return "concat_ws('/', " + ", ".join(parts) + ")"
