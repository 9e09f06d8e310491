"""The picture of total demand: its bands are the total's own, and its past is whole."""

import pandas as pd

from reports.figures.demand import total_demand
from reports.sections.demand import demand_section
from tests.reports.builder import night


def drawn(figure, name):
    (trace,) = [trace for trace in figure.data if trace.name == name]
    return trace


def test_bands_are_those_of_the_total():
    tables = night()
    total = tables["aggregate_forecasts"].assign(level="total", node="all")
    tables["aggregate_forecasts"] = pd.concat([tables["aggregate_forecasts"], total])
    picture = demand_section(tables).pictures[0]
    assert list(drawn(picture.figure, "90%").y) == list(total["q95"])
    assert list(drawn(picture.figure, "50%").y) == list(total["q75"])
    assert "The truth lies between" not in picture.note


def test_a_night_of_old_without_the_total_has_bounds_of_it():
    picture = demand_section(night()).pictures[0]
    assert drawn(picture.figure, "80% if all err together") is not None
    assert "The truth lies between" in picture.note


def test_new_items_do_not_hide_the_past_of_the_others():
    tables = night()
    past = tables["demand_actuals"]
    new = [past.tail(3).assign(item_id=name) for name in ("cocoa", "mate")]
    figure = total_demand(pd.concat([past, *new]), tables["demand_forecasts"])
    actual = drawn(figure, "actual")
    assert list(actual.x) == list(past["ds"])
    assert actual.y[-1] == 3 * past["quantity"].iloc[-1]
    assert actual.y[0] == past["quantity"].iloc[0]


def test_periods_that_only_some_series_reach_back_to_are_left_out():
    tables = night()
    past = tables["demand_actuals"]
    early = past.assign(item_id="cocoa", ds=past["ds"] - pd.Timedelta(days=5))
    figure = total_demand(pd.concat([past, early]), tables["demand_forecasts"])
    assert list(drawn(figure, "actual").x) == sorted(set(past["ds"]) & set(early["ds"]))
