"""Run summary: what came in, what went out, and how long it took."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from reports.sections.headlines import (
    data_headlines,
    forecast_headlines,
    order_headlines,
    risk_headlines,
)
from reports.sections.section import NO_TABLES, Card, Listing, Section, Tables, has
from reports.tables import PageColumn, page_table
from reports.wording import count, day, number, plural, total_money

STATUS = {
    "published": "published",
    "published_with_failures": "published, with failures",
    "failed": "failed",
}


def summary_section(tables: Tables, before: Tables = NO_TABLES) -> Section:
    """Return the section that opens the page; ``before`` are tables of the night before."""
    run = tables["runs"].iloc[0]
    entities = tables["run_entities"]
    lead = [
        (
            f"Job {run['job']} as of {day(run['as_of'])} is "
            f"{STATUS.get(run['status'], run['status'])}, finished "
            f"{day(run['finished_at'])}, {run['finished_at']:%H:%M} UTC."
        )
    ]
    lead += [*_notices(tables), *_sentences(tables)]
    return Section(
        "summary",
        "This morning",
        lead,
        cards=[
            *_grouped("Orders", order_headlines(tables)),
            *_grouped("Portfolios", risk_headlines(tables, before)),
            *_grouped(
                "How far it can be trusted", forecast_headlines(tables) + data_headlines(tables)
            ),
        ],
        listings=_identity(entities) + _steps(tables),
    )


def _grouped(name: str, cards: list[Card]) -> list[Card]:
    return [replace(card, group=name) for card in cards]


def _notices(tables: Tables) -> list[str]:
    """Return what the checks had to say of the run as a whole."""
    if not has(tables, "rejects"):
        return []
    rejects = tables["rejects"]
    told = rejects.loc[rejects["severity"] == "run", "advice"].unique()
    return [f"{advice[:1].upper()}{advice[1:]}." for advice in map(str, told)]


def _sentences(tables: Tables) -> list[str]:
    lines = []
    entities = tables["run_entities"].set_index("input")
    if "demand" in entities.index:
        row = entities.loc[["demand"]].to_dict("records")[0]
        lines.append(
            f"{count(row['published'])} of {count(row['entities_in'])} series have a forecast; "
            f"{_without_result(row)}."
        )
    if has(tables, "order_plans"):
        plans = tables["order_plans"]
        ordered = plans[plans["order_quantity"] > 0]
        total = total_money(ordered, "order_value")
        saving = plans.assign(saving=plans["no_order_cost"] - plans["expected_cost"])
        lines.append(
            f"Proposed: {plural(len(ordered), 'order line')} for {total}, expected to save "
            f"{total_money(saving, 'saving')} of holding, shortage and ordering cost over the "
            "horizon against ordering nothing."
            if len(ordered)
            else "No order is proposed."
        )
    if "positions" in entities.index:
        row = entities.loc[["positions"]].to_dict("records")[0]
        lines.append(
            f"Risk of {count(row['published'])} of {plural(int(row['entities_in']), 'portfolio')} "
            f"is measured; {_without_result(row)}."
        )
    return lines


def _without_result(row: Mapping[Hashable, Any]) -> str:
    rejected = plural(int(row["rejected"]), "was", "were")
    return f"{rejected} rejected and {count(row['failed'])} failed"


def _identity(entities: pd.DataFrame) -> tuple[Listing, ...]:
    total = entities["published"] + entities["rejected"] + entities["failed"]
    checked = entities.assign(
        balance=["✓" if ok else "✗" for ok in total == entities["entities_in"]]
    )
    columns = [
        PageColumn("input", "input"),
        PageColumn("rows_in", "rows read", count),
        PageColumn("rows_rejected", "rows rejected", count),
        PageColumn("entities_in", "entities in", count),
        PageColumn("published", "published", count),
        PageColumn("rejected", "rejected", count),
        PageColumn("failed", "failed", count),
        PageColumn("balance", "adds up"),
    ]
    note = "For every input, entities in = published + rejected + failed. Nothing is lost silently."
    table = page_table(checked, columns, source="run_entities")
    wrong = int((checked["balance"] == "✗").sum())
    gist = (
        f"{plural(len(checked), 'input')}, {count(checked['rows_in'].sum())} rows; "
        f"{'all add up' if not wrong else f'{count(wrong)} do not add up'}"
    )
    return (Listing("What came in, and what became of it", table, note, gist),)


def _steps(tables: Tables) -> tuple[Listing, ...]:
    if not has(tables, "run_steps"):
        return ()
    columns = [
        PageColumn("step", "step"),
        PageColumn("seconds", "seconds", lambda value: number(value, 1)),
        PageColumn("peak_memory_mb", "peak memory, MiB", count),
        PageColumn("entities", "entities", count),
        PageColumn("chunks", "chunks of work", count),
        PageColumn("reused_chunks", "found done", count),
    ]
    steps = tables["run_steps"]
    longest = steps.sort_values("seconds").iloc[-1]
    gist = (
        f"{number(steps['seconds'].sum(), 0)} s; longest {longest['step']}, "
        f"{number(longest['seconds'], 0)} s"
    )
    table = page_table(steps, columns, source="run_steps")
    run = tables["runs"].iloc[0]
    note = f"Steps up to the writing of this page, on {run['device']} ({run['machine']})."
    return (Listing("How long it took", table, note, gist),)
