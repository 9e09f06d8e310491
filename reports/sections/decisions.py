"""Past orders: the plan's decisions replayed against simpler planners'."""

import pandas as pd

from reports.figures import decisions as figures
from reports.sections.section import Card, Listing, Picture, Section, Tables, has
from reports.tables import PageColumn, page_table
from reports.wording import amount, count, currencies, money, number, percent, plural
from storage.tables.decisions import PLANNERS

# Beyond so many standard errors a difference is told as one.
CLEAR = 2.0
MOST_ITEMS = 25


def decision_section(tables: Tables) -> Section | None:
    """Return the section on past decisions, or None where none were replayed."""
    if not has(tables, "decision_backtests", "decision_backtest_periods"):
        return None
    planners = tables["decision_backtests"].set_index("planner", drop=False)
    planners = planners.loc[[name for name in PLANNERS if name in planners.index]]
    periods = tables["decision_backtest_periods"]
    plan = planners[planners["planner"] == "plan"].iloc[0]
    currency = str(plan["currency"])
    cards = [
        Card(percent(plan["fill_rate"]), "of demand served by the plan"),
        Card(money(plan["cost"], currency), "cost of the plan"),
        *(
            Card(
                f"{money(row['saving'], currency)} \N{PLUS-MINUS SIGN} "
                f"{money(row['saving_standard_error'])}",
                f"saved against the {name}",
                alarm=_is_clear(row) and row["saving"] < 0.0,
            )
            for name, row in planners.iterrows()
            if name != "plan"
        ),
    ]
    return Section(
        "decisions",
        "Past orders",
        [_lead(planners), _how(plan, periods)],
        cards=cards,
        pictures=[
            Picture(
                "decision-saving",
                "Saved by the plan",
                figures.saving_over_time(periods),
                "Cost of each other planner less that of the plan, added up; above zero the plan "
                "was cheaper.",
                wide=True,
            ),
            Picture(
                "decision-cost", "Cost by period", figures.cost_by_period(periods), "All items."
            ),
            Picture(
                "decision-service",
                "Service by period",
                figures.service_by_period(periods),
                "Share of the units asked for that were in stock.",
            ),
        ],
        listings=_listings(tables, planners),
    )


def _is_clear(row: pd.Series) -> bool:
    return bool(abs(row["saving"]) > CLEAR * row["saving_standard_error"])


def _lead(planners: pd.DataFrame) -> str:
    parts = []
    for name, row in planners.iterrows():
        if name == "plan":
            continue
        share = row["saving"] / row["cost"] if row["cost"] > 0.0 else 0.0
        word = "less" if share >= 0.0 else "more"
        doubt = "" if _is_clear(row) else ", within its error"
        parts.append(f"{percent(abs(share))} {word} than the {name}{doubt}")
    return f"The plan's orders would have cost {'; '.join(parts)}."


def _how(plan: pd.Series, periods: pd.DataFrame) -> str:
    first, last = periods["ds"].min(), periods["ds"].max()
    return (
        f"{plural(int(plan['items']), 'item')} replayed over {count(plan['periods'])} periods, "
        f"{first:%d %B %Y} to {last:%d %B %Y}. Each planner saw the demand of earlier periods "
        "alone, and all met the same demand, lead times and opening stock. The previous plan is "
        "the plan's level kept for some reviews; the moving average covers a fixed multiple of "
        "lead time and review, the tuned one the multiple that cost each item least before. "
        "Errors are of the sum over items, paired; what moves all items alike in a period is "
        "not in them."
    )


def _listings(tables: Tables, planners: pd.DataFrame) -> list[Listing]:
    columns = [
        PageColumn("planner", "planner"),
        PageColumn("cost", "cost", amount),
        PageColumn("saving", "the plan saves", amount),
        PageColumn("saving_standard_error", "±", number),
        PageColumn("better_share", "items where it is cheaper", percent),
        PageColumn("fill_rate", "fill rate", percent),
        PageColumn("mean_stock", "mean stock, units", count),
        PageColumn("orders", "orders", count),
    ]
    note = f"All items together, in {currencies(planners)}."
    found = [Listing("Planners", page_table(planners, columns, source="decision_backtests"), note)]
    if has(tables, "decision_backtest_items"):
        found.append(_worst(tables["decision_backtest_items"]))
    return found


def _worst(items: pd.DataFrame) -> Listing:
    rivals = items[items["planner"] == "tuned average"].sort_values("saving", kind="stable")
    columns = [
        PageColumn("warehouse_id", "warehouse"),
        PageColumn("item_id", "item"),
        PageColumn("saving", "the plan saves", amount),
        PageColumn("cost", "tuned average costs", amount),
        PageColumn("demanded", "demanded", count),
        PageColumn("sold", "tuned average sells", count),
    ]
    table = page_table(rivals, columns, source="decision_backtest_items", most=MOST_ITEMS)
    note = "Where the plan did worst against the tuned average: the items to look at first."
    return Listing("Where the plan lost", table, note)
