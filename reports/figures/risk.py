"""Pictures of risk: limits, distributions, contributions, stress. A loss is positive."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from reports.figures.theme import BLUE, METHODS, MUTED, PERCENT, RED, SKY, figure, names
from reports.wording import inert, spaced

MOST_BOOKS = 60


def limit_use(utilisation: pd.DataFrame) -> go.Figure:
    """Draw the most used limit of each book, by the method that uses it most."""
    worst = utilisation.sort_values("utilisation").groupby("portfolio_id").tail(1)
    shown = worst.sort_values("utilisation").tail(MOST_BOOKS)
    detail = [
        f"{row['measure'].replace('_', ' ')} {row['level']:.1%}, {row['horizon']} d, "
        f"{row['method']}"
        for row in shown.to_dict("records")
    ]
    colours = [RED if used > 1 else BLUE if used > 0.8 else SKY for used in shown["utilisation"]]
    return figure(
        go.Bar(
            y=[inert(name) for name in shown["portfolio_id"]], x=shown["utilisation"],
            orientation="h", marker={"color": colours},
            customdata=detail, showlegend=False,
            hovertemplate="%{y}: %{x:.0%}<br>%{customdata}<extra></extra>",
        ),
        height=max(260, 18 * len(shown) + 70),
        xaxis={"title": "limit used", "tickformat": PERCENT},
        yaxis=names(shown["portfolio_id"]),
        shapes=[
            {"type": "line", "x0": 1, "x1": 1, "yref": "paper", "y0": 0, "y1": 1,
             "line": {"color": MUTED, "dash": "dot"}}
        ],
    )  # fmt: skip


def stress_map(stress: pd.DataFrame, gross: pd.Series) -> go.Figure:
    """Draw every book's loss under every scenario, as a share of its gross value.

    Parameters
    ----------
    stress : the stress_losses table
    gross : portfolio_id -> sum of the absolute values of its positions, money
    """
    table = stress.assign(
        share=stress["loss"] / stress["portfolio_id"].map(gross).clip(lower=1.0)
    ).pivot(index="portfolio_id", columns="scenario_id", values="share")
    worst = table.max(axis=1).sort_values().tail(MOST_BOOKS).index
    shown = table.loc[worst]
    edge = float(np.nanquantile(np.abs(shown.to_numpy()), 0.97)) or 1.0
    return figure(
        go.Heatmap(
            z=shown.to_numpy(),
            x=[inert(name) for name in shown.columns],
            y=[inert(name) for name in shown.index],
            zmin=-edge,
            zmax=edge,
            colorscale=[[0, "#0072b2"], [0.5, "#ffffff"], [1, "#d55e00"]],
            colorbar={"tickformat": PERCENT, "title": {"text": "loss"}, "thickness": 12},
            hovertemplate="%{y}<br>%{x}: %{z:.1%} of gross value<extra></extra>",
            xgap=1,
            ygap=1,
        ),
        height=max(260, 16 * len(shown) + 110),
        xaxis={"side": "top", **names(shown.columns)},
        yaxis=names(shown.index),
        margin={"l": 60, "r": 16, "t": 60, "b": 16},
    )


def methods_compared(risk: pd.DataFrame, level: float, horizon: int) -> go.Figure:
    """Draw each book's expected shortfall by method, relative to the mean of the methods."""
    chosen = risk[
        (risk["measure"] == "expected_shortfall")
        & np.isclose(risk["level"], level)
        & (risk["horizon"] == horizon)
    ]
    table = chosen.pivot(index="portfolio_id", columns="method", values="value")
    table = table.loc[table.mean(axis=1).sort_values(ascending=False).index].head(MOST_BOOKS)
    relative = table.div(table.mean(axis=1), axis=0)
    books = [inert(name) for name in relative.index]
    return figure(
        *(
            go.Scatter(
                x=books,
                y=relative[method],
                name=spaced(method),
                mode="markers",
                marker={"color": METHODS.get(str(method))},
            )
            for method in relative.columns
        ),
        yaxis={"title": "ES over the methods' mean", "tickformat": PERCENT},
        xaxis={**names(relative.index), "tickangle": -60},
        height=380,
    )


def volatility_and_trend(outlook: pd.DataFrame) -> go.Figure:
    """Draw each instrument's volatility today against its long run."""
    kinds = sorted(outlook["kind"].unique())
    limit = float(outlook[["volatility", "long_run_volatility"]].to_numpy().max()) * 1.05
    dots = [
        go.Scatter(
            x=part["long_run_volatility"],
            y=part["volatility"],
            name=kind,
            mode="markers",
            text=[inert(name) for name in part["instrument_id"]],
            hovertemplate="%{text}<br>now %{y:.1%}, long run %{x:.1%}<extra></extra>",
            marker={"size": 7, "opacity": 0.8},
        )
        for kind in kinds
        for part in [outlook[outlook["kind"] == kind]]
    ]
    return figure(
        *dots,
        xaxis={"title": "long-run volatility, annual", "tickformat": PERCENT, "range": [0, limit]},
        yaxis={"title": "volatility now, annual", "tickformat": PERCENT, "range": [0, limit]},
        shapes=[
            {"type": "line", "x0": 0, "y0": 0, "x1": limit, "y1": limit,
             "line": {"color": MUTED, "dash": "dot"}}
        ],
        height=420,
    )  # fmt: skip
