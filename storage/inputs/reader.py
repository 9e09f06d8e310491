"""Reading files into DuckDB: every value in its type, and where it stood."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches

import duckdb
import pandas as pd

from storage.errors import InputRefusedError, shown
from storage.inputs.casting import cast
from storage.inputs.date_order import (
    first_of_month,
    is_year_last,
    refuse_other_order,
    year_first,
)
from storage.inputs.each_file import of_each_file
from storage.inputs.files import (
    column_types,
    file_reader,
    has_rows,
    holds_something,
    names_written,
    refused,
)
from storage.inputs.number_signs import minus_in_front, refuse_thousands, with_point
from storage.inputs.plain_text import read_plainly
from storage.inputs.source import InputSource
from storage.sql import identifier, is_machine_fault, literal
from storage.tables import INPUT_TABLES
from storage.tables.table import Column, Table

# Names that the reader adds.
ROW = "_row"
FILE_NUMBER = "_file_number"
SUFFIX_FOUND = "_found"


@dataclass(frozen=True)
class ReadInput:
    """What was read of an input.

    Parameters
    ----------
    rows : how many rows
    present : the table's columns that every file has, or that have a constant
    files : names of the files, by file number
    """

    rows: int
    present: frozenset[str]
    files: tuple[str, ...]


def read_input(
    connection: duckdb.DuckDBPyConnection, source: InputSource, target: str
) -> ReadInput:
    """Create table ``target`` in ``connection`` from a source.

    Each of the table's columns is there in its type, null where the value is not of the type.
    The text as found is in a column of the same name with ``_found`` added, where the source
    has text or the value is not of the type (text columns have none). ``_file_number`` (from 0)
    and ``_row`` (from 1) say where a row stood. Optional columns that a file lacks are null. The
    connection's time zone must be UTC.

    Raises
    ------
    InputRefusedError
        Where a file is missing or unreadable, lacks a required column or has a column more than
        once, or all files are empty; where dates are in another order than the source's, or
        its decimal sign stands between thousands.
    duckdb.Error, OSError
        Where the machine has no room for the table; the file is not to blame.
    """
    table = _known_table(source)
    found: list[frozenset[str]] = []

    def add(file: InputSource, number: int) -> None:
        def read(plain: InputSource) -> frozenset[str]:
            return _read_file(connection, plain, number, table, target, begun=bool(found))

        found.append(read_plainly(file, read))

    of_each_file(source, add)
    counted = connection.execute(f"SELECT count(*) FROM {identifier(target)}").fetchall()  # noqa: S608 - quoted
    if not counted[0][0]:
        raise _no_rows(source)
    for column in table.columns:
        text = column.name + SUFFIX_FOUND
        if column.kind == "timestamp" and is_year_last(source.dates):
            refuse_other_order(connection, source, text, target)
        if column.kind == "float" and not source.thousands:
            refuse_thousands(connection, source, column.name, text, target)
    files = tuple(path.name for path in source.paths)
    return ReadInput(int(counted[0][0]), frozenset.intersection(*found), files)


def _read_file(
    connection: duckdb.DuckDBPyConnection,
    source: InputSource,
    number: int,
    table: Table,
    target: str,
    *,
    begun: bool,
) -> frozenset[str]:
    """Add the only file of a source to ``target``; return which of the table's columns it has."""
    types = _column_types(connection, source, table)
    verb = "INSERT INTO" if begun else "CREATE OR REPLACE TABLE"
    select = _select(source, number, table, types)
    try:
        connection.execute(f"{verb} {identifier(target)} {'' if begun else 'AS'} {select}")
    except duckdb.Error as error:
        if is_machine_fault(error):
            raise
        raise refused(error, source, source.paths[0]) from error
    return frozenset(c.name for c in table.columns if _has(source, c.name, types))


def inspect_input(source: InputSource) -> None:
    """Refuse a source whose files cannot be read as its table, without reading them through.

    Raises
    ------
    InputRefusedError
        As `read_input`, but for damage beyond the first rows.
    """
    table = _known_table(source)
    with duckdb.connect() as connection:

        def look(file: InputSource, _: int) -> bool:
            def has(plain: InputSource) -> bool:
                _column_types(connection, plain, table)
                return has_rows(connection, plain, plain.paths[0])

            return read_plainly(file, has, beginning=True)

        if not any(of_each_file(source, look)):
            raise _no_rows(source)


