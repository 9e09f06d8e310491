"""Checking all inputs of a run, each against those it refers to."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd

from storage.checks import books, closures, demand, instruments, prices, references
from storage.checks.bench import Bench
from storage.checks.clean import write_clean
from storage.checks.plan import CheckPlan, CheckReport
from storage.inputs import InputSource
from storage.sql import first_line, is_machine_fault

# In this order each table is checked against tables that are done.
CHECKS: Mapping[str, Callable[[Bench], None]] = {
    "items": references.check_items,
    "calendar": references.check_calendar,
    "drivers": references.check_drivers,
    "closures": closures.check_closures,
    "demand": demand.check_demand,
    "stock": references.check_stock,
    "open_orders": references.check_open_orders,
    "transfer_lanes": references.check_transfer_lanes,
    "curves": instruments.check_curves,
    "instruments": instruments.check_instruments,
    "prices": prices.check_prices,
    "positions": books.check_positions,
    "limits": books.check_limits,
    "stress_scenarios": books.check_stress_scenarios,
}


def check_inputs(
    sources: Mapping[str, InputSource],
    plan: CheckPlan,
    folder: Path,
    *,
    threads: int = 2,
    memory_limit: str = "1GB",
) -> CheckReport:
    """Read and check every input, and write the rows that pass to ``folder``.

    Parameters
    ----------
    sources : by input table
    plan : the rules' settings
    folder : where <table>.parquet goes, an existing folder
    threads, memory_limit : what DuckDB may use; beyond the limit it works on disk, in ``folder``

    Raises
    ------
    InputRefusedError
        Where an input cannot be read as its table at all.
    OSError
        Where the disk or the memory does not suffice.
    """
    with _workbench(folder, threads, memory_limit) as connection:
        bench = Bench(connection, plan, frozenset(sources))
        bench.open_ledger()
        for table, check in CHECKS.items():
            if table in sources:
                bench.start(sources[table])
                check(bench)
        if "demand" in sources:
            closures.mark_closures(bench)
        inputs = {
            table: write_clean(bench, table, folder / f"{table}.parquet")
            for table in CHECKS
            if table in sources
        }
        return CheckReport(inputs, _rejects(connection), _repairs(connection))


@contextmanager
def _workbench(
    folder: Path, threads: int, memory_limit: str
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database on disk, gone afterwards: tables there are compressed and can be evicted."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": memory_limit,
    }
    try:
        with (
            tempfile.TemporaryDirectory(prefix=".check-", dir=folder) as name,
            duckdb.connect(str(Path(name) / "bench.duckdb"), config=settings) as connection,
        ):
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
    except duckdb.Error as error:
        if is_machine_fault(error):
            raise OSError(first_line(error)) from error
        raise


def _rejects(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    frame = connection.sql(
        "SELECT * FROM rejects "
        'ORDER BY input, source, row NULLS FIRST, code, entity, "column", value'
    ).df()
    return frame.astype({"row": "Int64"})


def _repairs(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    return connection.sql("SELECT * FROM repairs ORDER BY input, entity, ds, code").df()
