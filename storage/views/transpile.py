"""Writes the views' SQL for every store from its one source.

python -m storage.views.transpile

The source is BigQuery's SQL, which asks for a filter on the night wherever a table is read; the
others do without. Needs sqlglot, which the development environment has.
"""

from pathlib import Path
from typing import get_args

import sqlglot
from sqlglot import exp

from storage.tables import OUTPUT_TABLES
from storage.views.shipped import VIEWS, Dialect

FOLDER = Path(__file__).parent
_NAMES: dict[Dialect, str] = {"bigquery": "bigquery", "duckdb": "duckdb", "postgresql": "postgres"}


def transpile(name: str, dialect: Dialect) -> str:
    """Return a view's query in a dialect."""
    source = (FOLDER / "source" / f"{name}.sql").read_text(encoding="utf-8")
    parsed = sqlglot.parse_one(source, read="bigquery")
    if dialect == "bigquery":
        parsed = parsed.transform(_placed)
    else:
        for where in list(parsed.find_all(exp.Where)):
            where.pop()
    written = parsed.sql(dialect=_NAMES[dialect], pretty=True, identify=True, comments=False)
    title = source.splitlines()[0]
    return f"{title}\n{written}\n"


def _placed(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Table) and node.name in OUTPUT_TABLES:
        return exp.table_(node.name, db="DATASET", catalog="PROJECT", quoted=True)
    return node


def main() -> None:
    """Write every view in every dialect."""
    for name in VIEWS:
        for dialect in get_args(Dialect):
            (FOLDER / dialect).mkdir(exist_ok=True)
            (FOLDER / dialect / f"{name}.sql").write_text(
                transpile(name, dialect), encoding="utf-8"
            )


if __name__ == "__main__":
    main()
