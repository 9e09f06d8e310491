"""Data dictionary: every output table, with units and signs."""

from dataclasses import dataclass

from storage.tables import OUTPUT_TABLES, Table


@dataclass(frozen=True)
class Entry:
    """A table in the dictionary.

    Parameters
    ----------
    table : the table
    rows : how many rows this run wrote
    columns : (name, type, description); the 99 quantiles are one entry
    """

    table: Table
    rows: int
    columns: tuple[tuple[str, str, str], ...]


def dictionary(rows: dict[str, int]) -> list[Entry]:
    """Return an entry for each output table that this run wrote."""
    return [
        Entry(table, rows[name], _columns(table))
        for name, table in OUTPUT_TABLES.items()
        if name in rows
    ]


def _columns(table: Table) -> tuple[tuple[str, str, str], ...]:
    entries = []
    for column in table.columns:
        if column.name.startswith("q") and column.name[1:].isdigit():
            if column.name == "q01":
                entries.append(("q01 … q99", column.kind, "quantiles 1-99%, units in the period"))
            continue
        entries.append((column.name, column.kind, column.description))
    return tuple(entries)
