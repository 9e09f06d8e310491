"""What a table is: one schema from which frames are checked and DDL is generated."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import pandera.pandas as pa

ColumnKind = Literal["text", "float", "integer", "boolean", "timestamp"]

# datetime64[us] is what DuckDB and Parquet hold; pandas' nanoseconds would overflow in 2262.
PANDAS_DTYPES: dict[ColumnKind, Any] = {
    "text": "object",
    "float": "float64",
    "integer": "Int64",
    "boolean": "boolean",
    "timestamp": "datetime64[us]",
}

# What an input's number may be in size: above, it is a slip or stands for "none", and sums and
# squares of it would leave nothing of the others; it still counts ten thousandths of a unit.
LARGEST = 1e12
SMALLEST = 1e-12


@dataclass(frozen=True)
class Column:
    """One column: its type, whether it may be null or absent, and its unit.

    Parameters
    ----------
    name : snake_case name
    kind : one of "text", "float", "integer", "boolean", "timestamp" (UTC, no zone)
    description : what it holds, with unit and sign
    nullable : whether nulls are allowed
    required : whether an input may lack the column altogether (outputs have all)
    minimum, maximum : closed bounds on the value, in the column's unit; None is no bound
    positive : whether the value must be strictly above zero
    choices : the allowed values of an enumerated text column
    advice : what else to say of a number out of its bounds
    """

    name: str
    kind: ColumnKind
    description: str
    nullable: bool = False
    required: bool = True
    minimum: float | None = None
    maximum: float | None = None
    positive: bool = False
    choices: tuple[str, ...] = ()
    advice: str = ""

    @property
    def least(self) -> float:
        """The least number that an input may hold."""
        return (SMALLEST if self.positive else -LARGEST) if self.minimum is None else self.minimum

    @property
    def most(self) -> float:
        """The greatest number that an input may hold."""
        return LARGEST if self.maximum is None else self.maximum

    @property
    def bounds(self) -> dict[str, Any]:
        """The bounds of an input's number as pydantic's fields name them."""
        given = {
            "ge": None if self.positive else self.least,
            "gt": 0 if self.positive else None,
            "le": self.most,
            "allow_inf_nan": False if self.kind == "float" else None,
        }
        return {name: value for name, value in given.items() if value is not None}

    def schema(self) -> pa.Column:
        """Return the column as pandera checks it."""
        checks = []
        if self.minimum is not None:
            checks.append(pa.Check.ge(self.minimum))
        if self.maximum is not None:
            checks.append(pa.Check.le(self.maximum))
        if self.positive:
            checks.append(pa.Check.gt(0))
        if self.choices:
            checks.append(pa.Check.isin(self.choices))
        return pa.Column(
            PANDAS_DTYPES[self.kind],
            checks=checks,
            nullable=self.nullable,
            required=self.required,
            coerce=True,
            description=self.description,
            name=self.name,
        )


@dataclass(frozen=True)
class Table:
    """One table: columns in order, the key that makes a row unique, and its entity.

    Parameters
    ----------
    name : snake_case name, the same in every store
    columns : in the order in which they are written
    key : columns that identify a row
    entity : columns that identify what the row is about (a series, a book, an instrument)
    description : one sentence for data dictionaries
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    entity: tuple[str, ...]
    description: str

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def schema(self) -> pa.DataFrameSchema:
        """The pandera schema of a frame of this table."""
        return pa.DataFrameSchema(
            {column.name: column.schema() for column in self.columns},
            unique=list(self.key),
            strict=True,
            coerce=True,
            name=self.name,
        )

    def column(self, name: str) -> Column:
        """Return one of the columns by its name."""
        return next(column for column in self.columns if column.name == name)

    def typed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return ``frame`` with this table's columns, in order, in their types.

        A column that whoever wrote the rows did not know yet is null.
        """
        unknown = {name: None for name in self.column_names if name not in frame}
        return frame.assign(**unknown)[list(self.column_names)].astype(self._dtypes)

    def empty(self) -> pd.DataFrame:
        """Return a frame without rows."""
        return self.typed(pd.DataFrame(columns=list(self.column_names)))

    def validate(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return ``frame`` with this table's columns and types, sorted by its key.

        Raises
        ------
        pandera.errors.SchemaErrors
            Where a column is missing or unknown, or a value breaks its column's rules.
        """
        ordered = frame.sort_values(list(self.key), kind="stable", ignore_index=True)
        checked = self.schema.validate(ordered, lazy=True)
        present = {name: dtype for name, dtype in self._dtypes.items() if name in checked}
        # pandera hands timestamps back in nanoseconds, whatever its schema says.
        return checked[list(present)].astype(present)

    @property
    def _dtypes(self) -> dict[str, Any]:
        return {column.name: PANDAS_DTYPES[column.kind] for column in self.columns}


RUN_COLUMNS = (
    Column("run_id", "text", "the run that wrote the row"),
    Column("as_of", "timestamp", "the night the run is for"),
)


def input_table(
    name: str,
    description: str,
    *,
    columns: Sequence[Column],
    key: tuple[str, ...],
    entity: tuple[str, ...],
) -> Table:
    """Return an input table."""
    return Table(name, tuple(columns), key, entity, description)


def output_table(
    name: str,
    description: str,
    *,
    columns: Sequence[Column],
    key: tuple[str, ...],
    entity: tuple[str, ...] = (),
) -> Table:
    """Return an output table: the run's columns come first, and lead the key."""
    return Table(name, RUN_COLUMNS + tuple(columns), ("run_id", *key), entity, description)
