"""Tables on the page: columns with units, rows as text, and the value to sort by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd


def spaced(value: object) -> str:
    """Return a name with its underscores as spaces."""
    return str(value).replace("_", " ")


@dataclass(frozen=True)
class PageColumn:
    """A column on the page.

    Parameters
    ----------
    name : column of the frame
    title : its head, with the unit
    show : value -> text
    """

    name: str
    title: str
    show: Callable[[Any], str] = str

    @property
    def is_text(self) -> bool:
        """Whether the column is aligned as text."""
        return self.show in {str, spaced}


@dataclass(frozen=True)
class PageTable:
    """A table on the page.

    Parameters
    ----------
    columns : in order
    rows : (text, sort value) for each cell
    left_out : rows of the source that are not shown
    source : name of the output table
    flagged : numbers of the rows that stand out
    """

    columns: Sequence[PageColumn]
    rows: Sequence[Sequence[tuple[str, Any]]]
    left_out: int
    source: str
    flagged: frozenset[int] = frozenset()


def page_table(
    frame: pd.DataFrame,
    columns: Sequence[PageColumn],
    *,
    source: str,
    most: int = 50,
    flag: Callable[[pd.Series], bool] | None = None,
) -> PageTable:
    """Return the first ``most`` rows of ``frame`` for the page."""
    shown = frame.head(most)
    rows = [
        [
            (column.show(value), _sortable(value))
            for column, value in zip(columns, values, strict=True)
        ]
        for values in shown[[column.name for column in columns]].itertuples(index=False, name=None)
    ]
    flagged = (
        frozenset(n for n, (_, row) in enumerate(shown.iterrows()) if flag(row))
        if flag is not None
        else frozenset()
    )
    return PageTable(columns, rows, len(frame) - len(shown), source, flagged)


def _sortable(value: Any) -> Any:  # noqa: ANN401 - table values
    if isinstance(value, bool | int | float):
        return "" if value != value else value  # noqa: PLR0124 - NaN
    return str(value)