def _no_rows(source: InputSource) -> InputRefusedError:
    names = ", ".join(path.name for path in source.paths)
    return InputRefusedError(f"inputs.{source.table}: {names} has no rows")


def _known_table(source: InputSource) -> Table:
    table = INPUT_TABLES.get(source.table)
    if table is None:
        known = ", ".join(INPUT_TABLES)
        raise InputRefusedError(f"inputs.{source.table}: there is no such input; there are {known}")
    if not source.paths:
        raise InputRefusedError(f"inputs.{source.table}: at least one file must be given")
    unknown = [n for n in (*source.columns, *source.constants) if n not in table.column_names]
    if unknown:
        theirs = {source.columns.get(name): name for name in unknown}
        turned = [
            f'{ours} = "{shown(n)}"' for ours, n in theirs.items() if ours in table.column_names
        ]
        raise InputRefusedError(
            f"inputs.{table.name}: the table has no column{'s' if len(unknown) > 1 else ''} "
            f"{', '.join(map(repr, unknown))}; it has {', '.join(table.column_names)}"
            + (f"; our name comes first: columns = {{ {', '.join(turned)} }}" if turned else "")
        )
    for name in source.columns:
        if name in source.constants:
            raise InputRefusedError(
                f"inputs.{table.name}: column {name!r} is in columns and in constants; "
                "leave it out of one"
            )
    return table


def _column_types(
    connection: duckdb.DuckDBPyConnection, source: InputSource, table: Table
) -> Mapping[str, str]:
    """Return the column types of a source's only file.

    One that lacks a column, or has one more than once, is refused.
    """
    (path,) = source.paths
    types = column_types(connection, source, path)
    _refuse_repeated(source, path.name, table, names_written(connection, source, path))
    _refuse_missing(source, path.name, table, types)
    return types


def _refuse_missing(source: InputSource, file: str, table: Table, types: Mapping[str, str]) -> None:
    needed = (c.name for c in table.columns if c.required or c.name in source.columns)
    missing = [name for name in needed if not _has(source, name, types)]
    if missing:
        raise InputRefusedError(
            f"inputs.{source.table}: {file} has no column{'s' if len(missing) > 1 else ''} "
            f"{', '.join(_mapped(source, name) for name in missing)}; "
            f"it has {', '.join(shown(name) for name in sorted(types))}"
            f"{_how_to_map([name for name in missing if name not in source.columns], types)}"
        )


def _how_to_map(missing: Sequence[str], types: Mapping[str, str]) -> str:
    """Return how names are mapped, each to the nearest one of the file."""
    if not missing:
        return ""
    theirs = {each.casefold(): shown(each) for each in types}
    nearest = {name: get_close_matches(name, theirs, n=1) for name in missing}
    pairs = (f'{name} = "{theirs[close[0]] if close else "…"}"' for name, close in nearest.items())
    return f"; map names as by columns = {{ {', '.join(pairs)} }}"


def _refuse_repeated(source: InputSource, file: str, table: Table, written: Sequence[str]) -> None:
    for name in table.column_names:
        wanted = source.column(name)
        found = [each for each in written if each.casefold() == wanted.casefold()]
        if len(found) > 1 and name not in source.constants:
            raise InputRefusedError(
                f"inputs.{source.table}: {file} has column {_mapped(source, name)} "
                f"{len(found)} times ({', '.join(found)}); keep one, or rename the others"
            )


def _mapped(source: InputSource, name: str) -> str:
    wanted = source.column(name)
    return f"{wanted!r} (mapped from {name!r})" if wanted != name else repr(wanted)


def _has(source: InputSource, name: str, types: Mapping[str, str]) -> bool:
    return name in source.constants or _named(source, name, types) is not None


def _named(source: InputSource, name: str, types: Mapping[str, str]) -> str | None:
    """Return how a file writes the name of one of our columns; it may be in other case."""
    wanted = source.column(name).casefold()
    return next((each for each in types if each.casefold() == wanted), None)


