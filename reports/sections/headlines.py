"""What each reader wants to know first, as cards that lead to where it is told."""

from typing import Any

import numpy as np
import pandas as pd

from reports.figures.theme import methods_in
from reports.sections.risk_changes import breaches_since, change_in_sum
from reports.sections.section import CLEAR, Card, Tables, anchor_of, has
from reports.wording import count, money, number, percent, plural, share, spaced, total_money

# Exceptions that cost money, and leave no shelf empty.
_CALM = {"overstock", "long order"}
EXCEPTIONS, BREACHES = "orders-exceptions", "risk-limits-exceeded"


def order_headlines(tables: Tables) -> list[Card]:
    """Return what to order, what may run out, what stays short, and what there is too much of."""
    if not has(tables, "order_plans"):
        return []
    plans = tables["order_plans"]
    ordered = int((plans["order_quantity"] > 0).sum())
    cards = [
        Card(
            total_money(plans, "order_value"),
            f"to order tonight, in {plural(ordered, 'order line')}",
            link="orders-orders-ranked-by-money",
        )
    ]
    for kind, what in (
        ("stock-out risk", "{} at risk of running out before an order can arrive"),
        ("overstock", "{} with more stock than the job allows"),
        ("long order", "{} that a minimum or a case makes last longer than the job allows"),
        ("over budget", "{} cut by a budget"),
        ("over capacity", "{} cut by a capacity"),
    ):
        cards += _exception(tables, kind, what)
    return cards


def _exception(tables: Tables, kind: str, what: str) -> list[Card]:
    if not has(tables, "order_exceptions"):
        return []
    found = tables["order_exceptions"]
    found = found[found["kind"] == kind].sort_values("money", ascending=False, kind="stable")
    if found.empty:
        return []
    noun = "order" if kind.startswith("over ") or kind == "long order" else "item"
    told = what.format(noun if len(found) == 1 else f"{noun}s")
    first = found.iloc[0]
    label = (
        f"{told}, {total_money(found, 'money')} at stake; most at {first['warehouse_id']} / "
        f"{first['item_id']}"
    )
    return [Card(count(len(found)), label, kind not in _CALM, EXCEPTIONS)]


def forecast_headlines(tables: Tables) -> list[Card]:
    """Return whether forecasts held in backtests, and what past orders would have cost."""
    cards = []
    if has(tables, "forecast_accuracy", "champions"):
        keys = ["warehouse_id", "item_id", "model"]
        scored = tables["champions"][keys].merge(tables["forecast_accuracy"], on=keys)
        error = scored["mase"].dropna().median()
        if not np.isnan(error):
            label = "median error of forecasts in backtests (MASE): 1 is a seasonal naive's"
            cards.append(Card(number(error), label, bool(error > 1.0), "demand"))
    if has(tables, "decision_backtests", "decision_backtest_periods"):
        planners = tables["decision_backtests"].set_index("planner")
        rivals = planners.drop(index="plan").sort_values("cost", kind="stable")
        if len(rivals):
            cards.append(_past_orders(rivals.iloc[0], str(rivals.index[0])))
    return cards


def _past_orders(rival: pd.Series, name: str) -> Card:
    saving, error = float(rival["saving"]), float(rival["saving_standard_error"])
    word = "saved" if saving >= 0.0 else "lost"
    return Card(
        f"{money(abs(saving), str(rival['currency']))}",
        f"{word} by the plan on past orders against the {name}, the cheapest other planner "
        f"(± {money(error)})",
        saving < -CLEAR * error,
        "decisions",
    )


def risk_headlines(tables: Tables, before: Tables) -> list[Card]:
    """Return breaches, value at risk and expected shortfall, stress, and whether figures held."""
    if not has(tables, "portfolio_risk"):
        return []
    cards = _breaches(tables, before)
    risk = tables["portfolio_risk"]
    method = methods_in(set(risk["method"]))[0]
    for measure, level in (
        ("value_at_risk", risk["level"].max()),
        ("expected_shortfall", risk["level"].min()),
    ):
        own = risk_of(risk, measure, float(level)).query("method == @method")
        label = (
            f"{spaced(measure)} {share(level)}, {own['horizon'].min()} day, {spaced(method)}; "
            f"portfolios added{change_in_sum(own, before)}"
        )
        link = f"risk-{anchor_of(f'{spaced(measure)} {share(level)}')}"
        cards.append(Card(total_money(own, "value"), label, link=link))
    if has(tables, "stress_losses"):
        worst = tables["stress_losses"].sort_values("loss", ascending=False).iloc[0]
        label = f"largest stress loss: {worst['portfolio_id']}, {worst['scenario_id']}"
        told = money(worst["loss"], str(worst["currency"]))
        cards.append(Card(told, label, link="risk-largest-stress-losses"))
    return [*cards, *_held(tables)]


def risk_of(risk: pd.DataFrame, measure: str, level: float) -> pd.DataFrame:
    """Return the figures of a measure at a level over the shortest horizon."""
    own: pd.DataFrame = risk[
        (risk["measure"] == measure)
        & np.isclose(risk["level"], level)
        & (risk["horizon"] == risk["horizon"].min())
    ]
    return own


def _breaches(tables: Tables, before: Tables) -> list[Card]:
    if not has(tables, "limit_utilisation"):
        return []
    books = tables["limit_utilisation"]["portfolio_id"].nunique()
    since = breaches_since(tables, before)
    if not has(tables, "limit_breaches"):
        label = f"of {plural(books, 'portfolio')} over a limit{since}"
        return [Card("0", label, link="chart-limits")]
    breaches = tables["limit_breaches"].sort_values("utilisation", ascending=False)
    label = f"of {plural(books, 'portfolio')} over a limit; {_furthest(breaches)}{since}"
    number_over = count(breaches["portfolio_id"].nunique())
    return [Card(number_over, label, True, BREACHES)]


def _furthest(breaches: pd.DataFrame) -> str:
    """Say which portfolio is furthest beyond a limit; breaches by use, the most first."""
    row: Any = breaches.iloc[0]
    return (
        f"{row['portfolio_id']} furthest, at {percent(row['utilisation'], 0)} of its limit of "
        f"{spaced(row['measure'])} {share(row['level'])} over {plural(row['horizon'], 'day')}"
    )


def _held(tables: Tables) -> list[Card]:
    if not has(tables, "risk_backtest_days"):
        return []
    days = tables["risk_backtest_days"]
    level = float(days["level"].max())
    method = methods_in(set(days["method"]))[0]
    own = _figures_of(days, level, method)
    beyond = (own["loss"] > own["value_at_risk"]).mean()
    label = (
        f"of past days beyond value at risk {share(level)}, {spaced(method)}; "
        f"{percent(1.0 - level)} expected"
    )
    red = 0
    if has(tables, "risk_backtests"):
        red = int((_figures_of(tables["risk_backtests"], level, method)["zone"] == "red").sum())
        label += f"; {plural(red, 'red light')}"
    return [Card(percent(beyond, 2), label, bool(red), "backtest")]


def _figures_of(judged: pd.DataFrame, level: float, method: str) -> pd.DataFrame:
    return judged[np.isclose(judged["level"], level) & (judged["method"] == method)]


def data_headlines(tables: Tables) -> list[Card]:
    """Return what was rejected and what failed."""
    entities = tables["run_entities"]
    cards = []
    for column, what in (
        ("rows_rejected", "rows rejected"),
        ("rejected", "entities rejected whole"),
        ("failed", "entities failed"),
    ):
        found = int(entities[column].sum())
        cards.append(Card(count(found), what, bool(found), "quality"))
    return cards
