"""Shards: Parquet files of a table, read with its columns and types, and held to its rules."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from storage.errors import TerminalStoreError
from storage.inputs.casting import cast
from storage.sql import file_literal, first_line, identifier, listing, literal, sql_type
from storage.stores.ddl import column_list
from storage.stores.protocol import Publication
from storage.tables import OUTPUT_TABLES, RUNS
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
    connection: duckdb.DuckDBPyConnection, table: Table, publication: Publication
) -> str:
    """Create a temporary table of a publication's rows, checked, and return its quoted name.

    Raises
    ------
    TerminalStoreError
        Where a shard cannot be read or its columns are not the table's, a value is not of its
        column's type or breaks its rules, a key is not unique, or a row belongs to another run.
    """
    staged = identifier(f"staged_{table.name}")
    paths = publication.shards[table.name]
    try:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {staged} ({column_list(table)})")
        if paths:
            _refuse_other_columns(connection, table, paths)
            _fill(connection, table, staged, paths)
    except duckdb.Error as error:
        raise TerminalStoreError(f"table {table.name}: {first_line(error)}") from error
    _refuse_broken_rules(connection, table, staged)
    _refuse_repeated_keys(connection, table, staged)
    _refuse_foreign_rows(connection, table, staged, publication)
    return staged


def _fill(
    connection: duckdb.DuckDBPyConnection, table: Table, staged: str, paths: Sequence[Path]
) -> None:
    reader = f"read_parquet({_files(paths)}, union_by_name = true)"
    types = {
        str(row[0]): str(row[1])
        for row in connection.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()  # noqa: S608
    }
    casts = {
        column.name: cast(column, identifier(column.name), types[column.name])
        for column in table.columns
    }
    for column in table.columns:
        if types[column.name] != sql_type(column):
            _refuse_wrong_type(connection, table, column, (casts[column.name], reader))
    connection.execute(f"INSERT INTO {staged} SELECT {', '.join(casts.values())} FROM {reader}")  # noqa: S608


def _refuse_wrong_type(
    connection: duckdb.DuckDBPyConnection, table: Table, column: Column, read: tuple[str, str]
) -> None:
    typed, reader = read
    name = identifier(column.name)
    wrong = connection.execute(
        f"SELECT {name} FROM {reader} WHERE {typed} IS NULL AND {name} IS NOT NULL LIMIT 1"  # noqa: S608
    ).fetchall()
    if wrong:
        raise TerminalStoreError(
            f"table {table.name}: {column.name} must be of type {column.kind}; got {wrong[0][0]!r}"
        )


def _refuse_other_columns(
    connection: duckdb.DuckDBPyConnection, table: Table, paths: Sequence[Path]
) -> None:
    found = connection.execute(
        f"SELECT file_name, list(name) FROM parquet_schema({_files(paths)}) "  # noqa: S608 - quoted
        "WHERE coalesce(num_children, 0) = 0 GROUP BY 1 ORDER BY 1"
    ).fetchall()
    for file, names in found:
        missing = [name for name in table.column_names if name not in names]
        unknown = sorted(set(names) - set(table.column_names))
        if missing or unknown:
            what = f"lacks {missing[0]!r}" if missing else f"has unknown {unknown[0]!r}"
            raise TerminalStoreError(f"table {table.name}: shard {Path(file).name} {what}")


def _files(paths: Sequence[Path]) -> str:
    return "[" + ", ".join(file_literal(path) for path in paths) + "]"


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
    connection: duckdb.DuckDBPyConnection, table: Table, staged: str, publication: Publication
) -> None:
    foreign = connection.execute(
        f"SELECT run_id, as_of FROM {staged} WHERE run_id <> $1 OR as_of <> $2 LIMIT 1",  # noqa: S608
        [publication.run_id, publication.as_of],
    ).fetchall()
    if foreign:
        raise TerminalStoreError(
            f"table {table.name}: a shard of run {publication.run_id} as of {publication.as_of} "
            f"has a row of run {foreign[0][0]} as of {foreign[0][1]}"
        )


def refuse_unlisted_run(
    connection: duckdb.DuckDBPyConnection, publication: Publication, *, known: bool
) -> None:
    """Refuse a publication whose run `runs` would not have: no later run could replace it.

    Parameters
    ----------
    connection : holds the staged tables
    publication : what is being published
    known : whether the run has been published before

    Raises
    ------
    TerminalStoreError
        Where neither the store nor the publication has the run's row, or it is of another job.
    """
    if RUNS.name not in publication.shards:
        if not known:
            raise TerminalStoreError(
                f"run {publication.run_id}: its first publication must have a row in runs"
            )
        return
    jobs = connection.execute("SELECT job FROM staged_runs").fetchall()
    if [str(row[0]) for row in jobs] != [publication.job]:
        raise TerminalStoreError(
            f"run {publication.run_id}: runs must have one row, of job {publication.job!r}; "
            f"got {[row[0] for row in jobs]}"
        )
