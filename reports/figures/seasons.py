"""A picture of what kinds of demand share of a season."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from reports.figures.theme import BLUE, PAPER, PERCENT, RED, figure, names
from reports.wording import inert

# Of more a cell is too narrow for its figure.
MOST_FIGURES = 24
# As many as a phone has room for.
MOST_TICKS = 9
# Colours are full there at least: a hundredth is pale.
LEAST_EDGE = 0.1
ROW, MARGIN = 22, 96


def season_by_kind(table: pd.DataFrame) -> go.Figure:
    """Draw how far demand is from its mean at each place of a season, a row a kind.

    Parameters
    ----------
    table : fractions, 0.2 for a fifth above the mean; index kinds from the top, columns places
    """
    edge = max(float(np.abs(table.to_numpy()).max()), LEAST_EDGE)
    return figure(
        go.Heatmap(
            x=[inert(place) for place in table.columns],
            y=[inert(kind) for kind in table.index],
            z=table.to_numpy(),
            zmin=-edge,
            zmax=edge,
            colorscale=[[0.0, BLUE], [0.5, PAPER], [1.0, RED]],
            colorbar={"tickformat": PERCENT, "thickness": 12},
            texttemplate="%{z:+.0%}" if table.shape[1] <= MOST_FIGURES else None,
            hovertemplate="%{y}, %{x}: %{z:+.1%}<extra></extra>",
            xgap=1,
            ygap=1,
        ),
        height=MARGIN + ROW * max(len(table), 4),
        xaxis={"type": "category", "side": "top", "nticks": MOST_TICKS, "tickangle": 0},
        yaxis={**names(table.index), "autorange": "reversed"},
        margin={"l": 60, "r": 16, "t": 40, "b": 16},
    )
