"""The report: one page, no network, every number from a table."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from reports.figures.theme import DATES, METHODS
from reports.sections.backtest import backtest_section
from reports.sections.decisions import decision_section
from reports.sections.demand import demand_section
from reports.sections.dictionary import dictionary
from reports.sections.drivers import drivers_section
from reports.sections.market import market_section
from reports.sections.quality import quality_section
from reports.sections.risk import risk_section
from reports.sections.seasons import seasons_section
from reports.sections.section import NO_TABLES, Section
from reports.sections.stock import stock_section
from reports.sections.summary import summary_section
from reports.wording import day

# What the page compares with the night before.
COMPARED = ("portfolio_risk", "limit_breaches")


def render_report(
    tables: Mapping[str, pd.DataFrame], before: Mapping[str, pd.DataFrame] = NO_TABLES
) -> str:
    """Return the report of one run as a self-contained page.

    Parameters
    ----------
    tables : output tables of one run, by name; `runs` and `run_entities` at least. A section
        whose tables are absent or empty is left out.
    before : those of `COMPARED` of the job's night before, if it is known: what moved since is told

    Raises
    ------
    KeyError
        Where `runs` or `run_entities` is missing.
    """
    sections = [
        section
        for section in (
            summary_section(tables, before),
            demand_section(tables),
            seasons_section(tables),
            drivers_section(tables),
            stock_section(tables),
            decision_section(tables),
            risk_section(tables, before),
            backtest_section(tables),
            market_section(tables),
            quality_section(tables),
        )
        if section is not None
    ]
    run = tables["runs"].iloc[0]
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            run=run,
            night=day(run["as_of"]),
            sections=sections,
            dictionary=dictionary({name: len(frame) for name, frame in tables.items()}),
            figures=inert_json(_figures(sections)),
            explorers=inert_json(
                {s.explorer.name: s.explorer.data for s in sections if s.explorer is not None}
            ),
            theme=inert_json({"palette": METHODS, "dates": DATES}),
            style=Markup(_asset("page.css")),  # noqa: S704 - our own file
            script=Markup(_asset("page.js")),  # noqa: S704 - our own file
            plotly=Markup(get_plotlyjs()),  # noqa: S704 - the library's own source
        )
    )


def _figures(sections: list[Section]) -> dict[str, Any]:
    return {
        picture.name: json.loads(picture.figure.to_json())
        for section in sections
        for picture in section.pictures
    }


def inert_json(content: object) -> Markup:
    """Return ``content`` as JSON that cannot end the script element it stands in."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - every character that HTML reads is escaped


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("reports", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _asset(name: str) -> str:
    return files("reports").joinpath("templates", name).read_text(encoding="utf-8")
