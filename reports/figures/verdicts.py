"""A picture of verdicts: which tests reject the figures of how many portfolios."""

import pandas as pd
import plotly.graph_objects as go

from reports.figures.theme import METHODS, PERCENT, figure, methods_in
from reports.wording import spaced


def rejected_by_test(results: pd.DataFrame) -> go.Figure:
    """Draw the share of portfolios whose figures each test rejects, method by method.

    Parameters
    ----------
    results : rows of the risk_backtests table at one level
    """
    rejected = (results["verdict"] == "rejected").astype(float)
    rates = rejected.groupby([results["method"], results["test"]], sort=False).mean()
    tests = list(dict.fromkeys(results["test"]))
    return figure(
        *(
            go.Bar(
                x=[spaced(test) for test in tests],
                y=[rates[method, test] for test in tests],
                name=spaced(method),
                marker={"color": METHODS[method]},
            )
            for method in methods_in(set(results["method"]))
        ),
        yaxis={
            "title": "share of portfolios rejected",
            "tickformat": PERCENT,
            "rangemode": "tozero",
        },
        height=340,
    )
