"""Days ahead on which warehouses are shut: those declared, and those that they keep every year."""

import calendar
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.labels import ANY, Labels
from forecasting.panel import DemandPanel
from kernels.arrays import Dates, Flags, Integers

CLOSED_DAYS = ["warehouse_id", "ds", "reason"]
REASONS = DECLARED, FOUND, KEPT = "declared", "found", "kept"
# As many years of a day as make a custom of it.
_YEARS = 2
# Warehouses that tell, more than half of which a new one goes with.
_FEWEST = 3
_NONE = pd.DataFrame(columns=CLOSED_DAYS).astype({"ds": "datetime64[us]"})
# What became of a day. Silent is one on which nothing was sold, and nothing tells why.
_SILENT, _OPEN, _SHUT = 0, 1, 2


def find_closed_days(
    days: pd.DataFrame, declared: pd.DataFrame | None, horizon: int
) -> pd.DataFrame:
    """Return the days on which warehouses were shut, and those ahead on which they will be.

    A warehouse is shut ahead where that is declared, and on a day that it keeps: by its date, its
    distance from Easter, or its weekday counted from the start or the end of the month, it was
    shut in the two newest years that tell, as many days into the closure. A silent one does not
    tell, as where the day was one of a weekday that is never open. A warehouse with fewer such
    years, and none in which it was open, goes with most of the others where three of them tell.
    What is declared goes before what is kept, and of one warehouse before that of all.

    Parameters
    ----------
    days : warehouse_id, ds, units, closed; the days of each warehouse, what it sold on them, and
        whether it was found or declared shut
    declared : warehouse_id ("*" is every one), ds, closed (false where it is open after all); None
        where nothing is
    horizon : days ahead of the last

    Returns
    -------
    Frame of warehouse_id, ds and reason ("declared", "found" or "kept"), by the first two.
    """
    if days.empty:
        return _NONE.copy()
    warehouses = Labels.of(days["warehouse_id"])
    place, first = _places_of(days["ds"])
    n_known = int(place.max()) + 1
    closed = days["closed"].to_numpy(np.bool_)
    known = np.full((len(warehouses.names), n_known), _SILENT, np.int64)
    known[warehouses.codes, place] = np.where(
        closed, _SHUT, np.where(days["units"] > 0.0, _OPEN, _SILENT)
    )
    said = _lay_declared(declared, warehouses.names, first, n_known + horizon)
    shut = np.zeros(said.shape, np.bool_)
    # A past day on which something was sold was none, whatever was declared.
    shut[:, :n_known] = known == _SHUT
    past = _Past.of(known)
    for ahead in range(n_known, n_known + horizon):
        shut[:, ahead] = _is_kept(past, first, first + timedelta(ahead))
    shut[:, n_known:] &= said[:, n_known:] != _OPEN
    shut[:, n_known:] |= said[:, n_known:] == _SHUT
    warehouse, day = np.nonzero(shut)
    reason = np.where(said[warehouse, day] == _SHUT, 0, np.where(day < n_known, 1, 2))
    return pd.DataFrame(
        {
            "warehouse_id": Labels.coded(warehouse, warehouses.names).categorical(),
            "ds": np.datetime64(first, "us") + day * np.timedelta64(1, "D"),
            "reason": Labels.coded(reason, REASONS).categorical(),
        },
        columns=CLOSED_DAYS,
    )


def know_closures(panel: DemandPanel, closed: pd.DataFrame, horizon: int) -> DemandPanel:
    """Return a panel that knows in which periods ahead its warehouses are shut.

    Parameters
    ----------
    panel : of days or hours
    closed : warehouse_id, ds; as `find_closed_days` returns them
    horizon : periods ahead
    """
    future = panel.future(horizon).astype("datetime64[D]")
    days = np.unique(future)
    own = Labels.of(closed["warehouse_id"]).places_in(panel.warehouse_id.names)
    place = pd.Index(days).get_indexer(pd.Index(_days_of(closed["ds"])))
    concerned = (own >= 0) & (place >= 0)
    if not concerned.any():
        return panel
    shut = np.zeros((len(panel.warehouse_id.names), len(days)), np.bool_)
    shut[own[concerned], place[concerned]] = True
    return replace(
        panel, closed=shut[panel.warehouse_id.codes[:, None], np.searchsorted(days, future)]
    )


@cache
def easter(year: int) -> date:
    """Return Easter Sunday of a year."""
    return (pd.Timestamp(year, 1, 1) + pd.offsets.Easter()).date()


def _days_of(ds: pd.Series) -> Dates:
    return ds.to_numpy("datetime64[D]")


def _places_of(ds: pd.Series) -> tuple[Integers, date]:
    """Return the place of each day, counted from the first, and the first."""
    days = _days_of(ds)
    first = days.min()
    return (days - first).astype(np.int64), first.item()


