"""What is left of an input: one Parquet file, and who came in and who did not get through."""

from collections.abc import Mapping
from pathlib import Path

from storage.checks.bench import Bench, entities, rows
from storage.checks.duplicates import refuse_lost
from storage.checks.plan import CheckedInput
from storage.sql import ROW_GROUP, entity_of, file_literal, identifier, listing
from storage.tables import INPUT_TABLES
from storage.tables.demand import SERIES

# Tables that come out in another shape than they went in: their columns, and their order.
_RESHAPED: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "demand": (
        (*SERIES, "ds", "quantity", "censored", "repaired", "price", "promotion", "closed"),
        ("series", "period"),
    ),
    "prices": (("instrument_id", "ds", "close", "repaired"), ("instrument_id", "ds")),
}


def write_clean(bench: Bench, table: str, path: Path) -> CheckedInput:
    """Write the rows that passed, sorted by key, and refuse by name the entities without any.

    Parameters
    ----------
    bench : after every check
    table : the input
    path : the Parquet file to write
    """
    own = INPUT_TABLES[table]
    columns, order = _RESHAPED.get(table, (own.column_names, own.key))
    passed = identifier(f"clean_{table}") if table in _RESHAPED else rows(table)
    relation = bench.connection.sql(
        f"SELECT {listing(columns)} FROM {passed} ORDER BY {listing(order)}"  # noqa: S608 - quoted
    )
    relation.write_parquet(str(path), compression="zstd", row_group_size=ROW_GROUP)
    came = _column(bench, f"SELECT entity FROM {entities(table)} ORDER BY 1")  # noqa: S608
    admitted = _column(
        bench,
        f"SELECT DISTINCT {entity_of(own.entity)} FROM "  # noqa: S608 - quoted
        f"(SELECT DISTINCT {listing(own.entity)} FROM read_parquet({file_literal(path)}))",
    )
    lost = sorted(set(came) - set(admitted))
    refuse_lost(bench, table, lost)
    return CheckedInput(
        table, path, bench.read[table].rows, _rows_rejected(bench, table), came, lost
    )


def _column(bench: Bench, query: str) -> list[str]:
    return [str(row[0]) for row in bench.connection.execute(query).fetchall()]


def _rows_rejected(bench: Bench, table: str) -> int:
    found = bench.connection.execute(
        "SELECT count(*) FROM rejects WHERE input = $1 AND severity = 'row'", [table]
    ).fetchall()
    return int(found[0][0])
