"""Inputs that a job reads from BigQuery: their state, what reading costs, and their rows."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import JobRefusedError
from flows.spec import BigQuerySource

if TYPE_CHECKING:
    from storage.stores.bigquery_inputs import BigQueryInput


def state_of(table: str, source: BigQuerySource, as_of: date) -> str:
    """Return a digest of what would be read, which changes when that may have changed."""
    wanted = _wanted(table, source)
    from storage.stores.bigquery_inputs import state_of_input  # noqa: PLC0415 - an extra

    return state_of_input(wanted, as_of)


def estimate(table: str, source: BigQuerySource, as_of: date) -> int:
    """Return how many bytes reading would process; refuse what would bill too much."""
    wanted = _wanted(table, source)
    from storage.stores.bigquery_inputs import estimate_input  # noqa: PLC0415 - an extra

    return estimate_input(wanted, as_of)


def fetch(table: str, source: BigQuerySource, as_of: date, path: Path) -> None:
    """Write the rows as a Parquet file, whole or not at all."""
    wanted = _wanted(table, source)
    from storage.stores.bigquery_inputs import fetch_input  # noqa: PLC0415 - an extra

    path.parent.mkdir(parents=True, exist_ok=True)
    fetch_input(wanted, as_of, path)


def _wanted(table: str, source: BigQuerySource) -> "BigQueryInput":
    try:
        from storage.stores.bigquery_inputs import BigQueryInput  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise JobRefusedError(
            f"inputs.{table}: reading from BigQuery needs its client: "
            "pip install 'almanac[bigquery]'"
        ) from error
    return BigQueryInput(
        table,
        source.table,
        source.columns,
        source.days_column,
        source.days,
        source.maximum_bytes_billed,
        source.query,
        source.project,
        source.location,
        source.labels,
    )
