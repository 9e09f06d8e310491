"""Tables on the page: columns with units, rows as text, and the value to sort by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports.wording import spaced
from storage.tables import OUTPUT_TABLES

MOST_COLUMNS = 11


@dataclass(frozen=True)
class PageColumn:
    """A column on the page.

    Parameters
    ----------
    name : column of the frame
    title : its head, with the unit
    show : value -> text
    hint : what it holds, in a sentence; where empty, the schema's description of `name`
    """

    name: str
    title: str
    show: Callable[[Any], str] = str
    hint: str = ""

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
    hints : what each column holds
    rows : (text, sort value) for each cell
    left_out : rows of the source that are not shown
    source : name of the output table
    flagged : numbers of the rows that stand out
    """

    columns: Sequence[PageColumn]
    hints: Sequence[str]
    rows: Sequence[Sequence[tuple[str, Any]]]
    left_out: int
    source: str
    flagged: frozenset[int] = frozenset()

    @property
    def is_dense(self) -> bool:
        """Whether it has more columns than the page is wide at the usual size."""
        return len(self.columns) > MOST_COLUMNS


def page_table(
    frame: pd.DataFrame,
    columns: Sequence[PageColumn],
    *,
    source: str,
    most: int = 50,
    flag: pd.Series | None = None,
) -> PageTable:
    """Return the first ``most`` rows of ``frame`` for the page.

    Parameters
    ----------
    frame : in the order of the page
    columns : what to show of it
    source : the output table that the numbers come from
    most : rows to show at most; the rest is counted
    flag : for each row of ``frame``, whether it stands out
    """
    shown = frame.head(most)
    rows = [
        [
            (column.show(value), _sortable(value))
            for column, value in zip(columns, values, strict=True)
        ]
        for values in shown[[column.name for column in columns]].itertuples(index=False, name=None)
    ]
    flagged = (
        frozenset() if flag is None else frozenset(flag.to_numpy()[:most].nonzero()[0].tolist())
    )
    known = {column.name: column.description for column in OUTPUT_TABLES[source].columns}
    hints = [column.hint or known.get(column.name, "") for column in columns]
    return PageTable(columns, hints, rows, len(frame) - len(shown), source, flagged)


def _sortable(value: Any) -> Any:  # noqa: ANN401 - table values
    if value is None or value is pd.NA:
        return ""
    if isinstance(value, bool | int | float):
        return "" if value != value else value  # noqa: PLR0124 - NaN
    return str(value)
