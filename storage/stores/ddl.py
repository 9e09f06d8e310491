"""DDL, generated from the tables."""

from storage.sql import identifier, sql_type
from storage.tables.table import Table


def create_table(table: Table) -> str:
    """Return DuckDB's statement that creates ``table`` where it is not there yet."""
    lines = [
        f"    {identifier(column.name)} {sql_type(column)}{'' if column.nullable else ' NOT NULL'}"
        for column in table.columns
    ]
    body = ",\n".join(lines)
    return f"CREATE TABLE IF NOT EXISTS {identifier(table.name)} (\n{body}\n)"
