"""How figures look: one palette that colour-blind readers can tell apart, one calm layout.

References
----------
Okabe & Ito (2008), "Color universal design" (the palette).
"""

from collections.abc import Container, Iterable
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from reports.wording import inert, short

INK, MUTED, GRID, PAPER = "#1c2733", "#6b7785", "#e6eaef", "#ffffff"
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GOLD = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#d55e00",
    "#cc79a7",
    "#56b4e9",
    "#b8a100",
)
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED, GOLD, MUTED)
# In the order of preference where one of them must stand for all.
METHODS = {
    "filtered_historical": PURPLE,
    "student_t": BLUE,
    "historical": GREEN,
    "gaussian": ORANGE,
    "t_copula": SKY,
    "gaussian_copula": GOLD,
    "block_bootstrap": RED,
    "quasi_student_t": MUTED,
    "quasi_gaussian": INK,
}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
# Of ticks: four digits without zeros at the end, so that 99.5% and 100% are two texts.
PERCENT = ".4~p"
# Ticks that are not seen hold the labels of two axes apart where these meet.
AXIS = {
    "gridcolor": GRID,
    "zerolinecolor": GRID,
    "automargin": True,
    "ticks": "outside",
    "ticklen": 5,
    "tickcolor": "rgba(0,0,0,0)",
}
# Months stand upright beside each other on a telephone: each year is told once, below them.
DATES = {
    "tickangle": 0,
    "tickformatstops": [{"dtickrange": ["M1", "M6"], "value": "%b\n%Y"}],
}
# In the order of the traces: one with a filled band would turn it round.
LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"}
# Signs for which there is room beside a bar, on a telephone too.
LONGEST_NAME = 24
# Up to so many of what is counted, every whole number has a tick, and nothing between them has.
MOST_TICKS = 6
BAND_OUTER, BAND_INNER = "rgba(0,114,178,0.12)", "rgba(0,114,178,0.26)"


def methods_in(known: Container[object]) -> list[str]:
    """Return the methods that are among those known, the one that stands for all first."""
    return [method for method in METHODS if method in known]


def figure(*traces: Any, height: int = 320, **layout: Any) -> go.Figure:  # noqa: ANN401 - plotly's
    """Return a figure of ``traces`` in the house layout."""
    base = go.Figure(list(traces))
    base.update_layout(
        template="none",
        height=height,
        margin={"l": 60, "r": 16, "t": 16, "b": 44},
        font={"family": FONT, "size": 12, "color": INK},
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        colorway=list(PALETTE),
        legend=LEGEND,
        hoverlabel={"font": {"family": FONT}},
        barmode="group",
    )
    base.update_xaxes(**AXIS)
    base.update_yaxes(**AXIS)
    base.update_layout(**layout)
    base.update_yaxes(title={"standoff": 10})
    return base


def names(of: Iterable[object], most: int = LONGEST_NAME) -> dict[str, Any]:
    """Return an axis of names, which `inert` gave; those of more signs are shortened on it."""
    # Text of the chart library is HTML: what is cut must not be a part of an escaped sign.
    plain = {inert(name): str(name) for name in of}
    long = {name: inert(short(text, most)) for name, text in plain.items() if len(text) > most}
    return {"type": "category", "labelalias": long}


def counts(title: str, most: float) -> dict[str, Any]:
    """Return an axis of what is counted, ``most`` at most: ticks are whole numbers."""
    whole = {"dtick": 1} if most <= MOST_TICKS else {}
    return {"title": title, "rangemode": "tozero", **whole}


def five_numbers(name: str, values: "pd.Series[float]") -> go.Box:
    """Return a box of the quartiles of ``values``, with whiskers to 5 and 95%."""
    low, first, middle, third, high = values.quantile([0.05, 0.25, 0.5, 0.75, 0.95])
    return go.Box(
        name=name,
        lowerfence=[low],
        q1=[first],
        median=[middle],
        q3=[third],
        upperfence=[high],
        x=[name],
        marker={"color": BLUE},
        showlegend=False,
    )
