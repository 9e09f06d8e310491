"""What of a history a stored row was made from, and whether tonight's is that one and more."""

from typing import NamedTuple

import numpy as np

from forecasting.panel import DemandPanel
from kernels.arrays import Flags, Integers, Words
from kernels.history_hash import hash_histories

# By these a history that lost its oldest periods is known again.
RECENT = 56


class Seen(NamedTuple):
    """Histories as they were seen.

    Parameters
    ----------
    first, last : (n_series,) int64, numbers since 1970 of the first and last period
    data, recent : (n_series,) uint64, hash of the observed history (`kernels.history_hash`), and
        of its last `RECENT` periods
    """

    first: Integers
    last: Integers
    data: Words
    recent: Words


def see_histories(panel: DemandPanel, chosen: Integers) -> Seen:
    """Return what is to be stored of the histories of some series."""
    first, last = first_periods(panel)[chosen], panel.last_periods[chosen]
    starts, stops = panel.batch.offsets[chosen], panel.batch.offsets[chosen + 1]
    data = hash_histories(panel.batch.values, panel.censored, starts, stops, first)
    return Seen(first, last, data, _hash_recent(panel, starts, stops, first))


def go_on(panel: DemandPanel, series: Integers, seen: Seen) -> Flags:
    """Return whether histories are those that were seen, and maybe more.

    Every observed value and stock-out is the same; or, where the oldest periods were dropped, the
    last `RECENT` ones.

    Parameters
    ----------
    panel : demand as observed tonight
    series : (n,) int64, numbers of the series
    seen : of the same series
    """
    starts, stops = panel.batch.offsets[series], panel.batch.offsets[series + 1]
    first, last = first_periods(panel)[series], panel.last_periods[series]
    known = np.clip(stops - (last - seen.last), starts, stops)
    reaches = (seen.last <= last) & (known > starts)
    whole = hash_histories(panel.batch.values, panel.censored, starts, known, first)
    recent = _hash_recent(panel, starts, known, first)
    enough = known - starts >= RECENT
    same = np.where(first == seen.first, whole == seen.data, enough & (recent == seen.recent))
    return np.asarray(reaches & (first >= seen.first) & same)


def first_periods(panel: DemandPanel) -> Integers:
    """Return the number since 1970 of each series' first period."""
    return np.asarray(panel.last_periods - panel.batch.lengths + 1)


def _hash_recent(panel: DemandPanel, starts: Integers, stops: Integers, first: Integers) -> Words:
    begun = np.maximum(stops - RECENT, starts)
    since: Integers = first + begun - starts
    return hash_histories(panel.batch.values, panel.censored, begun, stops, since)
