"""Fan charts of warehouses: the largest first, and nothing without aggregates."""

import html

import pandas as pd

from reports.figures.theme import LONGEST_NAME
from reports.sections.aggregates import MOST_NODES, aggregate_pictures
from tests.reports.builder import night

N_WAREHOUSES = MOST_NODES + 3


def several(tables):
    """Return the night's tables with several warehouses, each larger than the last."""
    one, past = tables["aggregate_forecasts"], tables["demand_actuals"]
    names = [f"<w{number:02d}>" for number in range(N_WAREHOUSES)]
    above = [
        one.assign(node=name, warehouse_id=name, mean=one["mean"] * (number + 1))
        for number, name in enumerate(names)
    ]
    below = [past.assign(warehouse_id=name) for name in names]
    return {
        **tables,
        "aggregate_forecasts": pd.concat(above, ignore_index=True),
        "demand_actuals": pd.concat(below, ignore_index=True),
    }


def test_the_largest_warehouses_are_drawn_and_their_names_are_inert():
    tables = several(night())
    (picture,) = aggregate_pictures(tables)
    titles = [note["text"] for note in picture.figure.layout.annotations]
    assert len(titles) == MOST_NODES
    assert f"w{N_WAREHOUSES - 1:02d}" in titles[0]
    assert not any("<" in title for title in titles)
    assert f"{MOST_NODES} largest of {N_WAREHOUSES}" in picture.note
    # A telephone moves it from side to side.
    assert picture.least_width > 390


def test_drawn_means_are_those_of_the_table():
    tables = several(night())
    (picture,) = aggregate_pictures(tables)
    above = tables["aggregate_forecasts"]
    means = [trace for trace in picture.figure.data if trace.name == "forecast mean"]
    for place, mean in enumerate(means):
        own = above["node"] == f"<w{N_WAREHOUSES - 1 - place:02d}>"
        assert list(mean.y) == list(above.loc[own, "mean"])


def test_one_warehouse_is_the_total_and_not_drawn_again():
    assert aggregate_pictures(night()) == []


def test_a_long_name_has_no_more_room_than_its_panel():
    tables = several(night())
    above = tables["aggregate_forecasts"]
    tables["aggregate_forecasts"] = above.assign(node=above["node"] + " and Sons & Partners" * 3)
    past = tables["demand_actuals"]
    tables["demand_actuals"] = past.assign(
        warehouse_id=past["warehouse_id"] + " and Sons & Partners" * 3
    )
    (picture,) = aggregate_pictures(tables)
    for note in picture.figure.layout.annotations:
        assert len(html.unescape(note["text"])) == LONGEST_NAME
        assert "\N{HORIZONTAL ELLIPSIS}" in note["text"]


def test_nothing_is_drawn_where_nothing_was_added_up():
    tables = night()
    del tables["aggregate_forecasts"]
    assert aggregate_pictures(tables) == []
