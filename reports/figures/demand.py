"""Pictures of demand: what was sold, what is expected, and how good forecasts have been."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from reports.figures.aggregates import FANS
from reports.figures.theme import (
    BAND_INNER,
    BAND_OUTER,
    BLUE,
    DATES,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PERCENT,
    counts,
    figure,
    five_numbers,
    names,
)
from reports.wording import inert

# Half the width of an 80% band of a normal law, in standard deviations.
HALF_BAND = 1.2815515594600038
MOST_WAREHOUSES = 40
CLASSES = ("smooth", "erratic", "intermittent", "lumpy", "new")


def total_demand(
    actuals: pd.DataFrame, forecasts: pd.DataFrame, total: pd.DataFrame | None = None
) -> go.Figure:
    """Draw total demand by period, with the forecast's mean and its bands.

    Parameters
    ----------
    actuals : of every series
    forecasts : of every series
    total : rows of the total in `aggregate_forecasts`; nights of old have none, and take the bands
        of `_bounds_of_sums`
    """
    past = _complete_past(actuals)
    ahead = forecasts.groupby("ds")["mean"].sum()
    if total is None:
        bands = _bounds_of_sums(forecasts)
    else:
        own = total.set_index("ds").sort_index()
        bands = [_band(own.index, own[low], own[high], *look) for low, high, *look in FANS]
    return figure(
        *(trace for band in bands for trace in band),
        go.Scatter(x=past.index, y=past, name="actual", line={"color": INK, "width": 1.6}),
        go.Scatter(x=ahead.index, y=ahead, name="forecast mean", line={"color": BLUE}),
        xaxis=DATES,
        yaxis={"title": "units per period", "rangemode": "tozero"},
        height=360,
    )


def _complete_past(actuals: pd.DataFrame) -> pd.Series:
    """Return total demand of the periods that the published history of nearly all series has.

    Every series has its last periods, and a new one fewer: those with the most tell which periods
    are whole.
    """
    lengths = actuals.groupby(["warehouse_id", "item_id"])["ds"].transform("size")
    told = actuals[lengths == lengths.max()].groupby("ds").size()
    whole = told.index[10 * told >= 9 * told.max()]
    return actuals.groupby("ds")["quantity"].sum().reindex(whole)


def _bounds_of_sums(forecasts: pd.DataFrame) -> list[tuple[go.Scatter, go.Scatter]]:
    """Return two 80% bands of the sum, whose quantiles are not the sums of quantiles.

    The inner band holds if all series erred independently of each other (deviations from each
    series' 80% band), the outer one if all erred together.
    """
    grouped = (
        forecasts.assign(variance=((forecasts["q90"] - forecasts["q10"]) / (2 * HALF_BAND)) ** 2)
        .groupby("ds")[["mean", "q10", "q90", "variance"]]
        .sum()
    )
    spread = HALF_BAND * np.sqrt(grouped["variance"])
    low = np.maximum(grouped["mean"] - spread, 0.0)
    inner = (low, grouped["mean"] + spread, BAND_INNER, "80% if all err independently")
    outer = (grouped["q10"], grouped["q90"], BAND_OUTER, "80% if all err together")
    return [_band(grouped.index, *outer), _band(grouped.index, *inner)]


def _band(
    x: pd.Index, low: pd.Series, high: pd.Series, colour: str, name: str
) -> tuple[go.Scatter, go.Scatter]:
    edge = {"x": x, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    return (
        go.Scatter(**edge, y=low, showlegend=False),
        go.Scatter(**edge, y=high, fill="tonexty", fillcolor=colour, name=name),
    )


def demand_by_warehouse(actuals: pd.DataFrame, forecasts: pd.DataFrame) -> go.Figure:
    """Draw each warehouse's forecast against as many past periods."""
    horizon = forecasts["ds"].nunique()
    recent = np.sort(actuals["ds"].unique())[-horizon:]
    before = actuals[actuals["ds"].isin(recent)].groupby("warehouse_id")["quantity"].sum()
    after = forecasts.groupby("warehouse_id")["mean"].sum()
    order = after.sort_values().tail(MOST_WAREHOUSES).index
    shown = [inert(name) for name in order]
    before = before.reindex(order, fill_value=0.0)
    return figure(
        go.Bar(
            y=shown,
            x=before,
            name=f"last {horizon} periods",
            orientation="h",
            marker={"color": "#c3cbd4"},
        ),
        go.Bar(
            y=shown,
            x=after[order],
            name=f"next {horizon} periods",
            orientation="h",
            marker={"color": BLUE},
        ),
        height=max(280, 22 * len(order) + 90),
        xaxis={"title": "units", "rangemode": "tozero"},
        yaxis=names(order),
        bargap=0.25,
    )


def champions_by_class(champions: pd.DataFrame) -> go.Figure:
    """Draw which models won, by demand class."""
    table = champions.groupby(["demand_class", "model"]).size().unstack(fill_value=0)
    classes = [name for name in CLASSES if name in table.index]
    wins = table.sum().sort_values(ascending=False)
    return figure(
        *(
            go.Bar(y=classes, x=table.loc[classes, model], name=inert(model), orientation="h")
            for model in wins.index
        ),
        barmode="stack",
        height=200 + 44 * len(classes),
        xaxis=counts("series", table.loc[classes].sum(axis=1).max()),
        yaxis={"autorange": "reversed"},
    )


def accuracy_by_class(scored: pd.DataFrame) -> go.Figure:
    """Draw the spread of the champions' scaled errors by class; 1 is a seasonal naive's."""
    known = scored.dropna(subset="mase").groupby("demand_class")["mase"]
    groups = dict(iter(known))
    return figure(
        *(five_numbers(name, groups[name]) for name in CLASSES if name in groups),
        yaxis={"title": "MASE (5-95%)", "rangemode": "tozero"},
        shapes=[_line(1.0)],
        height=300,
    )


def coverage_by_class(covered: "pd.Series[float]") -> go.Figure:
    """Draw how often actuals fell within the 80% band.

    Parameters
    ----------
    covered : demand class -> fraction of held-out actuals
    """
    classes = [name for name in CLASSES if name in covered.index]
    return figure(
        go.Bar(x=classes, y=covered[classes], marker={"color": GREEN}, showlegend=False, width=0.5),
        yaxis={"title": "actuals within q10-q90", "tickformat": PERCENT, "range": [0, 1]},
        shapes=[_line(0.8)],
        height=300,
    )


def saved_of(scored: pd.DataFrame, accuracy: pd.DataFrame, baseline: str) -> "pd.Series[float]":
    """Return the share of a baseline model's error that each champion saves, where it is known."""
    base = accuracy.loc[accuracy["model"] == baseline, ["warehouse_id", "item_id", "mase"]].rename(
        columns={"mase": "base"}
    )
    joined = scored.merge(base, on=["warehouse_id", "item_id"])
    saved: pd.Series[float] = 1.0 - joined["mase"] / joined["base"]
    return saved.replace([np.inf, -np.inf], np.nan).dropna()


def value_added(saved: "pd.Series[float]", baseline: str) -> go.Figure:
    """Draw how much smaller the champions' errors are than a baseline model's, of `saved_of`."""
    shown = saved.clip(-0.5, 1.0)
    most = np.histogram(shown, bins=30, range=(-0.5, 1.0))[0].max()
    return figure(
        go.Histogram(
            x=shown,
            xbins={"start": -0.5, "end": 1.0, "size": 0.05},
            marker={"color": ORANGE},
            showlegend=False,
        ),
        xaxis={
            "title": f"error saved against {baseline}",
            "tickformat": PERCENT,
            "range": [-0.5, 1.0],
        },
        yaxis=counts("series", most),
        shapes=[_line(0.0, vertical=True)],
        height=300,
    )


def _line(at: float, *, vertical: bool = False) -> dict[str, object]:
    style = {"type": "line", "line": {"color": MUTED, "dash": "dot", "width": 1.5}}
    if vertical:
        return {**style, "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1}
    return {**style, "y0": at, "y1": at, "xref": "paper", "x0": 0, "x1": 1}
