"""Closed days on the page: those of the horizon, and no others."""

import pandas as pd

from reports.sections.closed import closed_lead, closed_listings


def tables(days, warehouses=("north",), last="2026-01-10"):
    rows = [(name, day, "kept") for name in warehouses for day in days]
    closed = pd.DataFrame(rows, columns=["warehouse_id", "ds", "reason"])
    ahead = pd.DataFrame({"ds": pd.date_range("2026-01-01", last)})
    return {"closed_days": closed.astype({"ds": "datetime64[us]"}), "demand_forecasts": ahead}


def test_only_days_of_the_horizon_are_told():
    """Of hours, what is found reaches a day beyond."""
    told = tables(["2025-12-25", "2026-01-06", "2026-01-11"])
    assert closed_lead(told) == [
        "1 warehouse is shut on 1 day of the horizon, and forecast to sell nothing then."
    ]
    (listing,) = closed_listings(told)
    assert listing.gist == "1 day; the first is 2026-01-06, north"


def test_a_day_of_two_warehouses_is_one_day():
    told = tables(["2026-01-06"], ("north", "south"))
    assert closed_lead(told)[0].startswith("2 warehouses are shut on 1 day of")
    (listing,) = closed_listings(told)
    assert listing.gist == "1 day; the first is 2026-01-06, north"


def test_a_night_without_is_silent():
    assert closed_lead(tables(["2025-12-25"])) == closed_listings(tables(["2025-12-25"])) == []
    assert closed_lead({}) == []
