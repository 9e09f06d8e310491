"""What every store does."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import pandas as pd

from storage.tables import BOOKKEEPING


@dataclass(frozen=True)
class Publication:
    """The tables of one run, as shards.

    Parameters
    ----------
    run_id : the run
    as_of : its night
    job : the job's name
    shards : Parquet files by output table, none for a table without rows; their columns are the
        table's. The first publication of a run has its row in `runs`
    beside : runs of the same job and night that keep their rows of `BOOKKEEPING`, for tables of
        another side are still theirs
    """

    run_id: str
    as_of: date
    job: str
    shards: Mapping[str, Sequence[Path]]
    beside: frozenset[str] = frozenset()

    def kept_beside(self, table: str) -> frozenset[str]:
        """Return the earlier runs of the night that keep their rows of a table."""
        return self.beside if table in BOOKKEEPING else frozenset()


class Store(Protocol):
    """A place where runs are published: all tables of a run at once, or none."""

    def publish(self, publication: Publication) -> None:
        """Make the publication's tables visible, all or none.

        In the tables it names, rows of earlier runs of the same job and night give way to it, but
        for those that runs beside it keep; publishing the same run again changes nothing. `runs`
        keeps a row of every run.

        Raises
        ------
        TransientStoreError
            Where the store is busy.
        TerminalStoreError
            Where rows break their table's schema or key, or belong to another run.
        """

    def read(
        self, table: str, *, run_id: str | None = None, as_of: date | None = None
    ) -> pd.DataFrame:
        """Return the rows of a table, of one run or night where asked, sorted by its key."""

    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables that have been published to."""

    def published(self, run_id: str) -> bool:
        """Return whether this run has been published."""

    def runs(self) -> pd.DataFrame:
        """Return a row for every run published."""

    def create_views(self) -> tuple[str, ...]:
        """Create or renew the views whose tables are there, and return their names.

        Raises
        ------
        TerminalStoreError
            Where the store has no views.
        """

    def close(self) -> None:
        """Let go of the store."""

    def __enter__(self) -> Self:
        """Use the store in a block."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it at the block's end."""


class Closing(ABC):
    """What is closed at the end of a block."""

    @abstractmethod
    def close(self) -> None:
        """Close it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.close()
