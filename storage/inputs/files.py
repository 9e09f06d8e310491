"""How one file is read, and which columns it has."""

import codecs
import csv
from pathlib import Path

import duckdb

from storage.errors import InputRefusedError
from storage.inputs.source import InputSource
from storage.sql import file_literal, first_line, literal

_DELIMITERS = ",;\t|"
# Sniffing would let the values decide the dialect: rows with '#' in front would be comments.
_CSV = (
    "read_csv({file}, delim = {delimiter}, quote = '\"', escape = '\"', comment = '', skip = 0, "
    "header = {header}, all_varchar = true, nullstr = '', encoding = '{encoding}')"
)
# How DuckDB begins to say what is wrong with the line that it names.
_CAUSES = ("Expected Number of Columns", "Value with unterminated quote")
# What a file begins with that is no CSV; UTF-32's mark begins with that of UTF-16.
_MARKS = {codecs.BOM_UTF32_LE: "UTF-32 text", codecs.BOM_UTF32_BE: "UTF-32 text"} | {
    codecs.BOM_UTF16_LE: "UTF-16 text",
    codecs.BOM_UTF16_BE: "UTF-16 text",
    b"PK\x03\x04": "an Excel workbook, or another zip file",
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
    b"\x1f\x8b": "compressed by gzip",
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
    if path.suffix.lower() == ".csv":
        return _csv(source, path)
    raise InputRefusedError(
        f"inputs.{source.table}: {path.name} is neither CSV nor Parquet; "
        "the name must end in .csv or .parquet"
    )


def _csv(source: InputSource, path: Path, *, header: bool = True) -> str:
    delimiter, encoding = literal(_delimiter(source, path)), source.encoding
    return _CSV.format(
        file=file_literal(path), delimiter=delimiter, header=literal(header), encoding=encoding
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
        raise unreadable(source, path, why_unreadable(error, source, path)) from error


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
        raise unreadable(source, path, why_unreadable(error, source, path)) from error


def has_rows(connection: duckdb.DuckDBPyConnection, source: InputSource, path: Path) -> bool:
    """Return whether a file has a row besides its header."""
    reader = file_reader(source, path)
    try:
        return bool(connection.execute(f"SELECT 1 FROM {reader} LIMIT 1").fetchall())  # noqa: S608 - quoted
    except duckdb.Error as error:
        raise unreadable(source, path, why_unreadable(error, source, path)) from error


def why_unreadable(error: duckdb.Error, source: InputSource, path: Path) -> str:
    """Return why DuckDB could not read a file: of a line of a CSV file, what is wrong with it."""
    text = str(error)
    if "not latin-1 encoded" in text:
        return "it is not latin-1 text: Windows has other signs, such as €; save it as UTF-8"
    if "sniffing file" in text:
        return _odd_row(source, path)
    causes = [line for line in text.splitlines() if line.startswith(_CAUSES)]
    return ": ".join([first_line(error), *causes[:1]]).rstrip(".")


def _odd_row(source: InputSource, path: Path) -> str:
    """Return which row of a CSV file has not as many values as its header."""
    try:
        with path.open(encoding=source.encoding, newline="") as file:
            rows = csv.reader(file, delimiter=_delimiter(source, path))
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


def unreadable(source: InputSource, path: Path, reason: str) -> InputRefusedError:
    """Return the refusal of a file that cannot be read."""
    return InputRefusedError(f"inputs.{source.table}: {path.name} cannot be read ({reason})")


def _delimiter(source: InputSource, path: Path) -> str:
    """Return the delimiter that the header has most of."""
    try:
        with path.open("rb") as file:
            _refuse_other_kind(source, path, file.read(4))
        with path.open(encoding=source.encoding) as file:
            header = file.readline()
    except UnicodeDecodeError as error:
        raise _not_utf8(source, path) from error
    except OSError as error:
        raise unreadable(source, path, first_line(error)) from error
    if not header.strip():
        raise InputRefusedError(f"inputs.{source.table}: {path.name} has no header line")
    if header.lower().lstrip("\ufeff").startswith("sep="):
        raise unreadable(
            source, path, f"its first line is {header.strip()!r}, a note to Excel; delete that line"
        )
    return max(_DELIMITERS, key=header.count)


def _refuse_other_kind(source: InputSource, path: Path, start: bytes) -> None:
    for mark, name in _MARKS.items():
        if start.startswith(mark):
            raise unreadable(source, path, f"it is {name}; save it as UTF-8 CSV")


def _not_utf8(source: InputSource, path: Path) -> InputRefusedError:
    advice = 'it is not UTF-8 text; save it as UTF-8, or set encoding = "latin-1" where it is that'
    return unreadable(source, path, advice)
