"""What stands out of demand histories: outliers, shifts of the level, and surprises at the end."""

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from forecasting.labels import Labels
from forecasting.models.protocol import Seasons
from forecasting.panel import SERIES, Batch, DemandPanel
from kernels.arrays import Flags, Floats, Integers
from kernels.level_shifts import find_shifts, find_surprises
from kernels.outliers import WEEKS_IN_YEAR, find_outliers

ANOMALIES = [*SERIES, "ds", "kind", "value", "expected", "capped"]
OUTLIER, SHIFT, SURPRISE = "outlier", "level shift", "anomaly"


@dataclass(frozen=True)
class Anomalies:
    """What stood out, and the demand that models may learn from instead.

    Parameters
    ----------
    capped : demand, outliers brought to three spreads from what was expected
    series, periods : (n,) int64, number of the series, and of the period in it
    kind : of (n,): "outlier", "level shift" (from this period on) or "anomaly" (among the newest
        periods)
    value, expected : (n,) float64, units per period; of a shift the medians after and before
    panel : whose demand it is
    """

    capped: Batch
    series: Integers
    periods: Integers
    kind: Labels
    value: Floats
    expected: Floats
    panel: DemandPanel

    def frame(self, *, capping: bool) -> pd.DataFrame:
        """Return warehouse_id, item_id, ds, kind, value, expected and capped, by series and time.

        Parameters
        ----------
        capping : whether outliers were brought nearer to what was expected
        """
        warehouse, item = self.panel.warehouse_id.codes, self.panel.item_id.codes
        ds = self.panel.past(self.series, self._back)
        order = np.lexsort((self.kind.codes, ds, item[self.series], warehouse[self.series]))
        kind = self.kind.take(order)
        return pd.DataFrame(
            {
                **self.panel.ids(self.series[order]),
                "ds": ds[order],
                "kind": kind.categorical(),
                "value": self.value[order],
                "expected": self.expected[order],
                "capped": kind.are(OUTLIER) & capping,
            },
            columns=ANOMALIES,
        )

    @property
    def _back(self) -> Integers:
        return self.panel.batch.lengths[self.series] - 1 - self.periods


def find_anomalies(panel: DemandPanel, batch: Batch, seasons: Seasons) -> Anomalies:
    """Find what stands out of each series, by itself.

    An outlier is one or two periods beyond six spreads of the level and season around them, and
    not the last, unless another year has such a one too; of demand that mostly pauses, a size
    beyond six spreads of its sizes. An anomaly is among the newest periods, beyond six spreads of
    those before. A shift is a step between the medians of four weeks of periods, sharper than a
    trend, that no year repeats; it is named once, at the first period of the new level.

    Parameters
    ----------
    panel : of the series
    batch : its demand, censored periods raised; what was raised is never an outlier
    seasons : how demand repeats itself

    References
    ----------
    Chen & Liu (1993), "Joint estimation of model parameters and outlier effects in time series",
    JASA 88(421).
    """
    expected, capped = _cap(batch, seasons)
    before, after = np.empty_like(capped), np.empty_like(capped)
    # The newest demand is that of a week, or of one period where these are longer.
    year, newest = round(seasons.year), max(round(seasons.year / WEEKS_IN_YEAR), 1)
    find_shifts(batch.values, batch.offsets, seasons.length, year, before, after)
    surprise = np.empty_like(capped)
    find_surprises(batch.values, batch.offsets, seasons.length, newest, surprise)
    surprise[np.isfinite(expected)] = np.nan
    found = [
        _Found.where(OUTLIER, batch.values, expected),
        _Found.where(SHIFT, after, before),
        _Found.where(SURPRISE, batch.values, surprise),
    ]
    place = np.concatenate([each.places for each in found])
    series = np.searchsorted(batch.offsets, place, side="right") - 1
    return Anomalies(
        replace(batch, values=capped),
        series,
        place - batch.offsets[series],
        Labels.coded(
            np.repeat(np.arange(len(found)), [len(each.places) for each in found]),
            [each.kind for each in found],
        ),
        np.concatenate([each.value for each in found]),
        np.concatenate([each.expected for each in found]),
        panel,
    )


def cap_outliers(batch: Batch, seasons: Seasons) -> Batch:
    """Return demand with the outliers that `find_anomalies` finds brought nearer, and no more.

    Parameters
    ----------
    batch : demand, censored periods raised
    seasons : how demand repeats itself
    """
    return replace(batch, values=_cap(batch, seasons)[1])


def _cap(batch: Batch, seasons: Seasons) -> tuple[Floats, Floats]:
    """Return what was expected of outliers, NaN elsewhere, and demand with outliers capped."""
    expected, capped = np.empty_like(batch.values), np.empty_like(batch.values)
    find_outliers(batch.values, batch.offsets, seasons.length, seasons.year, expected, capped)
    if batch.raised is not None:
        expected[batch.raised] = np.nan
        capped = np.where(batch.raised, batch.values, capped)
        # What is expected of a censored period is no whole number; the rest of its series may be.
        units = np.floor(capped + 0.5)
        capped = np.where(np.isfinite(expected) & _are_whole(batch), units, capped)
    return expected, capped


def _are_whole(batch: Batch) -> Flags:
    """Whether each period is of a series that was only observed in whole units."""
    whole = np.equal(batch.values, np.floor(batch.values))
    if batch.raised is not None:
        whole |= batch.raised
    return np.repeat(np.logical_and.reduceat(whole, batch.offsets[:-1]), batch.lengths)


class _Found(NamedTuple):
    kind: str
    places: Integers
    value: Floats
    expected: Floats

    @classmethod
    def where(cls, kind: str, value: Floats, expected: Floats) -> Self:
        """Return what something was expected of."""
        places = np.flatnonzero(np.isfinite(expected))
        return cls(kind, places, value[places], expected[places])
