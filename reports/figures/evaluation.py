"""A picture of how much better forecasts are than seasonal naive, wherever they are asked for."""

import pandas as pd
import plotly.graph_objects as go

from reports.figures.theme import BLUE, PAPER, PERCENT, RED, figure, names
from reports.wording import inert, steps


def value_added_ahead(rows: pd.DataFrame, warehouses: list[str]) -> go.Figure:
    """Draw the value added in each warehouse and part of the horizon.

    Parameters
    ----------
    rows : warehouse_id, first_step, last_step, value_added (a fraction)
    warehouses : from the top
    """
    ends = rows.groupby("first_step")["last_step"].first()
    table = rows.pivot_table(index="warehouse_id", columns="first_step", values="value_added")
    table = table.reindex(warehouses)
    return figure(
        go.Heatmap(
            x=[steps(int(str(first)), last) for first, last in ends.items()],
            y=[inert(name) for name in warehouses],
            z=table.to_numpy(),
            zmid=0.0,
            colorscale=[[0.0, RED], [0.5, PAPER], [1.0, BLUE]],
            colorbar={"tickformat": PERCENT},
            hovertemplate="%{y}, periods %{x} ahead: %{z:.1%}<extra></extra>",
        ),
        height=max(280, 18 * len(warehouses) + 90),
        xaxis={"title": "periods ahead", "type": "category"},
        yaxis={**names(warehouses), "autorange": "reversed"},
    )
