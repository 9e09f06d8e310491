"""How one file is read, and which columns it has."""

from pathlib import Path

import duckdb

from storage.errors import InputRefusedError
from storage.inputs.source import InputSource
from storage.sql import file_literal, first_line, literal

_DELIMITERS = ",;\t|"
# Sniffing would let the values decide the dialect: rows with '#' in front would be comments.
_CSV = (
    "read_csv({file}, delim = {delimiter}, quote = '\"', escape = '\"', comment = '', skip = 0, "
    "header = true, all_varchar = true, nullstr = '')"
)


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
        delimiter = literal(_delimiter(source, path))
        return _CSV.format(file=file_literal(path), delimiter=delimiter)
    raise InputRefusedError(
        f"inputs.{source.table}: {path.name} is neither CSV nor Parquet; "
        "the name must end in .csv or .parquet"
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
        raise unreadable(source, path, first_line(error)) from error


def has_rows(connection: duckdb.DuckDBPyConnection, source: InputSource, path: Path) -> bool:
    """Return whether a file has a row besides its header."""
    reader = file_reader(source, path)
    try:
        return bool(connection.execute(f"SELECT 1 FROM {reader} LIMIT 1").fetchall())  # noqa: S608 - quoted
    except duckdb.Error as error:
        raise unreadable(source, path, first_line(error)) from error


def unreadable(source: InputSource, path: Path, reason: str) -> InputRefusedError:
    """Return the refusal of a file that cannot be read."""
    return InputRefusedError(f"inputs.{source.table}: {path.name} cannot be read ({reason})")


def _delimiter(source: InputSource, path: Path) -> str:
    """Return the delimiter that the header has most of."""
    try:
        with path.open(encoding="utf-8") as file:
            header = file.readline()
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(source, path, first_line(error)) from error
    if not header.strip():
        raise InputRefusedError(f"inputs.{source.table}: {path.name} has no header line")
    return max(_DELIMITERS, key=header.count)
