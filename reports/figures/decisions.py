"""Pictures of the decision backtest: what each planner cost and served, period by period."""

import pandas as pd
import plotly.graph_objects as go

from reports.figures.theme import BLUE, DATES, GREEN, ORANGE, PERCENT, PURPLE, figure
from reports.wording import currencies

COLOURS = {
    "plan": BLUE,
    "previous plan": PURPLE,
    "moving average": ORANGE,
    "tuned average": GREEN,
}


def cost_by_period(periods: pd.DataFrame) -> go.Figure:
    """Draw what each planner's stock cost in each period."""
    return figure(
        *_lines(periods, "cost"),
        xaxis=DATES,
        yaxis={"title": f"cost of a period, {currencies(periods)}", "rangemode": "tozero"},
        height=340,
    )


def cover_by_period(periods: pd.DataFrame) -> go.Figure:
    """Draw the share of items that each planner left without shortage in each period."""
    share = periods["covered"].astype(float) / periods["items"].astype(float)
    return figure(
        *_lines(periods.assign(served=share), "served"),
        xaxis=DATES,
        yaxis={"title": "items without shortage", "tickformat": PERCENT},
        height=340,
    )


def service_by_period(periods: pd.DataFrame) -> go.Figure:
    """Draw the share of demand that each planner served in each period."""
    # A period without demand serves no share of it, and is left open.
    wanted = periods["demanded"].where(periods["demanded"] > 0.0)
    return figure(
        *_lines(periods.assign(served=periods["sold"] / wanted), "served"),
        xaxis=DATES,
        yaxis={"title": "demand served from stock", "tickformat": PERCENT},
        height=340,
    )


def saving_over_time(periods: pd.DataFrame) -> go.Figure:
    """Draw what the plan has saved against each other planner up to each period."""
    cost = periods.pivot(index="ds", columns="planner", values="cost").sort_index()
    others = [name for name in COLOURS if name in cost and name != "plan"]
    return figure(
        *(
            go.Scatter(
                x=cost.index,
                y=(cost[name] - cost["plan"]).cumsum(),
                name=f"against the {name}",
                line={"color": COLOURS[name], "width": 1.8},
            )
            for name in others
        ),
        xaxis=DATES,
        yaxis={"title": f"saved so far, {currencies(periods)}"},
        height=340,
    )


def _lines(periods: pd.DataFrame, column: str) -> list[go.Scatter]:
    return [
        go.Scatter(
            x=own["ds"],
            y=own[column],
            name=name,
            line={"color": COLOURS[name], "width": 2.2 if name == "plan" else 1.3},
        )
        for name in COLOURS
        if len(own := periods[periods["planner"] == name].sort_values("ds"))
    ]
