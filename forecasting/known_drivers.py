"""What moves demand, as known at the end of each series of a batch."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from kernels.arrays import Floats, Integers


@dataclass(frozen=True)
class KnownDrivers:
    """Rows of driver columns, and where each series stands in them.

    Parameters
    ----------
    columns : (n_rows, n_columns) float64, a row for each period of each series and of its horizon;
        NaN where a driver is not known. A row holds what is known of its period a horizon before
        it, so that every origin may look a horizon ahead
    ends : (n_series,) int64, the row of the first period ahead of each series
    periods : (n_series,) int64, number since 1970 of each series' last period
    groups : (n_series,) int64, number of the group whose effects a series takes
    """

    columns: Floats
    ends: Integers
    periods: Integers
    groups: Integers

    def cut(self, chosen: Integers, drop_last: Integers) -> Self:
        """Return what was known of some series so many periods ago; the rows are shared.

        Parameters
        ----------
        chosen : (n,) int64, numbers of the series
        drop_last : (n,) int64, periods since
        """
        return replace(
            self,
            ends=self.ends[chosen] - drop_last,
            periods=self.periods[chosen] - drop_last,
            groups=self.groups[chosen],
        )

    def past(self, lengths: Integers) -> Integers:
        """Return the rows of the last periods of each series, end to end."""
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        starts = self.ends - lengths
        return np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)

    def ahead(self, horizon: int) -> Integers:
        """Return the rows of the periods ahead of each series, (n_series, horizon)."""
        return np.asarray(self.ends[:, None] + np.arange(horizon))
