"""New items: what each has sold so far beside what its category's profile expects of it."""

from reports.sections.section import SERIES, SERIES_COLUMNS, Listing, Tables, has
from reports.tables import PageColumn, page_table
from reports.wording import count, number, plural

PROFILE = "CategoryProfile"


def new_item_listings(tables: Tables) -> list[Listing]:
    """Return the series that take a profile, those furthest from their own sales first."""
    if not has(tables, "champions", "demand_actuals", "demand_forecasts"):
        return []
    champions = tables["champions"]
    new = champions.loc[champions["model"] == PROFILE, SERIES]
    sold = tables["demand_actuals"].groupby(SERIES)["quantity"]
    expected = tables["demand_forecasts"].groupby(SERIES)["mean"].mean()
    shown = new.merge(sold.agg(["size", "mean"]).reset_index(), on=SERIES)
    shown = shown.merge(expected.rename("ahead").reset_index(), on=SERIES)
    if shown.empty:
        return []
    apart = (shown["mean"] - shown["ahead"]).abs().sort_values(ascending=False, kind="stable")
    columns = [
        *SERIES_COLUMNS,
        PageColumn("size", "periods so far", count, "of the history that is published"),
        PageColumn("mean", "sold per period", number, "mean of these periods, in units"),
        PageColumn("ahead", "expected per period", number, "mean of the forecast, in units"),
    ]
    note = (
        "These have too short a history for a backtest, and take their category's level and season "
        "and their own few periods. Where what was sold and what is expected are far apart, the "
        "category says little of the item, and its order wants a look."
    )
    table = page_table(shown.loc[apart.index], columns, source="champions", most=25)
    most = shown.loc[apart.index[0]]
    gist = (
        f"{plural(len(shown), 'series', 'series')} on a category's profile; furthest apart "
        f"{most['warehouse_id']} / {most['item_id']}: sold {number(most['mean'])}, expected "
        f"{number(most['ahead'])}"
    )
    return [Listing("New items", table, note, gist)]
