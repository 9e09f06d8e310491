"""How one file is read, and which columns it has."""

import csv
import re
from collections.abc import Iterable
from pathlib import Path

import duckdb

from storage.errors import InputRefusedError
from storage.inputs.plain_text import (
    LineEndsError,
    has_both_line_ends,
    not_utf_8,
    unreadable,
)
from storage.inputs.source import UTF_8, InputSource
from storage.sql import file_literal, first_line, listing, literal

_DELIMITERS = ",;\t|"
_CSV_NAMES = tuple(f"{name}{gz}" for name in (".csv", ".tsv", ".txt") for gz in ("", ".gz"))
# Sniffing would let the values decide the dialect: rows with '#' in front would be comments.
_CSV = (
    "read_csv({file}, delim = {delimiter}, quote = '\"', escape = '\"', comment = '', "
    "skip = {skip}, header = {header}, all_varchar = true, nullstr = '', compression = 'none')"
)
# What Excel is told, and writes, of the separator; it is a line of its own.
_NOTE = re.compile(r'\ufeff?"?sep=(.*?)\n?', re.IGNORECASE)
# How DuckDB begins to say what is wrong with the line that it names.
_CAUSES = ("Expected Number of Columns", "Value with unterminated quote")
# What a file begins with that is no CSV.
_MARKS = {
    b"PK\x03\x04": "an Excel workbook, or another zip file",
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
    b"PAR1": "a Parquet file named as CSV",
}


def file_reader(source: InputSource, path: Path) -> str:
    """Return DuckDB's table function that reads a file of a source.

    Raises
    ------
    InputRefusedError
        Where there is no such file, or it is neither CSV nor Parquet.
    """
    if not path.exists():
        raise InputRefusedError(f"inputs.{source.table}: {path} does not exist")
    if not path.is_file():
        raise InputRefusedError(f"inputs.{source.table}: {path} is not a file")
    if path.suffix.lower() == ".parquet":
        return f"read_parquet({file_literal(path)})"
    if path.name.lower().endswith(_CSV_NAMES):
        return _csv(source, path)
    raise InputRefusedError(
        f"inputs.{source.table}: {path.name} is neither CSV nor Parquet; the name must end in "
        f"{', '.join(_CSV_NAMES)} or .parquet"
    )


def _csv(source: InputSource, path: Path, *, header: bool = True) -> str:
    delimiter, skip = _delimiter(source, path)
    return _CSV.format(
        file=file_literal(path), delimiter=literal(delimiter), skip=skip, header=literal(header)
    )


def column_types(
    connection: duckdb.DuckDBPyConnection, source: InputSource, path: Path
) -> dict[str, str]:
    """Return the DuckDB type of each column of a file, by name."""
    reader = file_reader(source, path)
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {reader}")  # noqa: S608 - quoted
        return {str(row[0]): str(row[1]) for row in described.fetchall()}
    except duckdb.Error as error:
        raise refused(error, source, path) from error


def holds_something(path: Path, names: Iterable[str]) -> str:
    """Return SQL that is false of a row of a CSV file that is separators alone.

    Spreadsheets write such rows below a table, and mean as little by them as by an empty line.
    """
    is_parquet = path.suffix.lower() == ".parquet"
    return "true" if is_parquet else f"coalesce({listing(names)}) IS NOT NULL"


def names_written(
    connection: duckdb.DuckDBPyConnection, source: InputSource, path: Path
) -> list[str]:
    """Return the names of a file's columns as it has them; those of nested ones are joined.

    DuckDB gives a name that is there before, be it in other case, another one: `column_types`
    has that.
    """
    try:
        if path.suffix.lower() == ".parquet":
            metadata = f"parquet_metadata({file_literal(path)})"
            select = f"SELECT path_in_schema FROM {metadata} WHERE row_group_id = 0"  # noqa: S608 - quoted
            return [str(row[0]) for row in connection.execute(select).fetchall()]
        first = f"SELECT * FROM {_csv(source, path, header=False)} LIMIT 1"  # noqa: S608 - quoted
        return [str(name) for row in connection.execute(first).fetchall() for name in row]
    except duckdb.Error as error:
        raise refused(error, source, path) from error


def has_rows(connection: duckdb.DuckDBPyConnection, source: InputSource, path: Path) -> bool:
    """Return whether a file has a row besides its header."""
    held = holds_something(path, column_types(connection, source, path))
    select = f"SELECT 1 FROM {file_reader(source, path)} WHERE {held} LIMIT 1"  # noqa: S608 - quoted
    try:
        return bool(connection.execute(select).fetchall())
    except duckdb.Error as error:
        raise refused(error, source, path) from error


def refused(error: duckdb.Error, source: InputSource, path: Path) -> InputRefusedError:
    """Return the refusal of a file that DuckDB could not read, for the reason that it can tell."""
    text = str(error)
    if "not utf-8 encoded" in text:
        return unreadable(source, path, not_utf_8())
    if "No magic bytes" in text:
        return unreadable(source, path, "it is no Parquet file, or was cut short")
    if path.name.lower().endswith(_CSV_NAMES) and has_both_line_ends(path):
        reason = "its lines end in two ways, LF and CRLF; save it with one of them"
        return LineEndsError(str(unreadable(source, path, reason)))
    if "sniffing file" in text or "invalid state" in text:
        return unreadable(source, path, _odd_row(source, path))
    causes = [line for line in text.splitlines() if line.startswith(_CAUSES)]
    return unreadable(source, path, ": ".join([first_line(error), *causes[:1]]).rstrip("."))


def _odd_row(source: InputSource, path: Path) -> str:
    """Return which row of a CSV file has not as many values as its header."""
    try:
        with path.open(encoding=UTF_8, newline="") as file:
            delimiter, skip = _delimiter(source, path)
            rows = csv.reader(file, delimiter=delimiter)
            for _ in range(skip):
                next(rows)
            wanted, begins = len(next(rows)), rows.line_num + 1
            for row in rows:
                if row and len(row) != wanted:
                    return (
                        f"the row that begins in line {begins} has {len(row)} values and the "
                        f"header {wanted}, or a quote in it is not closed"
                    )
                begins = rows.line_num + 1
    except (csv.Error, UnicodeDecodeError):
        pass
    return "a row has not as many values as the header, or a quote is not closed"


def _delimiter(source: InputSource, path: Path) -> tuple[str, int]:
    """Return the delimiter, and how many lines are before the header.

    It is the one that the header has most of, or what a first line, meant for Excel, says.
    """
    try:
        with path.open("rb") as file:
            _refuse_other_kind(source, path, file.read(4))
        with path.open(encoding=UTF_8) as file:
            first, second = file.readline(), file.readline()
    except UnicodeDecodeError as error:
        raise unreadable(source, path, not_utf_8()) from error
    except OSError as error:
        raise unreadable(source, path, first_line(error)) from error
    note = _NOTE.fullmatch(first)
    header, place = (second, "second") if note else (first, "first")
    if not header.strip():
        raise InputRefusedError(
            f"inputs.{source.table}: {path.name} has no header line: its {place} line is empty"
        )
    if note is None:
        return max(_DELIMITERS, key=header.count), 0
    if note[1] not in tuple(_DELIMITERS):
        reason = f"its first line is {first.strip()!r}, a note to Excel; delete that line"
        raise unreadable(source, path, reason)
    return note[1], 1


def _refuse_other_kind(source: InputSource, path: Path, start: bytes) -> None:
    for mark, name in _MARKS.items():
        if start.startswith(mark):
            raise unreadable(source, path, f"it is {name}; save it as UTF-8 CSV")