def _lay_declared(
    declared: pd.DataFrame | None, names: NDArray[np.object_], first: date, n_days: int
) -> Integers:
    """Return what is declared of each warehouse and day: `_SHUT`, `_OPEN`, or -1 for nothing."""
    said = np.full((len(names), n_days), -1, np.int64)
    if declared is None:
        return said
    place = (_days_of(declared["ds"]) - np.datetime64(first)).astype(np.int64)
    what = np.where(declared["closed"].to_numpy(np.bool_), _SHUT, _OPEN)
    whose = declared["warehouse_id"].astype(object)
    rows = pd.Index(names).get_indexer(pd.Index(whose))
    within = (place >= 0) & (place < n_days)
    every, own = within & (whose == ANY).to_numpy(), within & (rows >= 0)
    said[:, place[every]] = what[every]
    said[rows[own], place[own]] = what[own]
    return said


class _Past(NamedTuple):
    """What became of past days, and how far each is into its closure, and from its end.

    Parameters
    ----------
    known : (n_warehouses, n_days) int64, silent, open or shut
    into, from_end : (2, n_warehouses, n_days) int64, fewest and most days: a silent one beside a
        closure may be of it
    """

    known: Integers
    into: Integers
    from_end: Integers

    @classmethod
    def of(cls, known: Integers) -> "_Past":
        return cls(known, _run_before(known), _run_before(known[:, ::-1])[:, :, ::-1])


def _run_before(known: Integers) -> Integers:
    """Return how many days in a row before each were shut, and how many not open."""
    found = np.zeros((2, *known.shape), np.int64)
    for day in range(1, known.shape[1]):
        before = known[:, day - 1]
        found[0, :, day] = np.where(before == _SHUT, found[0, :, day - 1] + 1, 0)
        found[1, :, day] = np.where(before != _OPEN, found[1, :, day - 1] + 1, 0)
    return found


def _is_kept(past: _Past, first: date, day: date) -> Flags:
    """Whether each warehouse was shut on a day's like in the two newest years that tell.

    In both the like was as many days into the closure and from its end; one of these is enough by
    date. The 25th and 26th of December may be the fourth Mondays of two years, and weeks in August
    are at some same distance from any Easter: no such day is kept. A warehouse that has fewer
    years, and none in which it was open, goes with most of the others.
    """
    known = past.known
    kept = np.zeros(len(known), np.bool_)
    for like in _LIKES:
        told, shut = np.zeros(len(known), np.int64), np.zeros(len(known), np.int64)
        places: list[tuple[int, Flags]] = []
        for year in range(day.year - 1, first.year - 1, -1):
            other = like(day, year)
            place = -1 if other is None else (other - first).days
            if not 0 <= place < known.shape[1]:
                continue
            tells = (known[:, place] != _SILENT) & (told < _YEARS)
            told += tells
            shut += tells & (known[:, place] == _SHUT)
            places.append((place, tells))
        alike = [_agree(run, places) for run in (past.into, past.from_end)]
        same = alike[0] | alike[1] if like is _by_date else alike[0] & alike[1]
        kept |= (shut == _YEARS) & same
        tells = told == _YEARS
        if 2 * np.count_nonzero(kept & tells) > np.count_nonzero(tells) >= _FEWEST:
            kept |= ~tells & (shut == told)
    return kept


def _agree(run: Integers, places: Sequence[tuple[int, Flags]]) -> Flags:
    """Whether each warehouse's days that tell may be equally far into a closure."""
    fewest = np.zeros(run.shape[1], np.int64)
    most = np.full(run.shape[1], run.shape[2], np.int64)
    for place, tells in places:
        fewest = np.where(tells, np.maximum(fewest, run[0, :, place]), fewest)
        most = np.where(tells, np.minimum(most, run[1, :, place]), most)
    return np.asarray(fewest <= most)


def _by_date(day: date, year: int) -> date | None:
    leaps = (day.month, day.day) == (2, 29) and not calendar.isleap(year)
    return None if leaps else day.replace(year=year)


def _by_easter(day: date, year: int) -> date | None:
    return easter(year) + (day - easter(day.year))


def _by_weekday(day: date, year: int) -> date | None:
    """Return the first, second, ... such weekday of the month."""
    start = date(year, day.month, 1)
    into = (day.weekday() - start.weekday()) % 7 + (day.day - 1) // 7 * 7
    other = start + timedelta(into)
    return other if other.month == day.month else None


def _by_last_weekday(day: date, year: int) -> date | None:
    """Return the last, last but one, ... such weekday of the month."""
    own_end, end = (
        date(y, day.month, calendar.monthrange(y, day.month)[1]) for y in (day.year, year)
    )
    back = (end.weekday() - day.weekday()) % 7 + (own_end - day).days // 7 * 7
    other = end - timedelta(back)
    return other if other.month == day.month else None


_LIKES: Sequence[Callable[[date, int], date | None]] = (
    _by_date,
    _by_easter,
    _by_weekday,
    _by_last_weekday,
)
