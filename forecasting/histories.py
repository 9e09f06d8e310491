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


class HistoryHashes:
    """Hashes of a panel's histories up to some observation of each, worked out once.

    Several models of a series mostly ask for the same.

    Parameters
    ----------
    panel : demand as observed
    """

    def __init__(self, panel: DemandPanel) -> None:
        self._panel = panel
        self._stops = np.full(len(panel), -1)
        self._data, self._recent = np.zeros((2, len(panel)), np.uint64)

    def up_to(self, series: Integers, stops: Integers) -> tuple[Words, Words]:
        """Return the hashes of some series, and of their last `RECENT` periods before the stops.

        Parameters
        ----------
        series : (n,) int64, numbers of the series
        stops : (n,) int64, observations after the last that counts
        """
        panel, new = self._panel, self._stops[series] != stops
        some, until = series[new], stops[new]
        starts, first = panel.batch.offsets[some], first_periods(panel)[some]
        self._data[some] = hash_histories(panel.batch.values, panel.censored, starts, until, first)
        self._recent[some] = _hash_recent(panel, starts, until, first)
        self._stops[some] = until
        return self._data[series], self._recent[series]


def see_histories(
    panel: DemandPanel, chosen: Integers, hashes: HistoryHashes | None = None
) -> Seen:
    """Return what is to be stored of the histories of some series.

    Parameters
    ----------
    panel : demand as observed
    chosen : (n,) int64, numbers of the series
    hashes : of the panel, with what is known already
    """
    first, last = first_periods(panel)[chosen], panel.last_periods[chosen]
    known = HistoryHashes(panel) if hashes is None else hashes
    return Seen(first, last, *known.up_to(chosen, panel.batch.offsets[chosen + 1]))


def go_on(
    panel: DemandPanel, series: Integers, seen: Seen, hashes: HistoryHashes | None = None
) -> Flags:
    """Return whether histories are those that were seen, and maybe more.

    Every observed value and stock-out is the same; or, where the oldest periods were dropped, the
    last `RECENT` ones.

    Parameters
    ----------
    panel : demand as observed tonight
    series : (n,) int64, numbers of the series
    seen : of the same series
    hashes : of the panel, with what is known already
    """
    starts, stops = panel.batch.offsets[series], panel.batch.offsets[series + 1]
    first, last = first_periods(panel)[series], panel.last_periods[series]
    known = np.clip(stops - (last - seen.last), starts, stops)
    reaches = (seen.last <= last) & (known > starts)
    own = HistoryHashes(panel) if hashes is None else hashes
    whole, recent = own.up_to(series, known)
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
