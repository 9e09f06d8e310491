"""Pictures of orders: where the money goes, and what it buys."""

from itertools import pairwise

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from reports.figures.theme import (
    BLUE,
    INK,
    MUTED,
    ORANGE,
    PERCENT,
    counts,
    figure,
    five_numbers,
    names,
)
from reports.wording import currencies, inert

MOST_WAREHOUSES = 40
COVER_BARS = 30
# Periods to a bar: hours, days and quarters of cover differ by two orders of magnitude.
COVER_STEPS = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0)


def orders_by_warehouse(plans: pd.DataFrame) -> go.Figure:
    """Draw the money ordered tonight by warehouse, the largest first."""
    totals = plans.groupby("warehouse_id")["order_value"].sum().sort_values().tail(MOST_WAREHOUSES)
    return figure(
        go.Bar(
            y=[inert(name) for name in totals.index],
            x=totals,
            orientation="h",
            marker={"color": BLUE},
            showlegend=False,
        ),
        height=max(260, 20 * len(totals) + 70),
        xaxis={"title": f"ordered, {currencies(plans)}"},
        yaxis=names(totals.index),
    )


def service_bought(plans: pd.DataFrame) -> go.Figure:
    """Draw fill rates without and with tonight's orders, against the targets."""
    drawn = (
        _served_bars(plans["no_order_fill_rate"], "if nothing is ordered", "#c3cbd4"),
        _served_bars(plans["fill_rate"], "under the plan", BLUE),
    )
    return figure(
        *drawn,
        barmode="overlay",
        bargap=0,
        xaxis={
            "title": "fill rate from the first receipt on",
            "tickformat": PERCENT,
            "range": [0.0, 1.001],
            "dtick": 0.2,
        },
        yaxis=counts("items", max(max(bars.y) for bars in drawn)),
        height=340,
    )


def _served_bars(fill_rates: pd.Series, name: str, colour: str) -> go.Bar:
    """Return how many fill rates are in each twentieth; 100% is in the last."""
    counts, edges = np.histogram(fill_rates.dropna(), bins=20, range=(0.0, 1.0))
    return go.Bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        customdata=[f"{100 * low:.0f}-{high:.0%}" for low, high in pairwise(edges)],
        hovertemplate="%{customdata}: %{y} items",
        width=0.05,
        name=name,
        marker={"color": colour},
    )


def cover_step(plans: pd.DataFrame) -> float:
    """Return how many periods a bar of `cover` has: the fewest that leave few items beyond it."""
    most = plans["periods_of_cover"].quantile(0.95)
    return next((step for step in COVER_STEPS if not COVER_BARS * step < most), COVER_STEPS[-1])


def cover(plans: pd.DataFrame) -> go.Figure:
    """Draw how long stock and orders on the way last, before tonight's orders."""
    step = cover_step(plans)
    most = COVER_BARS * step
    known = plans["periods_of_cover"].dropna().clip(upper=most)
    items = np.histogram(known, bins=COVER_BARS, range=(0.0, most))[0].max()
    return figure(
        go.Histogram(
            x=known,
            xbins={"start": 0, "end": most * 1.00001, "size": step},
            marker={"color": ORANGE},
            showlegend=False,
        ),
        xaxis={"title": "periods of cover"},
        yaxis=counts("items", items),
        height=300,
    )


def served(plans: pd.DataFrame) -> pd.Series:
    """Return what each plan serves of what its target is asked of; 1 where cost alone decides."""
    of_periods = plans["cycle_service"].where(plans["target_measure"] == "cycle service", 1.0)
    return plans["fill_rate"].where(plans["target_measure"] == "fill rate", of_periods)


def served_error(plans: pd.DataFrame) -> pd.Series:
    """Return the standard error of what each plan serves; 0 where cost alone decides."""
    measure, by_period = plans["target_measure"], plans["cycle_service_standard_error"]
    of_periods = by_period.where(measure == "cycle service", 0.0)
    return plans["fill_rate_standard_error"].where(measure == "fill rate", of_periods)


def service_against_target(plans: pd.DataFrame) -> go.Figure:
    """Draw each target, and the service planned for it."""
    plans = plans[plans["target_measure"] != "cost"]
    plans = plans.assign(served=served(plans))
    boxes = [
        five_numbers(f"{target:.0%}", group["served"])
        for target, group in plans.groupby("service_target")
    ]
    targets = sorted(plans["service_target"].unique())
    marks = go.Scatter(
        x=[f"{target:.0%}" for target in targets],
        y=targets,
        mode="markers",
        name="target",
        marker={"symbol": "line-ew-open", "size": 34, "color": INK, "line": {"width": 2}},
    )
    return figure(
        *boxes,
        marks,
        xaxis={"title": "service target", "type": "category"},
        yaxis={"title": "service planned (5-95%)", "tickformat": PERCENT},
        height=300,
        hovermode="closest",
        legend={"font": {"color": MUTED}},
    )
