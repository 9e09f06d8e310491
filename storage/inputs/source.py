"""Where an input table comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

UTF_8 = "utf-8"
DateOrder = Literal["year-month-day", "day-month-year", "month-day-year"]
Thousands = Literal["", ".", ",", " ", "'"]


@dataclass(frozen=True)
class InputSource:
    """Files of one shape that hold one input table.

    Parameters
    ----------
    table : name of the input table
    paths : CSV files, which may be compressed by gzip, or Parquet files, read one after the other
    columns : our column name -> the source's; names that agree need no entry
    constants : our column name -> value, for a column that the source lacks
    encoding : of CSV files that have no mark of it, by its name in Python
    decimal : "." or ",", the sign before the decimals of CSV files
    thousands : the sign between thousands of CSV files; "" is none
    dates : the order of a date's parts in CSV files
    months : whether a text of a year and a month is the first day of it; else it is no date
    """

    table: str
    paths: tuple[Path, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str | float | bool] = field(default_factory=dict)
    encoding: str = UTF_8
    decimal: Literal[".", ","] = "."
    thousands: Thousands = ""
    dates: DateOrder = "year-month-day"
    months: bool = False

    def column(self, name: str) -> str:
        """Return the source's name for one of our columns."""
        return self.columns.get(name, name)
