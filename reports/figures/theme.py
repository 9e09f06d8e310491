"""How figures look: one palette that colour-blind readers can tell apart, one calm layout.

References
----------
Okabe & Ito (2008), "Color universal design" (the palette).
"""

from typing import Any

import plotly.graph_objects as go

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
    "student_t": BLUE,
    "filtered_historical": PURPLE,
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
BAND_OUTER, BAND_INNER = "rgba(0,114,178,0.12)", "rgba(0,114,178,0.26)"


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
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hoverlabel={"font": {"family": FONT}},
        barmode="group",
    )
    base.update_xaxes(gridcolor=GRID, zerolinecolor=GRID, automargin=True)
    base.update_yaxes(gridcolor=GRID, zerolinecolor=GRID, automargin=True)
    base.update_layout(**layout)
    return base
