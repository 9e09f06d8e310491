"""Numbers and ids as people read them."""

import html
import math
from typing import Any


def count(value: float) -> str:
    """Return a whole number with thousands separated: 1,440."""
    return f"{round(value):,}"


def number(value: Any, digits: int = 2) -> str:  # noqa: ANN401 - table values
    """Return a number with so many digits after the point; an absent one is a dash."""
    return "–" if _absent(value) else f"{float(value):,.{digits}f}"


def percent(value: Any, digits: int = 1) -> str:  # noqa: ANN401 - table values
    """Return a fraction as a percentage: 0.973 is 97.3%."""
    return "–" if _absent(value) else f"{100 * float(value):.{digits}f}%"


def money(value: Any, currency: str = "") -> str:  # noqa: ANN401 - table values
    """Return an amount, short from a thousand on: 41.3k, 2.4m, with its currency."""
    if _absent(value):
        return "–"
    amount = abs(float(value))
    sign = "−" if float(value) < 0 else ""
    for size, letter in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if amount >= size:
            text = f"{amount / size:,.{1 if amount < 100 * size else 0}f}{letter}"
            break
    else:
        text = f"{amount:,.0f}"
    return f"{sign}{text}{' ' + currency if currency else ''}"


def plural(value: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: 1 series is one, 2 orders are many."""
    return f"{count(value)} {one if value == 1 else many or one + 's'}"


def inert(text: object) -> str:
    """Return an id as chart text: the chart library reads some HTML, and must not read ours."""
    return html.escape(str(text), quote=False)


def _absent(value: Any) -> bool:  # noqa: ANN401 - table values
    return value is None or (isinstance(value, float) and math.isnan(value)) or value != value  # noqa: PLR0124 - NaN and NA
