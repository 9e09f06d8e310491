"""Drivers as recorded and planned, laid on the grid of the demand they move."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from forecasting.drivers.plan import DriverPlan
from forecasting.errors import PanelError
from forecasting.grid import Frequency, period_numbers
from forecasting.labels import ANY
from forecasting.panel import SERIES, DemandPanel
from kernels.arrays import Dates, Floats, Integers

RECORDS = [*SERIES, "ds", "driver", "value"]
_WEEK = np.timedelta64(7, "D")


@dataclass(frozen=True)
class EventDays:
    """Named periods, those that a named day falls in.

    Parameters
    ----------
    periods : (n,) int64, number since 1970
    names : (n,) object
    """

    periods: Integers
    names: tuple[str, ...]

    @classmethod
    def from_frame(cls, calendar: pd.DataFrame, panel: DemandPanel) -> Self:
        """Return the periods of a calendar of ds and event on the grid of a panel."""
        ds = calendar["ds"].to_numpy(dtype="datetime64[us]")
        periods = _containing(ds, panel.last_ds[0], panel.frequency)
        return cls(periods, tuple(calendar["event"].astype(str)))


def _containing(ds: Dates, start: np.datetime64, frequency: Frequency) -> Integers:
    """Return the period that each moment falls in; a week starts as the panel's weeks do."""
    if frequency != "W":
        return period_numbers(ds, frequency)
    own = period_numbers(np.array([start]), frequency)[0]
    return np.asarray(own + (ds - start) // _WEEK, dtype=np.int64)


@dataclass(frozen=True)
class DriverRows:
    """What is recorded or planned of each driver in each period of a history and its horizon.

    Parameters
    ----------
    names : of the drivers
    recorded : (n_rows, n_drivers) float64, in the drivers' own units; NaN where nothing is known
    offsets : (n_series + 1,) int64, where the rows of each series start
    periods : (n_rows,) int64, number since 1970
    events : named periods
    frequency, horizon : of the grid; the last ``horizon`` rows of a series are ahead of it
    """

    names: tuple[str, ...]
    recorded: Floats
    offsets: Integers
    periods: Integers
    events: EventDays
    frequency: Frequency
    horizon: int

    @property
    def ends(self) -> Integers:
        """The first row ahead of each series."""
        return self.offsets[1:] - self.horizon


def lay_drivers(
    panel: DemandPanel,
    plan: DriverPlan,
    horizon: int,
    history: Mapping[str, Floats],
    records: pd.DataFrame,
    calendar: pd.DataFrame,
) -> DriverRows:
    """Lay drivers on the grid of a panel.

    Parameters
    ----------
    panel : whose demand they move
    plan : which drivers
    horizon : periods ahead
    history : driver -> (n_observations,) float64, recorded beside demand; NaN where it is not
    records : warehouse_id, item_id ("*" is any), ds, driver, value; what is recorded or planned
        elsewhere. A record of one series goes before one of several, and any before ``history``.
        Records of other drivers, series or periods are not looked at
    calendar : ds, event; none where the plan takes no events

    Raises
    ------
    PanelError
        Where nothing at all is recorded of a driver that the plan names.
    """
    lengths = panel.batch.lengths + horizon
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    firsts = panel.last_periods - panel.batch.lengths + 1
    periods = np.arange(offsets[-1]) + np.repeat(firsts - offsets[:-1], lengths)
    values = np.full((len(periods), len(plan.names)), np.nan)
    past = np.ones(len(periods), dtype=bool)
    past[(offsets[1:, None] - horizon + np.arange(horizon)).reshape(-1)] = False
    for column, name in enumerate(plan.names):
        if name in history:
            values[past, column] = history[name]
    _enter(values, records, plan.names, panel, offsets, firsts)
    for column, name in enumerate(plan.names):
        if len(values) and np.isnan(values[:, column]).all():
            raise PanelError(f"drivers.{name}: nothing is recorded of it for any series")
    events = EventDays.from_frame(calendar if plan.events else calendar[:0], panel)
    return DriverRows(plan.names, values, offsets, periods, events, panel.frequency, horizon)


def _enter(
    values: Floats,
    records: pd.DataFrame,
    names: tuple[str, ...],
    panel: DemandPanel,
    offsets: Integers,
    firsts: Integers,
) -> None:
    """Enter records into their rows, those of most series first, so that the nearest win."""
    ids = (panel.warehouse_id, panel.item_id)
    series = pd.DataFrame(dict(zip(SERIES, (own.texts() for own in ids), strict=True)))
    series["number"] = np.arange(len(series))
    wanted = records[records["driver"].isin(names)]
    whole = {name: wanted[name].astype(str) == ANY for name in SERIES}
    for any_warehouse, any_item in ((True, True), (True, False), (False, True), (False, False)):
        some = wanted[(whole["warehouse_id"] == any_warehouse) & (whole["item_id"] == any_item)]
        keys = [] if any_warehouse else ["warehouse_id"]
        keys += [] if any_item else ["item_id"]
        some = some[[*keys, "ds", "driver", "value"]]
        merged = some.merge(series, on=keys) if keys else some.merge(series, how="cross")
        number = merged["number"].to_numpy(np.int64)
        ds = merged["ds"].to_numpy(dtype="datetime64[us]")
        period = _containing(ds, panel.last_ds[0], panel.frequency)
        row = offsets[number] + period - firsts[number]
        within = (period >= firsts[number]) & (row < offsets[number + 1])
        column = np.array([names.index(name) for name in merged["driver"]], np.int64)
        values[row[within], column[within]] = merged["value"].to_numpy(np.float64)[within]
