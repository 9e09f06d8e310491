"""Pictures of backtests: how often losses went beyond what was said, and when."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from scipy import stats

from reports.figures.theme import DATES, INK, METHODS, MUTED, PERCENT, counts, figure, methods_in
from reports.wording import spaced


def exceptions_by_book(days: pd.DataFrame, level: float) -> go.Figure:
    """Draw how many books had how many exceptions, and how many would by chance.

    Parameters
    ----------
    days : the risk_backtest_days table
    level : of value at risk
    """
    chosen = days[np.isclose(days["level"], level)]
    beyond = chosen.assign(beyond=chosen["loss"] > chosen["value_at_risk"])
    by_method = {
        str(method): group.groupby("portfolio_id")["beyond"].sum().to_numpy(int)
        for method, group in beyond.groupby("method")
    }
    n_days = chosen["ds"].nunique()
    largest = max(int(of_books.max()) for of_books in by_method.values())
    most = max(largest, int(stats.binom.ppf(0.999, n_days, 1 - level)))
    exceptions = np.arange(most + 1)
    methods = methods_in(by_method)
    n_books = chosen["portfolio_id"].nunique()
    chance = n_books * stats.binom.pmf(exceptions, n_days, 1 - level)
    return figure(
        *(
            go.Bar(
                x=exceptions,
                y=np.bincount(by_method[method], minlength=most + 1),
                name=spaced(method),
                marker={"color": METHODS[method]},
            )
            for method in methods
        ),
        go.Scatter(
            x=exceptions,
            y=chance,
            name="by chance",
            mode="lines",
            line={"color": INK, "dash": "dot", "shape": "spline"},
        ),
        xaxis={"title": f"days beyond it, of {n_days}"},
        yaxis=counts("portfolios", max(np.bincount(own).max() for own in by_method.values())),
        height=340,
    )


def exceptions_by_month(days: pd.DataFrame, level: float) -> go.Figure:
    """Draw the share of portfolio-days beyond value at risk, month by month."""
    chosen = days[np.isclose(days["level"], level)]
    beyond = (chosen["loss"] > chosen["value_at_risk"]).astype(float)
    month = chosen["ds"].dt.to_period("M").dt.to_timestamp()
    rates = beyond.groupby([chosen["method"], month]).mean().unstack(level=0)
    methods = methods_in(rates)
    return figure(
        *(
            go.Scatter(
                x=rates.index,
                y=rates[method],
                name=spaced(method),
                mode="lines+markers",
                marker={"size": 4},
                line={"color": METHODS[method], "width": 1.5},
            )
            for method in methods
        ),
        xaxis=DATES,
        yaxis={"title": "portfolio-days beyond", "tickformat": PERCENT, "rangemode": "tozero"},
        shapes=[
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 1 - level, "y1": 1 - level,
             "line": {"color": MUTED, "dash": "dot"}}
        ],
        height=340,
    )  # fmt: skip
