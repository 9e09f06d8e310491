"""Past orders: the plan's decisions replayed against simpler planners'."""

import pandas as pd

from reports.figures import decisions as figures
from reports.sections.section import (
    CLEAR,
    SERIES_COLUMNS,
    Card,
    Listing,
    Picture,
    Section,
    Tables,
    has,
)
from reports.tables import PageColumn, page_table
from reports.wording import amount, count, currencies, day, money, percent, plural
from storage.tables.decisions import PLANNERS

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
        *_service_cards(plan),
        Card(money(plan["cost"], currency), "cost of the plan"),
        *(
            Card(
                f"{money(row['saving'], currency)} \N{PLUS-MINUS SIGN}\N{NO-BREAK SPACE}"
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
        [_lead(planners)],
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
                "decision-cost",
                "Cost by period",
                figures.cost_by_period(periods),
                "All items.",
                gist=f"the plan cost {money(plan['cost'] / plan['periods'], currency)} a period",
            ),
            _service_picture(plan, periods),
        ],
        listings=_listings(tables, planners),
        method=_how(plan, periods),
    )


def _measure(plan: pd.Series) -> str:
    """Return what targets were asked of; nights of old asked for a fill rate."""
    return "fill rate" if pd.isna(plan["target_measure"]) else str(plan["target_measure"])


def _service_cards(plan: pd.Series) -> list[Card]:
    measure = _measure(plan)
    if measure == "cost":
        return []
    served = (
        Card(percent(plan["cycle_service"]), "of periods without shortage under the plan")
        if measure == "cycle service"
        else Card(percent(plan["fill_rate"]), "of demand served by the plan")
    )
    if pd.isna(plan["reached_share"]):
        return [served]
    asked = percent(plan["service_target"])
    return [served, Card(percent(plan["reached_share"]), f"of items at their target, mean {asked}")]


def _service_picture(plan: pd.Series, periods: pd.DataFrame) -> Picture:
    if _measure(plan) == "cycle service":
        drawn, note = figures.cover_by_period(periods), "Share of items that nothing was short of."
    else:
        drawn = figures.service_by_period(periods)
        note = "Share of the units asked for that were in stock, the first periods included."
    gist = (
        f"the plan served {percent(plan['fill_rate'])} of demand, with no shortage of an item in "
        f"{percent(plan['cycle_service'])} of its periods"
    )
    return Picture("decision-service", "Service by period", drawn, note, gist=gist)


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


def _how(plan: pd.Series, periods: pd.DataFrame) -> tuple[str, str]:
    first, last = periods["ds"].min(), periods["ds"].max()
    sample = (
        f"{_replayed(plan)} replayed over {count(plan['periods'])} periods, "
        f"{day(first)} to {day(last)}."
    )
    terms = (
        "Each planner saw the demand of earlier periods "
        "alone, and all met the same demand, lead times and opening stock. Service is of the "
        "demand that an order of the replay could reach: before, all planners serve from the "
        "opening stock alone. The previous plan is "
        "the plan's level kept for some reviews; the moving average covers a fixed multiple of "
        "lead time and review, the tuned one the multiple that cost each item least before. "
        f"{_asked(plan)} "
        "Errors are of the sum over items, paired; what moves all items alike in a period is "
        "not in them."
    )
    return sample, terms


def _replayed(plan: pd.Series) -> str:
    """Return how many items were replayed, and of how many; nights of old did not tell."""
    own, known = plural(int(plan["items"]), "item"), plan["known_items"]
    if pd.isna(known) or int(known) == int(plan["items"]):
        return own
    return f"A sample of {own}, of {count(known)} known long enough,"


def _asked(plan: pd.Series) -> str:
    measure = _measure(plan)
    if measure == "cost":
        return "The plan minimised cost, whatever it served."
    asked = "periods without shortage" if measure == "cycle service" else "demand"
    return (
        f"The plan asked for {percent(plan['service_target'])} of {asked}, the mean of the items, "
        "and the other planners for nothing."
    )


def _listings(tables: Tables, planners: pd.DataFrame) -> list[Listing]:
    columns = [
        PageColumn("planner", "planner"),
        PageColumn("cost", "cost", amount),
        PageColumn("saving", "the plan saves", amount),
        PageColumn("saving_standard_error", "±", amount),
        PageColumn("better_share", "items where it is cheaper", percent),
        *_service_columns(planners),
        PageColumn("mean_stock", "mean stock, units", count),
        PageColumn("orders", "orders", count),
    ]
    note = f"All items together, in {currencies(planners)}."
    compared = ["saving", "saving_standard_error", "better_share"]
    itself = planners["planner"] == "plan"
    planners = planners.assign(**{name: planners[name].mask(itself) for name in compared})
    found = [Listing("Planners", page_table(planners, columns, source="decision_backtests"), note)]
    if has(tables, "decision_backtest_items"):
        found += _worst(tables["decision_backtest_items"])
    return found


def _service_columns(planners: pd.DataFrame) -> list[PageColumn]:
    """Return the columns of service, what the targets are asked of first."""
    columns = [
        PageColumn("fill_rate", "fill rate", percent),
        PageColumn("cycle_service", "periods without shortage", percent),
    ]
    measure = _measure(planners.iloc[0])
    if measure == "cycle service":
        columns.reverse()
    if measure == "cost" or planners["reached_share"].isna().any():
        return columns
    return [columns[0], PageColumn("reached_share", "items at their target", percent), columns[1]]


def _worst(items: pd.DataFrame) -> list[Listing]:
    lost = (items["planner"] == "tuned average") & (items["saving"] < 0.0)
    if not lost.any():
        return []
    rivals = items[lost].sort_values("saving", kind="stable")
    columns = [
        *SERIES_COLUMNS,
        PageColumn("saving", "the plan saves", amount),
        PageColumn("cost", "tuned average costs", amount),
        PageColumn("demanded", "demanded", count),
        PageColumn("sold", "tuned average sells", count),
    ]
    table = page_table(rivals, columns, source="decision_backtest_items", most=MOST_ITEMS)
    note = (
        "Where the plan did worst against the tuned average: the items to look at first. Money in "
        f"{currencies(rivals)}."
    )
    worst = rivals.iloc[0]
    gist = (
        f"{plural(len(rivals), 'item')}; most, {money(-worst['saving'])}, on "
        f"{worst['warehouse_id']} / {worst['item_id']}"
    )
    return [Listing("Where the plan lost", table, note, gist)]
