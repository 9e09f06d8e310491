"""Numbers and ids as people read them."""

import html
import math
from typing import Any

import pandas as pd

NOTHING = "\u2013"
# Less of money is none.
HALF_CENT = 0.005


def count(value: float) -> str:
    """Return a whole number with thousands separated: 1,440."""
    return f"{round(value):,}"


def number(value: Any, digits: int = 2) -> str:  # noqa: ANN401 - table values
    """Return a number with so many digits after the point; an absent one is a dash."""
    return NOTHING if _absent(value) else f"{float(value):z,.{digits}f}"


def percent(value: Any, digits: int = 1) -> str:  # noqa: ANN401 - table values
    """Return a fraction as a percentage: 0.973 is 97.3%."""
    return NOTHING if _absent(value) else f"{100 * float(value):z,.{digits}f}%"


def share(value: float) -> str:
    """Return a level as it is spoken of: 0.975 is 97.5%, 0.99 is 99%."""
    return f"{100 * value:.10g}%"


def amount(value: Any) -> str:  # noqa: ANN401 - table values
    """Return money in full for a table: 12,345, and 12.30 below a hundred."""
    if _absent(value):
        return NOTHING
    return number(value, 0 if abs(float(value)) >= 100 else 2)


def money(value: Any, currency: str = "") -> str:  # noqa: ANN401 - table values
    """Return an amount in three digits, to a hundredth at most: 3.20, 41.3k, 2.41m USD."""
    if _absent(value):
        return NOTHING
    size = abs(float(value))
    sign = "-" if float(value) <= -HALF_CENT else ""
    for unit, letter in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        # From half a step below: 999,960 is 1.00m, not 1,000k.
        if size >= unit * (1 - 0.5e-3):
            digits = 2 if size < 9.995 * unit else 1 if size < 99.95 * unit else 0
            text = f"{size / unit:,.{digits}f}{letter}"
            break
    else:
        digits = 0 if size >= 99.95 or size < HALF_CENT else 1 if size >= 9.995 else 2
        text = f"{size:,.{digits}f}"
    return f"{sign}{text}{' ' + currency if currency else ''}"


def total_money(frame: pd.DataFrame, column: str) -> str:
    """Return the sum of a column of money; currencies are never added to each other."""
    totals = frame.groupby("currency")[column].sum()
    return " + ".join(money(total, str(currency)) for currency, total in totals.items()) or "0"


def currencies(frame: pd.DataFrame) -> str:
    """Return the currency of a table for a head or an axis; several are all named."""
    return " / ".join(sorted(frame["currency"].unique()))


def plural(value: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: 1 series is one, 2 orders are many."""
    return f"{count(value)} {one if value == 1 else many or one + 's'}"


def day(moment: Any, *, year: bool = True) -> str:  # noqa: ANN401 - a timestamp or a date
    """Return a date as it is spoken of: 6 September 2026."""
    return f"{moment.day} {moment:%B %Y}" if year else f"{moment.day} {moment:%B}"


def steps(first: int, last: int) -> str:
    """Return a part of the horizon: 8-14, and 1 where it is one period."""
    return str(first) if first == last else f"{first}-{last}"


def spaced(value: object) -> str:
    """Return a name with its underscores as spaces."""
    return str(value).replace("_", " ")


def short(text: str, most: int) -> str:
    """Return a name that has room beside a bar: the middle of a long one is left out."""
    if len(text) <= most:
        return text
    end = most // 3
    return f"{text[: most - end - 1]}\u2026{text[-end:]}"


def inert(text: object) -> str:
    """Return an id as chart text: the chart library reads some HTML, and must not read ours."""
    return html.escape(str(text), quote=False)


def _absent(value: Any) -> bool:  # noqa: ANN401 - table values
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
