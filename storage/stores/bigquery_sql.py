"""The one script that makes a publication visible: a transaction over all of its tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from storage.stores.bigquery_faults import CAME_FIRST
from storage.stores.bigquery_tables import PARTITION, PUBLICATIONS
from storage.tables import BOOKKEEPING, RUNS
from storage.tables.table import Table


@dataclass(frozen=True)
class Loaded:
    """One table's rows of a publication, loaded and not yet visible.

    Parameters
    ----------
    table : whose rows
    target : the table they belong in, quoted
    source : the table they were loaded into, quoted
    rows : how many
    digest : of the rows
    """

    table: Table
    target: str
    source: str
    rows: int
    digest: str


def quoted(*path: str) -> str:
    """Return a path of names as a quoted identifier."""
    return "`" + ".".join(name.replace("\\", "\\\\").replace("`", "\\`") for name in path) + "`"


def columns_of(table: Table, prefix: str = "") -> str:
    """Return a table's columns, quoted and separated by commas."""
    return ", ".join(prefix + quoted(name) for name in table.column_names)


def commit_script(
    loaded: Sequence[Loaded], runs: str, publications: str, *, known: bool, n_beside: int = 0
) -> str:
    """Return the transaction that makes loaded tables visible, all or none.

    Its parameters are ``@as_of``, ``@run_id``, ``@job`` and ``@version``. Rows of earlier runs of
    the job and night go first. Where another publication of the night has come first, nothing is
    done: what to do may depend on it. A run that is new is then inserted; one that is ``known`` is
    corrected: its rows are merged in by key, so that a row that stays the same is not written
    again. `runs` is last, for what is earlier is read from it. The runs ``@beside_0`` and on keep
    their rows of `BOOKKEEPING`.
    """
    ordered = sorted(loaded, key=lambda part: part.table is RUNS)
    statements = [_check_version(publications), *(_check_load(part) for part in ordered)]
    for part in ordered:
        statements += [_delete(part, runs, known=known, n_beside=n_beside)]
        statements += [_merge(part) if known else _insert(part)]
        statements += [_note(part, publications)]
    body = ";\n".join(statement for statement in statements if statement)
    return f"BEGIN TRANSACTION;\n{body};\nCOMMIT TRANSACTION;"


def _check_version(publications: str) -> str:
    return (
        f"ASSERT (SELECT COALESCE(MAX(version), 0) FROM {publications} "  # noqa: S608 - quoted
        f"WHERE {PARTITION} = @as_of) = @version - 1 AS '{CAME_FIRST}'"
    )


def _check_load(part: Loaded) -> str:
    """Stop where the loaded rows are not those that were sent, or two of them share a key."""
    key = ", ".join(quoted(name) for name in part.table.key)
    return (
        f"ASSERT (SELECT COUNT(*) FROM {part.source} WHERE {PARTITION} = @as_of) = {part.rows} "  # noqa: S608 - quoted
        f"AS 'table {part.table.name}: the load does not hold the {part.rows} rows sent';\n"
        f"ASSERT NOT EXISTS (SELECT 1 FROM {part.source} WHERE {PARTITION} = @as_of "
        f"GROUP BY {key} HAVING COUNT(*) > 1) "
        f"AS 'table {part.table.name}: rows share a key'"
    )


def _delete(part: Loaded, runs: str, *, known: bool, n_beside: int) -> str:
    earlier = f"run_id IN (SELECT run_id FROM {runs} WHERE {PARTITION} = @as_of AND job = @job)"  # noqa: S608 - quoted
    if n_beside and part.table.name in BOOKKEEPING:
        earlier += f" AND run_id NOT IN ({', '.join(f'@beside_{n}' for n in range(n_beside))})"
    gone = {
        (True, True): "",
        (True, False): "run_id = @run_id",
        (False, True): f"run_id <> @run_id AND {earlier}",
        (False, False): f"(run_id = @run_id OR {earlier})",
    }[part.table is RUNS, known]
    return gone and f"DELETE FROM {part.target} WHERE {PARTITION} = @as_of AND {gone}"  # noqa: S608 - quoted


def _insert(part: Loaded) -> str:
    return (
        f"INSERT INTO {part.target} ({columns_of(part.table)}) "  # noqa: S608 - quoted
        f"SELECT {columns_of(part.table)} FROM {part.source} WHERE {PARTITION} = @as_of"
    )


def _merge(part: Loaded) -> str:
    """Merge by key within the partition; columns that are null on both sides are the same."""
    table = part.table
    on = " AND ".join(f"target.{quoted(name)} = source.{quoted(name)}" for name in table.key)
    others = [name for name in table.column_names if name not in {*table.key, PARTITION}]
    changed = " OR ".join(
        f"target.{quoted(name)} IS DISTINCT FROM source.{quoted(name)}" for name in others
    )
    values = ", ".join(f"{quoted(name)} = source.{quoted(name)}" for name in others)
    update = f"WHEN MATCHED AND ({changed}) THEN UPDATE SET {values} " if others else ""
    return (
        f"MERGE INTO {part.target} AS target "  # noqa: S608 - quoted
        f"USING (SELECT {columns_of(table)} FROM {part.source} WHERE {PARTITION} = @as_of) "
        f"AS source ON target.{PARTITION} = @as_of AND {on} {update}"
        f"WHEN NOT MATCHED THEN INSERT ({columns_of(table)}) "
        f"VALUES ({columns_of(table, 'source.')}) "
        f"WHEN NOT MATCHED BY SOURCE AND target.{PARTITION} = @as_of "
        "AND target.run_id = @run_id THEN DELETE"
    )


def _note(part: Loaded, publications: str) -> str:
    return (
        f"INSERT INTO {publications} ({columns_of(PUBLICATIONS)}) "  # noqa: S608 - quoted
        f"VALUES (@run_id, @as_of, @job, '{part.table.name}', @version, {part.rows})"
    )
