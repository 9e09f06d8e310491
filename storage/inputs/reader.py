"""Reading files into DuckDB: every value as found, its typed reading, and where it stood."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from storage.errors import InputRefusedError
from storage.inputs.source import InputSource
from storage.sql import identifier, literal, sql_type
from storage.tables import INPUT_TABLES
from storage.tables.table import Column, Table

READERS = {
    ".parquet": "read_parquet({file})",
    ".csv": "read_csv({file}, all_varchar = true, header = true, nullstr = '')",
}
# Names that the reader adds; a source's own column never has them.
ROW = "_row"
FILE = "_file"
FILE_NUMBER = "_file_number"
SUFFIX_FOUND = "_found"


@dataclass(frozen=True)
class ReadInput:
    """What was read of an input.

    Parameters
    ----------
    rows : how many rows
    present : the table's columns that the source has, or that have a constant
    """

    rows: int
    present: frozenset[str]


def read_input(connection: duckdb.DuckDBPyConnection, source: InputSource) -> ReadInput:
    """Create table ``read_<table>`` in ``connection`` from a source.

    Each of the table's columns appears twice: typed (null where the text is not of the type),
    and as text under its name with ``_found`` added. ``_file``, ``_file_number`` and ``_row``
    (from 1) say where a row stood. Optional columns that the source lacks are null throughout.

    Raises
    ------
    InputRefusedError
        Where a file is missing or unreadable, lacks a required column, or all files are empty.
    """
    table = INPUT_TABLES[source.table]
    target = identifier(f"read_{table.name}")
    present = _present_columns(connection, source, table)
    for number, path in enumerate(source.paths):
        select = _select(source, number, table, present)
        verb = f"INSERT INTO {target}" if number else f"CREATE OR REPLACE TABLE {target} AS"
        try:
            connection.execute(f"{verb} {select}")
        except duckdb.Error as error:
            raise _unreadable(source, path, error) from error
    found = connection.execute(f"SELECT count(*) FROM {target}").fetchall()  # noqa: S608 - quoted
    rows = int(found[0][0])
    if not rows:
        files = ", ".join(path.name for path in source.paths)
        raise InputRefusedError(f"inputs.{table.name}: {files} has no rows")
    return ReadInput(rows, frozenset(column.name for column in present))


def inspect_input(source: InputSource) -> None:
    """Refuse a source whose files cannot be read as its table, without reading the rows.

    Raises
    ------
    InputRefusedError
        As `read_input`, but for emptiness.
    """
    with duckdb.connect() as connection:
        _present_columns(connection, source, INPUT_TABLES[source.table])


def _present_columns(
    connection: duckdb.DuckDBPyConnection, source: InputSource, table: Table
) -> tuple[Column, ...]:
    """Return the table's columns that every file has, or that have a constant."""
    _refuse_unknown_names(source, table)
    shared: set[str] | None = None
    for path in source.paths:
        names = _column_names(connection, source, path)
        _refuse_missing(source, path, table, names)
        shared = names if shared is None else shared & names
    return tuple(
        column
        for column in table.columns
        if column.name in source.constants or source.column(column.name) in (shared or set())
    )


def _refuse_unknown_names(source: InputSource, table: Table) -> None:
    for name in (*source.columns, *source.constants):
        if name not in table.column_names:
            allowed = ", ".join(table.column_names)
            raise InputRefusedError(
                f"inputs.{table.name}: the table has no column {name!r}; it has {allowed}"
            )


def _column_names(
    connection: duckdb.DuckDBPyConnection, source: InputSource, path: Path
) -> set[str]:
    if not path.exists():
        raise InputRefusedError(f"inputs.{source.table}: {path} does not exist")
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {_reader(source, path)}")  # noqa: S608 - quoted
        return {str(row[0]) for row in described.fetchall()}
    except duckdb.Error as error:
        raise _unreadable(source, path, error) from error


def _refuse_missing(source: InputSource, path: Path, table: Table, names: set[str]) -> None:
    for column in table.columns:
        wanted = source.column(column.name)
        needed = column.required or column.name in source.columns
        if needed and column.name not in source.constants and wanted not in names:
            has = ", ".join(sorted(names))
            mapped = f" (mapped from {column.name!r})" if wanted != column.name else ""
            raise InputRefusedError(
                f"inputs.{table.name}: {path.name} has no column {wanted!r}{mapped}; it has {has}"
            )


def _reader(source: InputSource, path: Path) -> str:
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        known = " or ".join(sorted(READERS))
        raise InputRefusedError(
            f"inputs.{source.table}: {path.name} is neither CSV nor Parquet; "
            f"the name must end in {known}"
        )
    return reader.format(file=literal(str(path)))


def _select(source: InputSource, number: int, table: Table, present: tuple[Column, ...]) -> str:
    path = source.paths[number]
    parts = [
        f"{literal(path.name)} AS {FILE}",
        f"{number} AS {FILE_NUMBER}",
        f"row_number() OVER () AS {ROW}",
    ]
    for column in table.columns:
        found = _expression(source, column.name) if column in present else "NULL"
        parts.append(f"TRY_CAST({found} AS {sql_type(column)}) AS {identifier(column.name)}")
        parts.append(f"CAST({found} AS VARCHAR) AS {identifier(column.name + SUFFIX_FOUND)}")
    return f"SELECT {', '.join(parts)} FROM {_reader(source, path)}"  # noqa: S608 - quoted


def _expression(source: InputSource, name: str) -> str:
    if name in source.constants:
        return literal(source.constants[name])
    return identifier(source.column(name))


def _unreadable(source: InputSource, path: Path, error: duckdb.Error) -> InputRefusedError:
    reason = str(error).strip().splitlines()[0].rstrip(".")
    return InputRefusedError(f"inputs.{source.table}: {path.name} cannot be read ({reason})")
