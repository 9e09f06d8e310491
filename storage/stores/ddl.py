"""DDL, generated from the tables."""

from collections.abc import Collection

from storage.sql import identifier, sql_type
from storage.tables.table import Table


def column_list(table: Table) -> str:
    """Return the columns of a table with their DuckDB types, as DDL lists them."""
    return ", ".join(f"{identifier(column.name)} {sql_type(column)}" for column in table.columns)


def create_table(table: Table) -> str:
    """Return DuckDB's statement that creates ``table`` where it is not there yet.

    The key is no constraint here: a publication's rows are held to it before they get here, and
    DuckDB's index would refuse to put back, in one transaction, a key that was just deleted.
    """
    lines = [
        f"    {identifier(column.name)} {sql_type(column)}{'' if column.nullable else ' NOT NULL'}"
        for column in table.columns
    ]
    body = ",\n".join(lines)
    return f"CREATE TABLE IF NOT EXISTS {identifier(table.name)} (\n{body}\n)"


def add_columns(table: Table, present: Collection[str]) -> list[str]:
    """Return DuckDB's statements that give an older version's table the columns it lacks.

    Rows from before have null in them, so the new columns take nulls, whatever they are here.

    Parameters
    ----------
    table : as it is now
    present : names of the columns that the store's table has
    """
    return [
        f"ALTER TABLE {identifier(table.name)} ADD COLUMN {identifier(column.name)} "
        f"{sql_type(column)}"
        for column in table.columns
        if column.name not in present
    ]
