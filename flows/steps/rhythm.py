"""When data is late: by the rhythm of the weeks before, and of the year before."""

import numpy as np

from forecasting.closures import easter
from kernels.arrays import Dates, Flags

_WEEKS = 8
_WEEK, _YEAR = np.timedelta64(7, "D"), np.timedelta64(364, "D")


def is_late(passed: Dates, seen: Dates) -> bool:
    """Return whether data that is usually there by now has not come.

    A period is expected where most of the same ones in the last weeks have data, and it was no
    holiday a year ago; and one at all after a silence longer than any of the year before.

    Parameters
    ----------
    passed : (n,) starts of hours or days after the last with data, one after the other; the last
        of them may not have ended
    seen : (m,) starts of the hours or days that have data, in order, one at least
    """
    if len(passed) <= 1:
        return False
    recent = seen[seen >= seen[-1] - _YEAR - _WEEK]
    longest = np.diff(recent).max(initial=np.timedelta64(0, "us"))
    return bool(_expected(passed[:-1], seen).any() or passed[-1] - seen[-1] > longest)


def _expected(periods: Dates, seen: Dates) -> Flags:
    return _in_most_weeks(periods, seen) & ~_was_holiday(periods, seen)


def _in_most_weeks(periods: Dates, seen: Dates) -> Flags:
    """Return which periods have data in more than half of the weeks before, of those known."""
    before = periods[:, None] - _WEEK * np.arange(1, _WEEKS + 1)
    known = (before >= seen[0]) & (before <= seen[-1])
    return np.asarray(2 * np.isin(before, seen).sum(axis=1) > known.sum(axis=1))


def _was_holiday(periods: Dates, seen: Dates) -> Flags:
    """Return which periods had no data a year before, though it was due there."""
    found = np.zeros(len(periods), dtype=bool)
    for before in _a_year_before(periods):
        known = before - _WEEK >= seen[0]
        found |= known & ~np.isin(before, seen) & _in_most_weeks(before, seen)
    return found


def _a_year_before(periods: Dates) -> list[Dates]:
    """Return where a holiday was the year before: by weekday, by date, or by its Easter."""
    months = periods.astype("datetime64[M]")
    into_month = periods - months.astype("datetime64[us]")
    same_date = (months - 12).astype("datetime64[us]") + into_month
    years = (1970 + months.astype(int) // 12).tolist()
    easters = np.array([easter(year) - easter(year - 1) for year in years], "timedelta64[D]")
    return [periods - _YEAR, periods - _YEAR - _WEEK, same_date, periods - easters]
