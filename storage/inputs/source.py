"""Where an input table comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class InputSource:
    """Files of one shape that hold one input table.

    Parameters
    ----------
    table : name of the input table
    paths : CSV or Parquet files, read one after the other
    columns : our column name -> the source's; names that agree need no entry
    constants : our column name -> value, for a column that the source lacks
    """

    table: str
    paths: tuple[Path, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str | float | bool] = field(default_factory=dict)

    def column(self, name: str) -> str:
        """Return the source's name for one of our columns."""
        return self.columns.get(name, name)
