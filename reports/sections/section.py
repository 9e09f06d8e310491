"""What a section of the page is made of, and what of it is folded."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType
from typing import Any, ClassVar

import pandas as pd
import plotly.graph_objects as go

from reports.tables import PageColumn, PageTable

# A difference within so many standard errors may be chance; the largest of a year's, within more.
CLEAR, CLEAR_OF_MOST = 2.0, 3.0
# Of fewer, how many there are of what kind is no picture: the tables have each of them.
FEW = 5
Tables = Mapping[str, pd.DataFrame]
# Of a night before that is not known.
NO_TABLES: Tables = MappingProxyType({})
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
    link : anchor on the page of what it is told from, or nothing
    group : whom it is for; cards of a group stand in a row of their own
    """

    value: str
    label: str
    alarm: bool = False
    link: str = ""
    group: str = ""


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
    gist : what it comes to, told while it is folded; where there is none it is not folded
    """

    kind: ClassVar = "picture"
    name: str
    title: str
    figure: go.Figure
    note: str = ""
    wide: bool = False
    least_width: int = 0
    gist: str = ""


@dataclass(frozen=True)
class Listing:
    """A table with its title, a sentence that says how to read it, and a gist if it is folded."""

    kind: ClassVar = "listing"
    title: str
    table: PageTable
    note: str = ""
    gist: str = ""

    @property
    def anchor(self) -> str:
        """Return its title as a part of an address, without the currency after a comma."""
        return anchor_of(self.title)


@dataclass(frozen=True)
class Explorer:
    """A chart of one entity at a time, chosen from a list.

    Parameters
    ----------
    name : which drawing the page's script uses: "series", "curves", "books" or "backtests"
    title, note : what it shows
    choices : names to choose from, in order
    data : what the script draws, by name
    gist : what is in it, told while it is folded, as it always is
    """

    kind: ClassVar = "explorer"
    name: str
    title: str
    note: str
    choices: Sequence[str]
    data: Mapping[str, Any]
    gist: str

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
    method : how it was computed, in sentences; always folded
    tables_first : whether tables stand before pictures
    """

    name: str
    title: str
    lead: Sequence[str] = ()
    cards: Sequence[Card] = ()
    pictures: Sequence[Picture] = ()
    explorer: Explorer | None = None
    listings: Sequence[Listing] = field(default_factory=tuple)
    method: Sequence[str] = ()
    tables_first: bool = False

    @property
    def card_rows(self) -> list[tuple[str, list[Card]]]:
        """Return the cards of each group, in order."""
        return [(name, list(own)) for name, own in groupby(self.cards, lambda card: card.group)]

    @property
    def folded(self) -> list[Explorer | Picture | Listing]:
        """Return what is folded, what is looked up one by one before the rest."""
        one = [] if self.explorer is None else [self.explorer]
        parts = (
            (one, self.listings, self.pictures)
            if self.tables_first
            else (one, self.pictures, self.listings)
        )
        return [block for part in parts for block in part if block.gist]


def anchor_of(title: str) -> str:
    """Return a title up to its first comma as a part of an address: value-at-risk-99."""
    return re.sub(r"[^a-z0-9]+", "-", title.partition(",")[0].lower()).strip("-")


def largest(shown: int, known: int) -> str:
    """Return which of many a picture has, as an end of its note."""
    return f"; the {shown} largest of {known:,}" if shown < known else ""


def has(tables: Tables, *names: str) -> bool:
    """Return whether all of these tables have rows."""
    return all(name in tables and len(tables[name]) for name in names)
