"""Fan charts of the demand of warehouses and categories, side by side."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from reports.figures.theme import (
    AXIS,
    BAND_INNER,
    BAND_OUTER,
    BLUE,
    DATES,
    INK,
    LEGEND,
    LONGEST_NAME,
    figure,
)
from reports.wording import inert, short

COLUMNS = 3
ROW_HEIGHT = 210
FANS = (("q05", "q95", BAND_OUTER, "90%"), ("q25", "q75", BAND_INNER, "50%"))


def fan_charts(ahead: pd.DataFrame, past: pd.DataFrame) -> go.Figure:
    """Draw each aggregate's recent demand and its forecast's bands, each on a scale of its own.

    Parameters
    ----------
    ahead : node, ds, mean and quantiles; nodes are drawn in the order they come in
    past : node, ds, quantity; of the same nodes
    """
    nodes = list(dict.fromkeys(ahead["node"]))
    n_rows = -(-len(nodes) // COLUMNS)
    grid = make_subplots(
        rows=n_rows,
        cols=COLUMNS,
        subplot_titles=[inert(short(str(node), LONGEST_NAME)) for node in nodes],
        vertical_spacing=0.3 / n_rows,
        horizontal_spacing=0.06,
    )
    for number, node in enumerate(nodes):
        traces = _fan(ahead[ahead["node"] == node], past[past["node"] == node], first=number == 0)
        for trace in traces:
            grid.add_trace(trace, row=number // COLUMNS + 1, col=number % COLUMNS + 1)
    # The house layout is that of a figure by itself; the panels' own axes stay.
    house = figure(height=80 + ROW_HEIGHT * n_rows).layout
    grid.update_layout(
        {key: house[key] for key in ("font", "paper_bgcolor", "plot_bgcolor", "hoverlabel")},
        template="none",
        height=house.height,
        margin={"l": 60, "r": 16, "t": 64, "b": 44},
        legend={**LEGEND, "y": 1.0, "yref": "container", "yanchor": "top"},
    )
    grid.update_annotations(font={"size": 12})
    # The panels keep the room that they are given: labels of one may not move all the others.
    axis = {**AXIS, "automargin": False}
    grid.update_xaxes(**axis, **DATES, nticks=4)
    grid.update_yaxes(**axis, nticks=5, rangemode="tozero")
    return grid


def _fan(ahead: pd.DataFrame, past: pd.DataFrame, *, first: bool) -> list[go.Scatter]:
    edge = {"x": ahead["ds"], "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    bands = []
    for low, high, colour, name in FANS:
        shown = {"name": name, "legendgroup": name, "fill": "tonexty", "fillcolor": colour}
        bands += [
            go.Scatter(**edge, y=ahead[low], showlegend=False),
            go.Scatter(**edge, y=ahead[high], showlegend=first, **shown),
        ]
    line = {"showlegend": first}
    return [
        *bands,
        go.Scatter(
            x=past["ds"],
            y=past["quantity"],
            name="actual",
            legendgroup="actual",
            line={"color": INK, "width": 1.2},
            **line,
        ),
        go.Scatter(
            x=ahead["ds"],
            y=ahead["mean"],
            name="forecast mean",
            legendgroup="mean",
            line={"color": BLUE},
            **line,
        ),
    ]
