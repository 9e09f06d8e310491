"""New items on the page: those that sell otherwise than their category first, or none."""

import pandas as pd

from reports.sections.new_items import new_item_listings
from tests.reports.builder import night


def with_new(tables, sold):
    """Return the night's tables with a new item for each amount sold a period, on three days."""
    past, ahead = tables["demand_actuals"].tail(3), tables["demand_forecasts"]
    champion = tables["champions"].head(1).assign(model="CategoryProfile")
    more = {"demand_actuals": [], "demand_forecasts": [], "champions": []}
    for item, quantity in sold.items():
        more["demand_actuals"].append(past.assign(item_id=item, quantity=quantity))
        more["demand_forecasts"].append(ahead.assign(item_id=item, mean=2.0))
        more["champions"].append(champion.assign(item_id=item))
    return {
        **tables,
        **{name: pd.concat([tables[name], *frames]) for name, frames in more.items()},
    }


def test_new_items_that_sell_otherwise_than_expected_come_first():
    (listing,) = new_item_listings(with_new(night(), {"as-said": 2.5, "far-more": 9.0}))
    assert [[text for text, _ in row[1:]] for row in listing.table.rows] == [
        ["far-more", "3", "9.00", "2.00"],
        ["as-said", "3", "2.50", "2.00"],
    ]


def test_a_night_without_new_items_lists_none():
    assert new_item_listings(night()) == []
