"""Demand histories of many series, end to end in flat arrays."""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kernels.arrays import Dates, Flags, Floats, Integers
from kernels.demand_history import uncensor

Frequency = Literal["h", "D", "W", "MS"]
SERIES = ["warehouse_id", "item_id"]

_STEPS: dict[Frequency, np.timedelta64] = {
    "h": np.timedelta64(1, "h"),
    "D": np.timedelta64(1, "D"),
    "W": np.timedelta64(7, "D"),
}


@dataclass(frozen=True)
class Batch:
    """Values of many series, end to end.

    Parameters
    ----------
    values : (n_observations,) float64, no NaN
    offsets : (n_series + 1,) int64, where each series starts
    """

    values: Floats
    offsets: Integers

    def __len__(self) -> int:
        """Return the number of series."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Integers:
        """Observations of each series."""
        return np.diff(self.offsets)

    def series(self, number: int) -> Floats:
        """Return the values of one series."""
        return self.values[self.offsets[number] : self.offsets[number + 1]]

    def cut(self, chosen: Integers, drop_last: Integers, keep: int | None) -> "Batch":
        """Return some series without their last observations, and the last ``keep`` of the rest.

        Parameters
        ----------
        chosen : (n,) int64, numbers of the series
        drop_last : (n,) int64, observations to leave out at each end
        keep : most observations of each; None keeps all
        """
        stops = self.offsets[chosen + 1] - drop_last
        starts = self.offsets[chosen]
        if keep is not None:
            starts = np.maximum(starts, stops - keep)
        lengths = stops - starts
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        places = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - starts, lengths)
        return Batch(self.values[places], offsets)


@dataclass(frozen=True)
class DemandPanel:
    """Demand of many warehouse x item series on one regular grid.

    Parameters
    ----------
    warehouse_id, item_id : (n_series,) object
    frequency : of the grid
    batch : demand as observed, units per period
    censored : (n_observations,) bool, stock ran out: demand was at least what is there
    last_ds : (n_series,) datetime64[us], start of each series' last period
    """

    warehouse_id: NDArray[np.object_]
    item_id: NDArray[np.object_]
    frequency: Frequency
    batch: Batch
    censored: Flags
    last_ds: Dates

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, frequency: Frequency) -> Self:
        """Return the panel of a frame sorted by warehouse_id, item_id and ds.

        Parameters
        ----------
        frame : warehouse_id, item_id, ds, quantity (no NaN, a regular grid in each series),
            censored
        frequency : of the grid
        """
        warehouse = frame["warehouse_id"].to_numpy(dtype=object)
        item = frame["item_id"].to_numpy(dtype=object)
        new = np.ones(len(frame), dtype=bool)
        new[1:] = (warehouse[1:] != warehouse[:-1]) | (item[1:] != item[:-1])
        starts = np.flatnonzero(new)
        offsets = np.append(starts, len(frame)).astype(np.int64)
        values = frame["quantity"].to_numpy(dtype=np.float64, copy=True)
        ds = frame["ds"].to_numpy(dtype="datetime64[us]")
        return cls(
            warehouse[starts],
            item[starts],
            frequency,
            Batch(values, offsets),
            frame["censored"].to_numpy(dtype=bool),
            ds[offsets[1:] - 1],
        )

    def __len__(self) -> int:
        """Return the number of series."""
        return len(self.batch)

    @property
    def entities(self) -> list[str]:
        """Series names, ids joined with "/"."""
        return [f"{w}/{i}" for w, i in zip(self.warehouse_id, self.item_id, strict=True)]

    def uncensored(self, season_length: int) -> Batch:
        """Return demand with censored periods raised to what their neighbours suggest."""
        out = np.empty_like(self.batch.values)
        uncensor(self.batch.values, self.censored, self.batch.offsets, season_length, out)
        return Batch(out, self.batch.offsets)

    def future(self, horizon: int) -> Dates:
        """Return the starts of the next periods of each series, (n_series, horizon)."""
        ahead = np.arange(1, horizon + 1)
        if self.frequency == "MS":
            months = self.last_ds.astype("datetime64[M]")[:, None] + ahead
            return months.astype("datetime64[us]")
        return self.last_ds[:, None] + ahead * _STEPS[self.frequency]
