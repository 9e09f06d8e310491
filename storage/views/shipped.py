"""The views' SQL as it is shipped: one file a view and dialect."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Literal

Dialect = Literal["bigquery", "duckdb", "postgresql"]

# Each view, and the tables it reads.
VIEWS: Mapping[str, tuple[str, ...]] = {
    "almanac_service": ("order_plans", "runs"),
    "almanac_accuracy": ("champions", "forecast_accuracy", "runs"),
    "almanac_evaluation": (
        "accuracy_by_horizon",
        "champions",
        "forecast_accuracy",
        "forecast_coverage",
        "forecast_horizons",
        "runs",
    ),
    "almanac_risk_limits": ("limit_utilisation", "runs"),
    "almanac_runs": ("run_entities", "runs"),
}


def view_query(name: str, dialect: Dialect) -> str:
    """Return a view's query.

    In BigQuery's the tables are in a dataset called ``PROJECT.DATASET``.
    """
    return files("storage.views").joinpath(dialect, f"{name}.sql").read_text(encoding="utf-8")


def ready_views(dialect: Dialect, tables: Sequence[str]) -> dict[str, str]:
    """Return the query of each view whose tables are all among ``tables``, by its name."""
    return {
        name: view_query(name, dialect)
        for name, needed in VIEWS.items()
        if set(needed) <= set(tables)
    }
