"""From drivers as recorded to columns that a model takes."""

import json
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from forecasting.drivers.calendar import event_columns, event_names, nearest
from forecasting.drivers.plan import PRICE, PROMOTION, DriverPlan, Knowledge
from forecasting.drivers.rows import DriverRows
from forecasting.errors import PlanError
from forecasting.grid import Frequency
from kernels.arrays import Flags, Floats
from kernels.driver_columns import carry_forward, fill_log_ratios, shift_rows

# Prices are held against what is usual in a quarter of a year, or in a year of quarters.
QUARTER = {"h": 2191, "D": 91, "W": 13, "MS": 3, "QS": 4}
FORMAT = 1


@dataclass(frozen=True)
class DriverColumn:
    """One driver's column and the constants it was fitted with.

    Parameters
    ----------
    name : of the driver
    knowledge : "known" or "lagged"
    mean, scale : subtracted and divided by, in the driver's units
    """

    name: str
    knowledge: Knowledge
    mean: float
    scale: float


class Change(NamedTuple):
    """A change of a driver that people can picture.

    Parameters
    ----------
    words : what changes
    size : of the column
    """

    words: str
    size: float


@dataclass(frozen=True)
class DriverPipeline:
    """How columns are made of drivers; frozen once fitted, and written as JSON.

    A price becomes the logarithm of its ratio to its own median of the last quarter; a promotion
    stays what it is; any other driver is scaled; an event has a column of its own. A lagged
    driver's column is that of a horizon before. None looks at demand.

    Parameters
    ----------
    frequency, horizon : of the grid
    columns : of drivers
    events : names with a column of their own
    """

    frequency: Frequency
    horizon: int
    columns: tuple[DriverColumn, ...]
    events: tuple[str, ...]

    @classmethod
    def fit(cls, rows: DriverRows, plan: DriverPlan, until: int) -> Self:
        """Learn scales from what was recorded up to a period.

        Parameters
        ----------
        rows : drivers on their grid
        plan : which drivers, and when they are known
        until : number since 1970 of the last period that scales are learnt from; a driver that
            had not moved by then has no column

        Notes
        -----
        Events have columns where they lie within the rows: a calendar is known in advance.
        """
        past = _past(rows) & (rows.periods <= until)
        columns = []
        for name in plan.names:
            raw = _column(rows, name)
            seen = raw[past & np.isfinite(raw)]
            if not len(seen) or seen.min() == seen.max():
                continue
            natural = name in (PRICE, PROMOTION)
            mean, scale = (0.0, 1.0) if natural else (float(seen.mean()), float(seen.std()))
            columns.append(DriverColumn(name, plan.drivers[name], mean, scale))
        first, last = (rows.periods.min(), rows.periods.max()) if len(rows.periods) else (0, -1)
        within = (rows.events.periods >= first) & (rows.events.periods <= last)
        names = np.array(rows.events.names, dtype=object)[within]
        return cls(rows.frequency, rows.horizon, tuple(columns), tuple(sorted(set(names))))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        own = tuple(column.name for column in self.columns)
        return (*own, *event_names(self.events)) if self.events else own

    @property
    def changes(self) -> tuple[Change, ...]:
        """What each column is told by."""
        own = [_change(column) for column in self.columns]
        if not self.events:
            return tuple(own)
        near = nearest(self.frequency)
        around = [Change("the period before", near), Change("the period after", near)]
        return (*own, *[Change("in its period", 1.0)] * len(self.events), *around)

    def transform(self, rows: DriverRows) -> Floats:
        """Return the columns of each row, (n_rows, n_columns) float64.

        A value that was not recorded is that of the last record before it; one that was not
        planned ahead is NaN, and so is one before the first record.

        Parameters
        ----------
        rows : drivers on the grid that the pipeline was fitted for

        Raises
        ------
        PlanError
            Where the grid or the horizon is another.
        """
        if (rows.frequency, rows.horizon) != (self.frequency, self.horizon):
            raise PlanError(
                f"the pipeline was fitted for {self.horizon} periods of {self.frequency} ahead; "
                f"got {rows.horizon} of {rows.frequency}"
            )
        ahead = ~_past(rows)
        parts = [self._transform(rows, column, ahead)[:, None] for column in self.columns]
        if self.events:
            parts.append(event_columns(rows.periods, rows.events, self.events, self.frequency))
        return np.hstack(parts) if parts else np.empty((len(rows.periods), 0))

    def _transform(self, rows: DriverRows, column: DriverColumn, ahead: Flags) -> Floats:
        raw = _column(rows, column.name)
        filled = np.where(raw <= 0.0, np.nan, raw) if column.name == PRICE else raw.copy()
        unplanned = ahead & np.isnan(filled)
        carry_forward(filled, rows.offsets)
        if column.name == PRICE:
            out = np.empty_like(filled)
            fill_log_ratios(filled, rows.offsets, QUARTER[self.frequency], out)
        else:
            out = (filled - column.mean) / column.scale
        if column.knowledge == "lagged":
            return np.asarray(shift_rows(out, rows.offsets, self.horizon))
        out[unplanned] = np.nan
        return out

    def to_json(self) -> str:
        """Return the pipeline as text."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the pipeline of a text that `to_json` made.

        Raises
        ------
        PlanError
            Where the text is of another format.
        """
        found: dict[str, Any] = json.loads(text)
        if found.pop("format", None) != FORMAT:
            raise PlanError(f"a driver pipeline must be of format {FORMAT}; the text is not")
        columns = tuple(DriverColumn(**column) for column in found.pop("columns"))
        return cls(columns=columns, events=tuple(found.pop("events")), **found)


def _change(column: DriverColumn) -> Change:
    if column.name == PRICE:
        return Change("10% below its usual", float(np.log(0.9)))
    if column.name == PROMOTION:
        return Change("promoted", 1.0)
    return Change(f"{column.scale:.3g} more", 1.0)


def _past(rows: DriverRows) -> Flags:
    past = np.ones(len(rows.periods), dtype=bool)
    past[(rows.ends[:, None] + np.arange(rows.horizon)).reshape(-1)] = False
    return past


def _column(rows: DriverRows, name: str) -> Floats:
    """Return what is recorded of a driver; nothing where the rows know none of that name."""
    if name not in rows.names:
        return np.full(len(rows.periods), np.nan)
    return rows.recorded[:, rows.names.index(name)]
