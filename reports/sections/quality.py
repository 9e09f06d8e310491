"""Data quality: what was refused, repaired, or failed."""

import pandas as pd

from reports.sections.section import Listing, Section, Tables, has
from reports.tables import PageColumn, page_table
from reports.wording import count, plural


def quality_section(tables: Tables) -> Section:
    """Return the section on data quality."""
    listings = []
    if has(tables, "rejects"):
        listings.append(_rejects(tables["rejects"]))
    if has(tables, "repairs"):
        listings.append(_repairs(tables["repairs"]))
    if has(tables, "failures"):
        listings.append(_failures(tables["failures"]))
    lead = (
        "Every refusal is a row of the table rejects, every change one of repairs, and whatever "
        "could not be computed one of failures."
        if listings
        else "Nothing was rejected, repaired or failed."
    )
    return Section("quality", "Data quality", [lead], listings=listings)


def _rejects(rejects: pd.DataFrame) -> Listing:
    grouped = rejects.groupby(["input", "severity", "code", "advice"], sort=True)
    rows = grouped.agg(
        times=("number", "size"),
        entity=("entity", "first"),
        source=("source", "first"),
        row=("row", "first"),
        column=("column", "first"),
        value=("value", "first"),
    ).reset_index()
    rows["where"] = [
        (f"{row['source']} row {row['row']}" if pd.notna(row["row"]) else str(row["source"]))
        + (
            f": {row['column']} = {row['value']}"
            if pd.notna(row["column"]) and pd.notna(row["value"])
            else ""
        )
        for row in rows.to_dict("records")
    ]
    table = page_table(
        rows,
        [
            PageColumn("input", "input"),
            PageColumn("severity", "refused"),
            PageColumn("code", "rule"),
            PageColumn("times", "times", count),
            PageColumn("entity", "first"),
            PageColumn("where", "where"),
            PageColumn("advice", "what to do"),
        ],
        source="rejects",
        most=60,
    )
    return Listing("Rejected", table, "Grouped by rule, with the first of each.")


def _repairs(repairs: pd.DataFrame) -> Listing:
    grouped = repairs.groupby(["input", "code", "detail"], sort=True)
    rows = grouped.agg(
        times=("number", "size"), periods=("periods", "sum"), entity=("entity", "first")
    ).reset_index()
    table = page_table(
        rows,
        [
            PageColumn("input", "input"),
            PageColumn("code", "repair"),
            PageColumn("times", "times", count),
            PageColumn("periods", "periods", count),
            PageColumn("entity", "first"),
            PageColumn("detail", "what was done"),
        ],
        source="repairs",
        most=60,
    )
    codes = repairs["code"].value_counts()
    gist = f"{plural(len(repairs), 'repair')}; most often {codes.index[0]}, {count(codes.iloc[0])}"
    return Listing("Repaired", table, "Grouped by kind.", gist)


def _failures(failures: pd.DataFrame) -> Listing:
    table = page_table(
        failures,
        [
            PageColumn("input", "input"),
            PageColumn("entity", "entity"),
            PageColumn("stage", "stage"),
            PageColumn("error_type", "error"),
            PageColumn("message", "what went wrong"),
        ],
        source="failures",
        most=60,
        flag=failures["input"].notna(),
    )
    return Listing("Failed", table)
