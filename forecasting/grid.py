"""The regular grid of periods that demand is laid on."""

from typing import Literal

import numpy as np

from forecasting.errors import PanelError
from kernels.arrays import Dates, Flags, Integers

Frequency = Literal["h", "D", "W", "MS", "QS"]

_STEPS: dict[Frequency, np.timedelta64] = {
    "h": np.timedelta64(1, "h"),
    "D": np.timedelta64(1, "D"),
    "W": np.timedelta64(7, "D"),
}
_MONTHS: dict[Frequency, int] = {"MS": 1, "QS": 3}


def period_numbers(ds: Dates, frequency: Frequency) -> Integers:
    """Return the number of each period since 1970."""
    if frequency in _MONTHS:
        return ds.astype("datetime64[M]").astype(np.int64) // _MONTHS[frequency]
    since = ds - np.datetime64(0, "us")
    return np.asarray(since // _STEPS[frequency], dtype=np.int64)


def future_periods(last: Dates, horizon: int, frequency: Frequency) -> Dates:
    """Return the starts of the periods after each of ``last``, (n, horizon)."""
    ahead = np.arange(1, horizon + 1)
    if frequency in _MONTHS:
        months = last.astype("datetime64[M]")[:, None] + ahead * _MONTHS[frequency]
        return months.astype("datetime64[us]")
    return last[:, None] + ahead * _STEPS[frequency]


def earlier_periods(last: Dates, back: Integers, frequency: Frequency) -> Dates:
    """Return the starts of the periods so many before each of ``last``, (n,)."""
    if frequency in _MONTHS:
        months = last.astype("datetime64[M]") - back * _MONTHS[frequency]
        return months.astype("datetime64[us]")
    return last - back * _STEPS[frequency]


def check_grid(ds: Dates, new: Flags, frequency: Frequency) -> None:
    """Refuse rows that are not one period after the row before, save where a series begins.

    Raises
    ------
    PanelError
        Which names the two dates.
    """
    steps = np.diff(period_numbers(ds, frequency))
    bad = np.flatnonzero((steps != 1) & ~new[1:])
    if len(bad):
        row = int(bad[0])
        raise PanelError(
            f"periods of a series must be one {frequency} apart; {ds[row]} is followed by "
            f"{ds[row + 1]}"
        )


def newest_before(until: Integers, periods: Integers) -> Integers:
    """Return the newest of what has seen nothing after each period, (n,) int64; -1 where none.

    Parameters
    ----------
    until : (n_vintages,) int64, ascending, number since 1970 of the last period each has seen
    periods : (n,) int64, numbers since 1970
    """
    return np.asarray(np.searchsorted(until, periods, side="right") - 1)
