"""Days ahead on which warehouses are shut, of which nothing is forecast."""

import pandas as pd

from reports.sections.section import Listing, Tables, has
from reports.tables import PageColumn, page_table
from reports.wording import plural

# What the table calls reasons, in words.
_REASONS = {"declared": "declared", "kept": "shut every year"}


def closed_lead(tables: Tables) -> list[str]:
    """Return how many warehouses are shut on how many days ahead."""
    ahead = _ahead(tables)
    if ahead.empty:
        return []
    shut = plural(ahead["warehouse_id"].nunique(), "warehouse is", "warehouses are")
    days = plural(ahead["ds"].nunique(), "day")
    return [f"{shut} shut on {days} of the horizon, and forecast to sell nothing then."]


def closed_listings(tables: Tables) -> list[Listing]:
    """Return the days ahead on which warehouses are shut, the first first."""
    ahead = _ahead(tables)
    if ahead.empty:
        return []
    shown = ahead.sort_values(["ds", "warehouse_id"], kind="stable")
    columns = [
        PageColumn("day", "day"),
        PageColumn("warehouse_id", "warehouse"),
        PageColumn("why", "why"),
    ]
    told = shown.assign(
        day=shown["ds"].dt.strftime("%Y-%m-%d"), why=shown["reason"].astype(str).map(_REASONS)
    )
    note = (
        "Where a warehouse is open after all, declare it so in [inputs.closures], with closed = "
        "false; days that are missing here, with true."
    )
    first, days = told.iloc[0], plural(told["day"].nunique(), "day")
    gist = f"{days}; the first is {first['day']}, {first['warehouse_id']}"
    return [
        Listing("Shut ahead", page_table(told, columns, source="closed_days", most=25), note, gist)
    ]


def _ahead(tables: Tables) -> pd.DataFrame:
    if not has(tables, "closed_days", "demand_forecasts"):
        return pd.DataFrame()
    closed, horizon = tables["closed_days"], tables["demand_forecasts"]["ds"]
    ahead: pd.DataFrame = closed[closed["ds"].between(horizon.min().normalize(), horizon.max())]
    return ahead
