"""Which rules hold, and what a check returns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import pandas as pd

Frequency = Literal["h", "D", "W", "MS", "QS"]
# What periods are called, from the longest to the shortest.
PERIODS: Mapping[Frequency, str] = {
    "QS": "quarters",
    "MS": "months",
    "W": "weeks",
    "D": "days",
    "h": "hours",
}
SEASONS: Mapping[Frequency, int] = {"h": 24, "D": 7, "W": 52, "MS": 12, "QS": 4}


@dataclass(frozen=True)
class CheckPlan:
    """How inputs are checked.

    Parameters
    ----------
    as_of : the night; later demand and prices are refused
    frequency : of demand: hours, days, weeks (on the table's usual weekday), months, quarters
        (first day)
    gaps : what a missing period is: "zero" (no sale), "carry" (the value a season earlier, else
        the last one), "reject" (the series is refused)
    minimum_history : periods; under "carry", a series silent for that long has ended
    minimum_price_history : closing prices an instrument needs
    maximum_price_gap : trading days over which a price is carried forward
    levels, horizons : of the figures that the night measures, in (0, 1) and in trading days; none
        are known where there is no risk part
    currency : that risk is reported in; None where there is no risk part
    """

    as_of: date
    frequency: Frequency = "D"
    gaps: Literal["zero", "carry", "reject"] = "zero"
    minimum_history: int = 1
    minimum_price_history: int = 250
    maximum_price_gap: int = 5
    levels: tuple[float, ...] = ()
    horizons: tuple[int, ...] = ()
    currency: str | None = None


@dataclass(frozen=True)
class CheckedInput:
    """One input after its checks.

    Parameters
    ----------
    table : name of the input table
    clean : Parquet file of the rows that passed, sorted by key
    rows_in, rows_rejected : rows read, and rows refused one by one
    entities_in, entities_rejected : distinct entities, ids joined with "/"; every entity that
        came in is in the clean file or rejected
    """

    table: str
    clean: Path
    rows_in: int
    rows_rejected: int
    entities_in: Sequence[str]
    entities_rejected: Sequence[str]


@dataclass(frozen=True)
class CheckReport:
    """All inputs after their checks.

    Parameters
    ----------
    inputs : by table
    rejects, repairs : frames of those tables' columns, without number, run_id and as_of
    """

    inputs: Mapping[str, CheckedInput]
    rejects: pd.DataFrame
    repairs: pd.DataFrame
