"""The signs in a number's text: its decimal sign, and what stands between thousands."""

import duckdb

from storage.errors import InputRefusedError
from storage.inputs.source import InputSource
from storage.sql import identifier, literal

# A space may be one that breaks no line, as locales have it, and an apostrophe a typographer's.
_BETWEEN = {".": r"\.", ",": ",", " ": "[ \u00a0\u202f]", "'": "['\u2019]"}
# How SAP and bookkeepers write what is below 0: 5- and (5).
_MINUS = r"^\s*(?:\(\s*([\d.,][^()+-]*)\)|([\d.,][^()+-]*)-)\s*$"
_IN_FRONT = r"-\1\2"
# Values that have three digits behind the sign by chance, as thirds have when they are rounded.
_FEWEST = 10


def with_point(raw: str, source: InputSource) -> str:
    """Return SQL for a number's text with a decimal point, and nothing between thousands.

    What has a point where decimals have a comma, or a sign elsewhere than between thousands, is
    no number then.
    """
    if source.thousands:
        sign = _BETWEEN[source.thousands]
        grouped = rf"\s*[+-]?\d{{1,3}}({sign}\d{{3}})+({_BETWEEN[source.decimal]}\d*)?\s*"
        raw = (
            f"CASE WHEN regexp_full_match({raw}, {literal(grouped)}) "
            f"THEN regexp_replace({raw}, {literal(sign)}, '', 'g') ELSE {raw} END"
        )
    if source.decimal == ",":
        return f"CASE WHEN NOT contains({raw}, '.') THEN replace({raw}, ',', '.') END"
    return raw


def minus_in_front(raw: str) -> str:
    """Return SQL for a number's text with its minus in front; another text as it is."""
    return f"regexp_replace({raw}, {literal(_MINUS)}, {literal(_IN_FRONT)})"


def refuse_thousands(
    connection: duckdb.DuckDBPyConnection, source: InputSource, name: str, found: str, rows: str
) -> None:
    """Refuse numbers whose decimal sign is, by all that they show, between thousands.

    Each that has the sign has three digits behind it and no 0 in front. The others are whole and
    below a thousand, and not all 0 or 1, as flags are beside prices. Zeros at the end are kept,
    though others have no decimals at all, or there are many values. They would be read a
    thousandfold too small without a word.

    Parameters
    ----------
    connection, source : what was read; the source names no sign between thousands
    name : of our column
    found : name of the column with the numbers' texts
    rows : name of the table that has it

    Raises
    ------
    InputRefusedError
        Which counts them, and says what to set.
    """
    text, value, sign = identifier(found), identifier(name), literal(source.decimal)
    shape = rf"\s*[+(-]?\s*[1-9]\d{{0,2}}{_BETWEEN[source.decimal]}\d{{3}}\s*[)-]?\s*"
    other = f"contains({text}, {sign}) AND NOT regexp_full_match({text}, {literal(shape)})"
    select = f"SELECT 1 FROM {identifier(rows)} WHERE {other} LIMIT 1"  # noqa: S608 - quoted
    if connection.execute(select).fetchall():
        return
    with_sign = f"FILTER (contains({text}, {sign}))"
    without = f"FILTER (NOT contains({text}, {sign}) AND abs({value}) > 1)"
    count, distinct, kept_zero, largest, example = connection.execute(
        f"SELECT count(*) {with_sign}, count(DISTINCT {value}) {with_sign}, "  # noqa: S608 - quoted
        f"coalesce(bool_or(rtrim({text}, '-) ') LIKE '%0') {with_sign}, false), "
        f"max(abs({value})) {without}, first({text}) {with_sign} FROM {identifier(rows)}"
    ).fetchall()[0]
    if largest is None or largest >= 1000 or not (kept_zero or distinct > _FEWEST):
        return
    comma = "," if source.decimal == "." else "."
    raise InputRefusedError(
        f"inputs.{source.table}: every {name} with a {source.decimal!r} (of {count:,}, such as "
        f"{example!r}) has three digits behind it, and the others are whole and below 1000, as "
        f'where it stands between thousands; where it does, set decimal = "{comma}" and '
        f'thousands = "{source.decimal}", and where these are decimals, thousands = "{comma}"'
    )
