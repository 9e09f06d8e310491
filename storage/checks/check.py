"""Checking all inputs of a run, each against those it refers to."""

from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pandas as pd

from storage.checks import demand, market, prices, references
from storage.checks.bench import Bench, entity_found, rows
from storage.checks.plan import CheckedInput, CheckPlan, CheckReport
from storage.inputs import InputSource, read_input
from storage.sql import identifier, joined_ids, listing, literal
from storage.tables import INPUT_TABLES

# In this order each table is checked against tables that are done.
CHECKS: Mapping[str, Callable[[Bench], None]] = {
    "items": references.check_items,
    "calendar": references.check_calendar,
    "demand": demand.check_demand,
    "stock": references.check_stock,
    "open_orders": references.check_open_orders,
    "prices": prices.check_prices,
    "curves": market.check_curves,
    "instruments": market.check_instruments,
    "positions": market.check_positions,
    "limits": market.check_limits,
    "stress_scenarios": market.check_stress_scenarios,
}
# Tables that come out in another shape than they went in.
RESHAPED = ("demand", "prices")


def check_inputs(
    sources: Mapping[str, InputSource],
    plan: CheckPlan,
    folder: Path,
    progress: Callable[[str], None] | None = None,
    *,
    threads: int = 2,
    memory_limit: str = "800MB",
) -> CheckReport:
    """Read and check every input, and write the rows that pass to ``folder``.

    Parameters
    ----------
    sources : by input table
    plan : the rules' settings
    folder : where <table>.parquet goes, an existing folder
    progress : is told the table that is being checked
    threads, memory_limit : what DuckDB may use

    Raises
    ------
    InputRefusedError
        Where an input cannot be read as its table at all.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": memory_limit,
        "temp_directory": str(folder),
    }
    with duckdb.connect(config=settings) as connection:
        bench = Bench(connection, plan)
        bench.open_ledger()
        for table, check in CHECKS.items():
            if table in sources:
                if progress is not None:
                    progress(table)
                bench.start(table, read_input(connection, sources[table]))
                check(bench)
        inputs = {
            table: _finish(bench, table, folder / f"{table}.parquet")
            for table in CHECKS
            if table in sources
        }
        return CheckReport(inputs, _rejects(connection), _repairs(connection))


def _finish(bench: Bench, table: str, path: Path) -> CheckedInput:
    own = INPUT_TABLES[table]
    _write_clean(bench, table, path)
    entities = _entities(bench, f"SELECT DISTINCT {entity_found(table)} FROM read_{table}")  # noqa: S608
    admitted = _entities(
        bench,
        f"SELECT DISTINCT {joined_ids(own.entity)} FROM read_parquet({literal(str(path))})",  # noqa: S608
    )
    lost = sorted(set(entities) - set(admitted))
    _note_lost(bench, table, lost)
    return CheckedInput(
        table, path, bench.read[table].rows, _rows_rejected(bench, table), entities, lost
    )


def _write_clean(bench: Bench, table: str, path: Path) -> None:
    own = INPUT_TABLES[table]
    source = f"clean_{table}" if table in RESHAPED else rows(table)
    columns = "*" if table in RESHAPED else listing(own.column_names)
    relation = bench.connection.sql(
        f"SELECT {columns} FROM {source} ORDER BY {listing(own.key)}"  # noqa: S608 - quoted
    )
    relation.write_parquet(str(path), compression="zstd")


def _entities(bench: Bench, query: str) -> list[str]:
    return sorted(str(row[0]) for row in bench.connection.execute(query).fetchall())


def _note_lost(bench: Bench, table: str, lost: list[str]) -> None:
    """Name the entities of which no row was left, where no rule has named them yet."""
    named = bench.connection.execute(
        "SELECT DISTINCT entity FROM rejects WHERE input = $1 AND severity = 'entity'", [table]
    ).fetchall()
    known = {str(row[0]) for row in named}
    advice = "every row of it was refused; see its rows"
    fresh = pd.DataFrame({"entity": [entity for entity in lost if entity not in known]})
    if fresh.empty:
        return
    bench.connection.register("fresh", fresh)
    bench.connection.execute(
        f"INSERT INTO rejects SELECT {literal(table)}, min(_file), NULL, fresh.entity, 'entity', "  # noqa: S608
        f"'no_valid_rows', NULL, NULL, {literal(advice)} FROM fresh "
        f"JOIN {identifier('read_' + table)} ON {entity_found(table)} = fresh.entity "
        "GROUP BY fresh.entity"
    )
    bench.connection.unregister("fresh")


def _rows_rejected(bench: Bench, table: str) -> int:
    found = bench.connection.execute(
        "SELECT count(*) FROM rejects WHERE input = $1 AND severity = 'row'", [table]
    ).fetchall()
    return int(found[0][0])


def _rejects(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    frame = connection.sql(
        "SELECT * FROM rejects "
        "ORDER BY input, source, row NULLS FIRST, severity, code, entity, value"
    ).df()
    return frame.astype({"row": "Int64"})


def _repairs(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    return connection.sql("SELECT * FROM repairs ORDER BY input, entity, ds, code").df()
