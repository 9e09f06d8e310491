"""A picture of methods side by side: for how many portfolios each may be the best."""

import pandas as pd
import plotly.graph_objects as go

from reports.figures.theme import BLUE, GRID, PAPER, SKY, counts, figure, methods_in
from reports.wording import spaced
from storage.tables.backtests import STANDINGS

_COLOURS = dict(zip(STANDINGS, (BLUE, SKY, GRID, PAPER), strict=True))


def standings_by_method(scores: pd.DataFrame) -> go.Figure:
    """Draw how many portfolios each method tells best, as well as the best, or worse.

    Parameters
    ----------
    scores : rows of the risk_scores table at one level
    """
    methods = methods_in(set(scores["method"]))
    tally = pd.crosstab(scores["method"], scores["standing"]).reindex(
        index=methods, columns=list(STANDINGS), fill_value=0
    )
    return figure(
        *(
            go.Bar(
                y=[spaced(method) for method in methods],
                x=tally[standing],
                name=standing,
                orientation="h",
                marker={"color": _COLOURS[standing], "line": {"color": GRID, "width": 1}},
            )
            for standing in STANDINGS
            if tally[standing].any()
        ),
        barmode="stack",
        xaxis=counts("portfolios", scores["portfolio_id"].nunique()),
        yaxis={"autorange": "reversed"},
        height=110 + 42 * len(methods),
    )
