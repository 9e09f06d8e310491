"""The DuckDB store's own laws: one process at a time, and only databases."""

import subprocess
import sys

import pytest

from storage.stores import StoreBusyError, TerminalStoreError, TransientStoreError, open_store
from storage.stores.duckdb_store import DuckDBStore


def test_a_file_that_another_process_holds_is_busy_not_broken(tmp_path):
    path = tmp_path / "store"
    with open_store(f"duckdb:{path}"):
        pass
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import duckdb; c = duckdb.connect({str(path)!r}); print('held', flush=True); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout.readline().strip() == b"held"
        with pytest.raises(StoreBusyError, match="another process has it open"):
            open_store(f"duckdb:{path}")
    finally:
        holder.communicate(b"\n")
    with open_store(f"duckdb:{path}") as store:
        assert store.tables() == ()


def test_only_transient_errors_are_worth_another_try():
    assert issubclass(StoreBusyError, TransientStoreError)
    assert not issubclass(TerminalStoreError, TransientStoreError)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "store"
    path.write_text("not a database")
    with pytest.raises(TerminalStoreError, match="not a valid DuckDB"):
        open_store(f"duckdb:{path}")
    assert path.read_text() == "not a database"


def test_a_store_keeps_to_its_memory(tmp_path):
    with DuckDBStore(tmp_path / "store", memory_limit="300MiB") as store:
        limit = store._connection.execute("SELECT current_setting('memory_limit')").fetchall()
    assert limit == [("300.0 MiB",)]
