"""The order of a date's parts in text: dates with the year in front, and whether they fit."""

import duckdb

from storage.errors import InputRefusedError
from storage.inputs.source import DateOrder, InputSource
from storage.sql import identifier, literal

_YEAR_LAST = r"^\s*(\d{1,2})[./-](\d{1,2})[./-](\d{4})(.*)$"
_YEAR_FIRST = {"day-month-year": r"\3-\2-\1\4", "month-day-year": r"\3-\1-\2\4"}
_MONTH = {
    False: (r"^\s*(\d{4})[./-](\d{1,2})\s*$", r"\1-\2-01"),
    True: (r"^\s*(\d{1,2})[./-](\d{4})\s*$", r"\2-\1-01"),
}
_MONTHS = 12
# Of dates that fit one order alone; fewer are slips.
_FEWEST = 10


def is_year_last(order: DateOrder) -> bool:
    """Return whether dates of this order have the year behind."""
    return order in _YEAR_FIRST


def year_first(raw: str, order: DateOrder) -> str:
    """Return SQL for a date's text with the year in front; null where it was not behind."""
    pattern, parts = literal(_YEAR_LAST), literal(_YEAR_FIRST[order])
    replaced = f"regexp_replace({raw}, {pattern}, {parts})"
    return f"CASE WHEN regexp_matches({raw}, {pattern}) THEN {replaced} END"


def first_of_month(raw: str, order: DateOrder) -> str:
    """Return SQL for the first day of what is a month and a year; another text as it is."""
    pattern, parts = map(literal, _MONTH[is_year_last(order)])
    return f"regexp_replace({raw}, {pattern}, {parts})"


def refuse_other_order(
    connection: duckdb.DuckDBPyConnection, source: InputSource, found: str, rows: str
) -> None:
    """Refuse dates of which more fit the other order alone than the source's alone.

    Days up to the twelfth would be read as months without a word, and the others rejected.

    Parameters
    ----------
    connection, source : what was read
    found : name of the column with the dates' texts
    rows : name of the table that has it

    Raises
    ------
    InputRefusedError
        Which counts them, and names the order that they fit.
    """
    (other,) = set(_YEAR_FIRST) - {source.dates}
    first, second = (
        f"CAST(regexp_extract({identifier(found)}, {literal(_YEAR_LAST)}, {group}) AS INTEGER)"
        for group in (1, 2)
    )
    day, month = (first, second) if source.dates == "day-month-year" else (second, first)
    own, others, total, example = connection.execute(
        f"SELECT count(*) FILTER ({day} > {_MONTHS} AND {month} <= {_MONTHS}), "  # noqa: S608 - quoted
        f"count(*) FILTER ({month} > {_MONTHS} AND {day} <= {_MONTHS}), count(*), "
        f"first({identifier(found)}) FILTER ({month} > {_MONTHS} AND {day} <= {_MONTHS}) "
        f"FROM {identifier(rows)} "
        f"WHERE regexp_matches({identifier(found)}, {literal(_YEAR_LAST)})"
    ).fetchall()[0]
    if others > max(own, _FEWEST):
        raise InputRefusedError(
            f"inputs.{source.table}: {others:,} of {total:,} dates, such as {example!r}, are none "
            f'in the order that the job names, dates = "{source.dates}", and are in the other; '
            f'set dates = "{other}"'
        )
