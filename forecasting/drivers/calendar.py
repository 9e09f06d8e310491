"""What the calendar says of a period: events on it and around it, and its place in the year."""

import numpy as np

from forecasting.drivers.rows import EventDays
from forecasting.grid import Frequency
from kernels.arrays import Floats, Integers

# Days over which an event is prepared for, and got over; none where a period is a month or more.
DAYS_AROUND = 7
_PERIODS_IN_DAY = {"h": 24.0, "D": 1.0, "W": 1.0 / 7.0, "MS": 0.0, "QS": 0.0}
DAYS_IN_PERIOD = {"h": 1.0 / 24.0, "D": 1.0, "W": 7.0, "MS": 365.25 / 12.0, "QS": 365.25 / 4.0}
BEFORE, AFTER = "before an event", "after an event"


def event_columns(
    periods: Integers, events: EventDays, names: tuple[str, ...], frequency: Frequency
) -> Floats:
    """Return a column for each event, and what is near to one before and after it.

    Parameters
    ----------
    periods : (n,) int64, number since 1970
    events : the calendar's
    names : of the events with a column; other events have none, and nothing is near to them
    frequency : of the grid

    Returns
    -------
    (n, len(names) + 2) float64: 1 in an event's period and 0 elsewhere; then nearness to the next
    and to the last event, falling in a straight line from below 1 to 0 a week away; 0 in an
    event's own period.
    """
    out = np.zeros((len(periods), len(names) + 2))
    known = np.isin(np.array(events.names, dtype=object), names)
    days = np.unique(events.periods[known])
    for column, name in enumerate(names):
        own = [
            period
            for period, event in zip(events.periods, events.names, strict=True)
            if event == name
        ]
        out[:, column] = np.isin(periods, own)
    reach = _reach(frequency)
    if not len(days) or reach < 1:
        return out
    place = np.searchsorted(days, periods)
    after = periods - days[np.maximum(place - 1, 0)]
    before = days[np.minimum(place, len(days) - 1)] - periods
    on_event = before == 0
    for column, distance in ((-2, before), (-1, after)):
        near = (distance > 0) & (distance <= reach) & ~on_event
        out[:, column] = np.where(near, 1.0 - distance / (reach + 1.0), 0.0)
    return out


def nearest(frequency: Frequency) -> float:
    """Return how near the periods next to an event are."""
    reach = _reach(frequency)
    return reach / (reach + 1.0)


def _reach(frequency: Frequency) -> int:
    return round(DAYS_AROUND * _PERIODS_IN_DAY[frequency])


def event_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the columns that `event_columns` returns."""
    return (*names, BEFORE, AFTER)


def calendar_fields(periods: Integers, frequency: Frequency) -> Floats:
    """Return place in the day or week, and in the year, of each period, (n, 3) float64.

    Parameters
    ----------
    periods : (n,) int64, number since 1970
    frequency : of the grid

    Returns
    -------
    Hour of the day or day of the week (from 0; 0 of longer periods), then cosine and sine of
    the place in the year.
    """
    days_in_period = DAYS_IN_PERIOD[frequency]
    short = {"h": periods % 24, "D": (periods + 3) % 7}.get(frequency, np.zeros_like(periods))
    angle = 2.0 * np.pi * periods * days_in_period / 365.25
    return np.column_stack([short.astype(np.float64), np.cos(angle), np.sin(angle)])
