"""Shards: Parquet files of a table, read with its columns and types, and held to its rules."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from storage.errors import TerminalStoreError
from storage.sql import identifier, listing, literal, sql_type
from storage.tables import OUTPUT_TABLES
from storage.tables.table import Column, Table

EXAMPLES = 3


def output_table(name: str) -> Table:
    """Return the output table of that name.

    Raises
    ------
    TerminalStoreError
        Where there is no such table.
    """
    table = OUTPUT_TABLES.get(name)
    if table is None:
        known = ", ".join(sorted(OUTPUT_TABLES))
        raise TerminalStoreError(f"table {name!r} is not an output table; there are {known}")
    return table


def stage_shards(
    connection: duckdb.DuckDBPyConnection, table: Table, paths: Sequence[Path], run_id: str
) -> str:
    """Create a temporary table of a publication's rows, checked, and return its name.

    Raises
    ------
    TerminalStoreError
        Where a shard lacks a column, a value breaks its column's rules, a key is not unique, or
        a row belongs to another run.
    """
    staged = identifier(f"staged_{table.name}")
    files = "[" + ", ".join(literal(str(path)) for path in paths) + "]"
    casts = ", ".join(
        f"CAST({identifier(c.name)} AS {sql_type(c)}) AS {identifier(c.name)}"
        for c in table.columns
    )
    try:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {staged} AS SELECT {casts} "  # noqa: S608 - quoted
            f"FROM read_parquet({files}, union_by_name = true)"
        )
    except duckdb.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise TerminalStoreError(f"table {table.name}: {reason}") from error
    _refuse_broken_rules(connection, table, staged)
    _refuse_repeated_keys(connection, table, staged)
    _refuse_foreign_rows(connection, table, staged, run_id)
    return staged


def _refuse_broken_rules(connection: duckdb.DuckDBPyConnection, table: Table, staged: str) -> None:
    rules = [(column, rule) for column in table.columns if (rule := _broken(column))]
    counts = ", ".join(f"count(*) FILTER (WHERE {rule})" for _, rule in rules)
    found = connection.execute(f"SELECT {counts} FROM {staged}").fetchall()  # noqa: S608 - quoted
    for (column, rule), count in zip(rules, found[0], strict=True):
        if count:
            example = connection.execute(
                f"SELECT {identifier(column.name)} FROM {staged} WHERE {rule} LIMIT 1"  # noqa: S608
            ).fetchall()
            value = example[0][0]
            raise TerminalStoreError(
                f"table {table.name}: {count} rows have {column.name} = {value}; "
                f"it must be {_allowed(column)}"
            )


def _broken(column: Column) -> str:
    name = identifier(column.name)
    rules = []
    if not column.nullable:
        rules.append(f"{name} IS NULL")
    if column.kind == "float":
        rules.append(f"NOT isfinite({name})")
    if column.minimum is not None:
        rules.append(f"{name} < {column.minimum!r}")
    if column.maximum is not None:
        rules.append(f"{name} > {column.maximum!r}")
    if column.positive:
        rules.append(f"{name} <= 0")
    if column.choices:
        rules.append(f"{name} NOT IN ({', '.join(map(literal, column.choices))})")
    return " OR ".join(rules)


def _allowed(column: Column) -> str:
    parts = []
    if not column.nullable:
        parts.append("given")
    if column.kind == "float":
        parts.append("finite")
    if column.minimum is not None:
        parts.append(f"at least {column.minimum:g}")
    if column.maximum is not None:
        parts.append(f"at most {column.maximum:g}")
    if column.positive:
        parts.append("above zero")
    if column.choices:
        parts.append(f"one of {', '.join(column.choices)}")
    return " and ".join(parts)


def _refuse_repeated_keys(connection: duckdb.DuckDBPyConnection, table: Table, staged: str) -> None:
    key = listing(table.key)
    repeated = connection.execute(
        f"SELECT {key} FROM {staged} GROUP BY {key} HAVING count(*) > 1 ORDER BY {key} "  # noqa: S608
        f"LIMIT {EXAMPLES}"
    ).fetchall()
    if repeated:
        named = "; ".join("/".join(str(part) for part in row[1:]) for row in repeated)
        raise TerminalStoreError(
            f"table {table.name}: rows share a key ({', '.join(table.key[1:])}): {named}"
        )


def _refuse_foreign_rows(
    connection: duckdb.DuckDBPyConnection, table: Table, staged: str, run_id: str
) -> None:
    foreign = connection.execute(
        f"SELECT DISTINCT run_id FROM {staged} WHERE run_id <> $1 LIMIT 1",  # noqa: S608 - quoted
        [run_id],
    ).fetchall()
    if foreign:
        raise TerminalStoreError(
            f"table {table.name}: a shard of run {run_id} has a row of run {foreign[0][0]}"
        )
