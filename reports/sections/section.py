"""What a section of the page is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from reports.tables import PageColumn, PageTable

# Of fewer, how many there are of what kind is no picture: the tables have each of them.
FEW = 5
Tables = Mapping[str, pd.DataFrame]
# What names a series, and how a table shows it.
SERIES = ["warehouse_id", "item_id"]
SERIES_COLUMNS = [PageColumn("warehouse_id", "warehouse"), PageColumn("item_id", "item")]


@dataclass(frozen=True)
class Card:
    """A headline figure.

    Parameters
    ----------
    value : the figure, as text
    label : what it is
    alarm : whether it wants attention
    """

    value: str
    label: str
    alarm: bool = False


@dataclass(frozen=True)
class Picture:
    """A figure with its title and a sentence that says how to read it.

    Parameters
    ----------
    name : of the drawing
    title, note : what it shows
    figure : the drawing
    wide : whether it takes the whole width of the page
    least_width : pixels that it needs; on a narrower screen it is moved from side to side
    """

    name: str
    title: str
    figure: go.Figure
    note: str = ""
    wide: bool = False
    least_width: int = 0


@dataclass(frozen=True)
class Listing:
    """A table with its title and a sentence that says how to read it."""

    title: str
    table: PageTable
    note: str = ""


@dataclass(frozen=True)
class Explorer:
    """A chart of one entity at a time, chosen from a list.

    Parameters
    ----------
    name : which drawing the page's script uses: "series", "curves", "books" or "backtests"
    title, note : what it shows
    choices : names to choose from, in order
    data : what the script draws, by name
    """

    name: str
    title: str
    note: str
    choices: Sequence[str]
    data: Mapping[str, Any]

    @property
    def panes(self) -> int:
        """How many drawings the page's script puts beside each other."""
        return 2 if self.name in {"curves", "books"} else 1


@dataclass(frozen=True)
class Section:
    """One section of the page.

    Parameters
    ----------
    name : anchor
    title : heading
    lead : what matters, in sentences
    """

    name: str
    title: str
    lead: Sequence[str] = ()
    cards: Sequence[Card] = ()
    pictures: Sequence[Picture] = ()
    explorer: Explorer | None = None
    listings: Sequence[Listing] = field(default_factory=tuple)


def largest(shown: int, known: int) -> str:
    """Return which of many a picture has, as an end of its note."""
    return f"; the {shown} largest of {known:,}" if shown < known else ""


def has(tables: Tables, *names: str) -> bool:
    """Return whether all of these tables have rows."""
    return all(name in tables and len(tables[name]) for name in names)
