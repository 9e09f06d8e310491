"""Pictures of what drivers do."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from reports.figures.theme import BLUE, MUTED, figure, names
from reports.wording import inert

MOST_DRIVERS = 25
ROW, MARGIN = 22, 90


def effects_by_driver(effects: pd.DataFrame) -> go.Figure:
    """Draw each driver's effect over all series, with two standard errors on both sides.

    Parameters
    ----------
    effects : rows of `driver_effects`
    """
    shown = effects[effects["category"] == ""]
    shown = shown.loc[shown["effect"].abs().sort_values(ascending=False).index].head(MOST_DRIVERS)
    shown = shown.sort_values("effect")
    known = shown["standard_error"].notna()
    told = [
        f"{driver} ({change})"
        for driver, change in zip(shown["driver"], shown["change"], strict=True)
    ]
    bars = go.Scatter(
        x=100.0 * shown["effect"],
        y=[inert(name) for name in told],
        mode="markers",
        marker={"color": np.where(known, BLUE, MUTED).tolist(), "size": 9},
        error_x={"array": 200.0 * shown["standard_error"].fillna(0.0), "color": BLUE},
        hovertemplate="%{y}: %{x:.1f}%<extra></extra>",
        showlegend=False,
    )
    return figure(
        bars,
        height=MARGIN + ROW * max(len(shown), 4),
        xaxis={"title": "change of demand, per cent", "zeroline": True},
        yaxis=names(told, most=44),
        shapes=[{"type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1,
                 "line": {"color": MUTED, "dash": "dot", "width": 1}}],
    )  # fmt: skip
