"""Backtests: whether the figures of past eves held on their days."""

from typing import Any

import numpy as np
import pandas as pd

from reports.figures import backtest as figures
from reports.figures.theme import methods_in
from reports.sections.ranking import ranking_listings, ranking_picture
from reports.sections.section import Card, Explorer, Listing, Picture, Section, Tables, has
from reports.sections.verdicts import verdict_listings, verdict_picture
from reports.tables import PageColumn, page_table
from reports.wording import count, day, number, percent, plural, share, spaced

# Books to look at one by one: those with the most exceptions.
MOST_BOOKS = 24
ERROR = "value_at_risk_standard_error"
MEASURES = {"value_at_risk": "VaR", "expected_shortfall": "ES"}


def backtest_section(tables: Tables) -> Section | None:
    """Return the section on backtests, or None where no past day was judged."""
    if not has(tables, "risk_backtest_days"):
        return None
    days = tables["risk_backtest_days"]
    level = float(days["level"].max())
    n_days, n_books = days["ds"].nunique(), days["portfolio_id"].nunique()
    rates = _rates(days)
    return Section(
        "backtest",
        "Backtest",
        [
            (
                f"Today's {plural(n_books, 'portfolio')} on {count(n_days)} past days, "
                f"{day(days['ds'].min())} to {day(days['ds'].max())}: positions as they "
                "are now, and every figure from the returns known on its eve. Value at risk "
                f"{share(level)} should be exceeded on {percent(1 - level)} of days, whatever "
                "the market does."
            )
        ],
        cards=[
            Card(percent(row["rate"], 2), f"of days beyond, {spaced(row['method'])}")
            for row in rates[np.isclose(rates["level"], level)].to_dict("records")
        ],
        pictures=[
            *ranking_picture(tables, level),
            *_by_book(days, level),
            Picture(
                "exceptions-by-month",
                "When losses went beyond",
                figures.exceptions_by_month(days, level),
                "A method that follows volatility is beaten evenly; others are in bursts.",
            ),
            *verdict_picture(tables, level),
        ],
        explorer=_explorer(days, level),
        listings=[
            _summary(rates),
            *ranking_listings(tables, level),
            *verdict_listings(tables, level),
        ],
    )


def _by_book(days: pd.DataFrame, level: float) -> list[Picture]:
    if days["portfolio_id"].nunique() < 2:
        return []
    return [
        Picture(
            "exceptions-by-book",
            "Exceptions by portfolio",
            figures.exceptions_by_book(days, level),
            f"Days with a loss beyond value at risk {share(level)}; the dotted line is what "
            "independent days would give, but portfolios move together.",
        )
    ]


def _rates(days: pd.DataFrame) -> pd.DataFrame:
    beyond = days["loss"] > days["value_at_risk"]
    worst = days.assign(
        beyond=beyond.astype(float),
        severity=(days["loss"] / days["expected_shortfall"]).where(beyond),
        **{f"{measure}_unsure": _unsure(days, measure) for measure in MEASURES},
    )
    grouped = worst.groupby(["method", "level"], sort=True)
    rates = grouped.agg(
        judged=("beyond", "size"),
        exceptions=("beyond", "sum"),
        rate=("beyond", "mean"),
        severity=("severity", "mean"),
        value_at_risk_unsure=("value_at_risk_unsure", "mean"),
        expected_shortfall_unsure=("expected_shortfall_unsure", "mean"),
    ).reset_index()
    return rates.assign(expected=1.0 - rates["level"])


def _unsure(days: pd.DataFrame, measure: str) -> "pd.Series[float]":
    """Return a figure's standard error over it, where it is positive."""
    figure = days[measure]
    return (days[f"{measure}_standard_error"] / figure).where(figure > 0.0)


def _summary(rates: pd.DataFrame) -> Listing:
    columns = [
        PageColumn("method", "method", spaced),
        PageColumn("level", "level", share),
        PageColumn("judged", "portfolio-days", count, "portfolios times days that were judged"),
        PageColumn("exceptions", "exceptions", count, "losses beyond value at risk"),
        PageColumn("rate", "share", lambda value: percent(value, 2), "of portfolio-days"),
        PageColumn("expected", "expected", percent, "one less the level"),
        PageColumn(
            "severity",
            "loss over ES",
            number,
            "mean of loss over expected shortfall on days beyond value at risk; 1 is as said",
        ),
        *(
            PageColumn(
                f"{measure}_unsure",
                f"± {short}",
                percent,
                f"mean standard error of {spaced(measure)}, share of it",
            )
            for measure, short in MEASURES.items()
        ),
    ]
    table = page_table(rates, columns, source="risk_backtest_days")
    note = (
        "Over all portfolios. Beyond value at risk, losses should be expected shortfall on average."
    )
    return Listing("How often, and how badly", table, note)


def _explorer(days: pd.DataFrame, level: float) -> Explorer:
    chosen = days[np.isclose(days["level"], level)].sort_values("ds")
    beyond = chosen["loss"] > chosen["value_at_risk"]
    worst = beyond.groupby(chosen["portfolio_id"]).sum().sort_values(ascending=False, kind="stable")
    names = [str(name) for name in worst.index[:MOST_BOOKS]]
    books = dict(iter(chosen[chosen["portfolio_id"].isin(names)].groupby("portfolio_id")))
    data = {name: _book(books[name]) for name in names}
    note = (
        f"{_whose(len(names), len(worst))}: each day's loss (below zero is a gain), and value at "
        f"risk {share(level)} as said on its eve, in a band of its standard error."
    )
    gist = f"each day's loss beside value at risk, of {plural(len(names), 'portfolio')}"
    return Explorer("backtests", "One portfolio, day by day", note, names, data, gist)


def _whose(shown: int, known: int) -> str:
    if shown < known:
        return f"The {shown} portfolios with the most exceptions"
    return "Most exceptions first"


def _book(days: pd.DataFrame) -> dict[str, Any]:
    methods = {str(name): group for name, group in days.groupby("method")}
    shown = methods_in(methods)
    first = methods[shown[0]]
    return {
        "ds": [f"{day:%Y-%m-%d}" for day in first["ds"]],
        "loss": [float(f"{loss:.5g}") for loss in first["loss"]],
        "methods": shown,
        "lines": {
            name: [float(f"{value:.5g}") for value in methods[name]["value_at_risk"]]
            for name in shown
        },
        # Nights of older versions knew no errors.
        "errors": {
            name: [float(f"{error:.2g}") for error in methods[name][ERROR]]
            for name in shown
            if methods[name][ERROR].notna().all()
        },
        "currency": str(first["currency"].iloc[0]),
    }
