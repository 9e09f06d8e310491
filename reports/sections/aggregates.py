"""Demand above the single series: the largest warehouses, with their bands."""

from reports.figures.aggregates import fan_charts
from reports.sections.section import Picture, Tables, has, largest
from reports.wording import plural

MOST_NODES = 12
SUMMED_BANDS = (
    "Bands are those of sums of sample paths, on which series err together as far as they did in "
    "backtests; where none taught that, independently of each other."
)


def aggregate_pictures(tables: Tables) -> list[Picture]:
    """Return the fan charts of the largest warehouses; none where nothing was added up."""
    if not has(tables, "aggregate_forecasts", "demand_actuals"):
        return []
    above = tables["aggregate_forecasts"]
    above = above[above["level"] == "warehouse"]
    if above["node"].nunique() < 2:
        # The picture of the total has it.
        return []
    volume = above.groupby("node")["mean"].sum().sort_values(ascending=False, kind="stable")
    chosen = list(volume.index[:MOST_NODES])
    ahead = above.set_index("node").loc[chosen].reset_index()
    past = (
        tables["demand_actuals"]
        .groupby(["warehouse_id", "ds"])["quantity"]
        .sum()
        .reset_index()
        .rename(columns={"warehouse_id": "node"})
    )
    note = (
        f"Each on its own scale{largest(len(chosen), len(volume))}. {SUMMED_BANDS} "
        "All levels are in aggregate_forecasts."
    )
    drawn = fan_charts(ahead, past)
    return [
        Picture(
            "warehouse-fans",
            "Each warehouse ahead",
            drawn,
            note,
            wide=True,
            least_width=760,
            gist=f"bands of {plural(len(chosen), 'warehouse')}, with their history",
        )
    ]
