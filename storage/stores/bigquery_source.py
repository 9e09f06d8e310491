"""Where in BigQuery an input is, and the statement that reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from google.cloud import bigquery

from storage.errors import InputRefusedError
from storage.stores.bigquery_address import DEFAULT_BYTES_BILLED
from storage.stores.bigquery_sql import quoted
from storage.tables import INPUT_TABLES

_MOMENTS = ("DATE", "DATETIME", "TIMESTAMP")
_PARTS = 3


@dataclass(frozen=True)
class BigQueryInput:
    """A table, view or query in BigQuery that holds one of our input tables.

    Parameters
    ----------
    table : name of our input table
    source : "PROJECT.DATASET.TABLE"; None where ``query`` says what is read
    columns : our column name -> the source's; names that agree need no entry
    days_column : the source's DATE, DATETIME or TIMESTAMP column, where only recent rows are
        read; of a table that is partitioned by it, no more is read and billed than that
    days : how many days up to the night are read; goes together with ``days_column``
    maximum_bytes_billed : a read that would bill more is refused before it begins
    query : one SELECT statement, in the place of ``source``
    project : pays; None is that of ``source``, or of the credentials
    location : where jobs run; None is that of ``source``, or BigQuery's choice
    labels : of the jobs, beside our own, as bills show them
    """

    table: str
    source: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    days_column: str | None = None
    days: int | None = None
    maximum_bytes_billed: int = DEFAULT_BYTES_BILLED
    query: str | None = None
    project: str | None = None
    location: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.source is None) == (self.query is None):
            raise InputRefusedError(
                f"inputs.{self.table}: give a table or a query of BigQuery, not both or neither"
            )
        parts = (self.source or "").split(".")
        whole = len(parts) == _PARTS and all(parts) and "`" not in (self.source or "")
        if self.source is not None and not whole:
            raise InputRefusedError(
                f"inputs.{self.table}: the source must be PROJECT.DATASET.TABLE; "
                f"got {self.source!r}"
            )
        together = (self.days is None) == (self.days_column is None)
        if not together or (self.days is not None and self.days < 1):
            raise InputRefusedError(
                f"inputs.{self.table}: days, at least 1, and days_column go together; "
                f"got {self.days} and {self.days_column}"
            )

    @property
    def payer(self) -> str | None:
        """The project that pays; None leaves it to the credentials."""
        return self.project or (self.source.split(".")[0] if self.source else None)

    @property
    def shown(self) -> str:
        """What messages call it."""
        return self.source or "the query"

    @property
    def relation(self) -> str:
        """What the statement reads from; a comment at the query's end ends with its line."""
        if self.source is not None:
            return quoted(*self.source.split("."))
        return f"(\n{self.query}\n)"

    def statement(
        self, schema: Sequence[bigquery.SchemaField], as_of: date
    ) -> tuple[str, list[bigquery.ScalarQueryParameter]]:
        """Return the SQL that reads our columns of the days asked for, and its parameters.

        Raises
        ------
        InputRefusedError
            Where the source has none of our columns, or no such column of days.
        """
        kinds = {column.name: str(column.field_type) for column in schema}
        columns = ", ".join(quoted(name) for name in self._columns(kinds))
        rule, parameters = self._recent(kinds, as_of)
        return f"SELECT {columns} FROM {self.relation}{rule}", parameters  # noqa: S608 - quoted

    def _columns(self, kinds: Mapping[str, str]) -> list[str]:
        """Return the source's columns that hold ours; the reader says which are missing."""
        wanted = [self.columns.get(name, name) for name in INPUT_TABLES[self.table].column_names]
        kept = [name for name in dict.fromkeys(wanted) if name in kinds]
        if not kept:
            raise InputRefusedError(
                f"inputs.{self.table}: {self.shown} has none of {', '.join(wanted)}; "
                f"it has {', '.join(sorted(kinds))}"
            )
        return kept

    def _recent(
        self, kinds: Mapping[str, str], as_of: date
    ) -> tuple[str, list[bigquery.ScalarQueryParameter]]:
        if self.days_column is None or self.days is None:
            return "", []
        kind = kinds.get(self.days_column)
        if kind not in _MOMENTS:
            raise InputRefusedError(
                f"inputs.{self.table}: days_column must be a {', '.join(_MOMENTS)} column of "
                f"{self.shown}; {self.days_column} is {kind or 'none of its columns'}"
            )
        first = as_of - timedelta(days=self.days)
        zone = UTC if kind == "TIMESTAMP" else None
        midnight = datetime(first.year, first.month, first.day, tzinfo=zone)
        parameter = bigquery.ScalarQueryParameter(
            "since", kind, first if kind == "DATE" else midnight
        )
        return f" WHERE {quoted(self.days_column)} >= @since", [parameter]
