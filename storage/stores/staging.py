"""Where a publication is laid out and checked before a store takes it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

# Beyond it DuckDB works on disk; without it, a large night would take what there is.
MEMORY_LIMIT = "1GB"


@contextmanager
def staging() -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """Open a database for temporary tables, and a folder for files; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="almanac-") as name, duckdb.connect() as connection:
        folder = Path(name)
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
        connection.execute("SET temp_directory = $1", [str(folder / "spilled")])
        yield connection, folder