def _typed(source: InputSource, column: Column, raw: str, source_type: str) -> str:
    """Return SQL for a value in its column's type; what is in no usual form is looked at again."""
    usual = cast(column, _as_ours(source, column, raw, source_type), source_type)
    is_text = source_type == "VARCHAR" and column.name not in source.constants
    rare = _rare_form(source, column, raw) if is_text else None
    return usual if rare is None else f"coalesce({usual}, {cast(column, rare, source_type)})"


def _rare_form(source: InputSource, column: Column, raw: str) -> str | None:
    """Return SQL for a text in a form that few exports have, in the usual one."""
    if column.kind in {"float", "integer"}:
        return with_point(minus_in_front(raw), source)
    if column.kind == "timestamp" and source.months:
        return first_of_month(raw, source.dates)
    return None


def _as_ours(source: InputSource, column: Column, raw: str, source_type: str) -> str:
    """Return a text's number with a decimal point, and its date with the year in front.

    What had a point already is no number, and what had the year in front no date.
    """
    if source_type != "VARCHAR" or column.name in source.constants:
        return raw
    if column.kind in {"float", "integer"}:
        return with_point(raw, source)
    if is_year_last(source.dates) and column.kind == "timestamp":
        return year_first(raw, source.dates)
    return raw


def query_input(source: InputSource, sql: str) -> pd.DataFrame:
    """Return what ``sql`` says of a source's rows, which it calls ``source``.

    They are as `read_input` would have them, and not held.

    Raises
    ------
    InputRefusedError
        As `read_input`, but for numbers and dates that are no others'.
    """
    table = _known_table(source)
    return read_plainly(source, lambda plain: _query_plain(plain, table, sql))


def _query_plain(source: InputSource, table: Table, sql: str) -> pd.DataFrame:
    with _in_memory() as connection:

        def select(file: InputSource, number: int) -> str:
            return _select(file, number, table, _column_types(connection, file, table))

        selects = of_each_file(source, select)
        try:
            connection.execute(f"CREATE TEMP VIEW source AS {' UNION ALL '.join(selects)}")
            return connection.sql(sql).df()
        except duckdb.Error as error:
            if is_machine_fault(error):
                raise

            def read_through(file: InputSource, number: int) -> None:
                _read_through(file, selects[number])

            of_each_file(source, read_through)
            raise


@contextmanager
def _in_memory() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def _read_through(source: InputSource, select: str) -> None:
    """Refuse a source's only file where there is something that cannot be read anywhere in it.

    In a database of its own: what another file did to one is not this one's fault.
    """
    try:
        with _in_memory() as connection:
            connection.execute(f"SELECT count(COLUMNS(*)) FROM ({select})")  # noqa: S608 - quoted
    except duckdb.Error as error:
        if is_machine_fault(error):
            raise
        raise refused(error, source, source.paths[0]) from error


def _select(source: InputSource, number: int, table: Table, types: Mapping[str, str]) -> str:
    parts = [f"{number} AS {FILE_NUMBER}", f"row_number() OVER () AS {ROW}"]
    for column in table.columns:
        raw, source_type = "NULL", "VARCHAR"
        if column.name in source.constants:
            raw = f"CAST({literal(source.constants[column.name])} AS VARCHAR)"
        elif (name := _named(source, column.name, types)) is not None:
            raw, source_type = identifier(name), types[name]
        typed = _typed(source, column, raw, source_type)
        if column.kind == "text":
            # Columns of fixed width are filled with spaces, which belong to no id.
            typed = f"trim({typed})"
        parts.append(f"{typed} AS {identifier(column.name)}")
        if column.kind != "text":
            found = identifier(column.name + SUFFIX_FOUND)
            text = f"CAST({raw} AS VARCHAR)"
            kept = (
                text if source_type == "VARCHAR" else f"CASE WHEN {typed} IS NULL THEN {text} END"
            )
            parts.append(f"{kept} AS {found}")
    (path,) = source.paths
    rows = f"{file_reader(source, path)} QUALIFY {holds_something(path, types)}"
    return f"SELECT {', '.join(parts)} FROM {rows}"  # noqa: S608 - quoted
