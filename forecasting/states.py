"""Fitted models of many series that last from one night to the next, as arrays and as a frame."""

from dataclasses import dataclass, fields
from typing import Any, Generic, Self

import numpy as np
import pandas as pd

from forecasting.errors import PanelError
from forecasting.ets_columns import ets_columns, fill_ets
from forecasting.fits import F, columns_of, fill_fits, take_fits
from forecasting.labels import Labels
from forecasting.panel import SERIES, find_series
from kernels.arrays import Flags, Floats, Integers, Words
from kernels.ets_fits import EtsFits

_PERIODS = {
    "first": "first_period",
    "start": "start_period",
    "last": "last_period",
    "fitted": "fitted_period",
}


@dataclass(frozen=True)
class SeriesStates(Generic[F]):
    """One model of a line-up, fitted to series, after the last period each has seen.

    Parameters
    ----------
    warehouse_id, item_id : of (n_series,)
    fits : the model's, a row a series; each series has one
    signal : (n_series,) float64, average of standardised errors since the fit (`kernels.drift`)
    first, last : (n_series,) int64, numbers since 1970 of the first and last period of the history
    start : (n_series,) int64, of the period that the fits' starting states come before
    fitted : (n_series,) int64, of the last period when the parameters were fitted
    data, recent : (n_series,) uint64, hash of the observed history (`kernels.history_hash`), and
        of its last `forecasting.histories.RECENT` periods
    treated : (n_series,) bool, whether models learnt from anything but what was observed
    """

    warehouse_id: Labels
    item_id: Labels
    fits: F
    signal: Floats
    first: Integers
    start: Integers
    last: Integers
    fitted: Integers
    data: Words
    recent: Words
    treated: Flags

    def __len__(self) -> int:
        """Return the number of series."""
        return len(self.signal)

    @classmethod
    def none(cls, fits: F) -> Self:
        """Return no states, of the model whose fits of no series are given."""
        ids, periods, words = Labels.of(()), np.empty(0, np.int64), np.empty(0, np.uint64)
        flags = np.empty(0, np.bool_)
        return cls(
            ids, ids, fits, np.empty(0), periods, periods, periods, periods, words, words, flags
        )

    def of(self, chosen: Integers) -> Self:
        """Return the states of some series."""
        ids = (self.warehouse_id.take(chosen), self.item_id.take(chosen))
        parts: dict[str, Any] = {
            each.name: getattr(self, each.name)[chosen]
            for each in fields(self)
            if each.name not in (*SERIES, "fits")
        }
        return type(self)(*ids, fits=take_fits(self.fits, chosen), **parts)

    def find(self, warehouse_id: Labels, item_id: Labels) -> Integers:
        """Return the place of each series among the states, -1 where it has none."""
        return find_series((self.warehouse_id, self.item_id), (warehouse_id, item_id))

    def to_frame(self) -> pd.DataFrame:
        """Return a row per series: ids, parameters, state, and what they were learnt from.

        An array of the fits that has places, of a season say, has a column for each.
        """
        fits = self.fits
        columns: dict[str, object] = {
            "warehouse_id": self.warehouse_id.categorical(),
            "item_id": self.item_id.categorical(),
            **(ets_columns(fits) if isinstance(fits, EtsFits) else columns_of(fits)),
            "signal": self.signal,
            **{column: getattr(self, name) for name, column in _PERIODS.items()},
            "data": self.data,
            "recent": self.recent,
            "treated": self.treated,
        }
        return pd.DataFrame(columns)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, none: F) -> Self:
        """Return the states of a frame that `to_frame` made.

        Parameters
        ----------
        frame : a row per series
        none : fits of no series by the same model, with a season of the same length

        Raises
        ------
        PanelError
            Where a column is missing, or a model is unknown.
        """
        try:
            fits: Any = fill_ets(frame) if isinstance(none, EtsFits) else fill_fits(none, frame)
            return cls(
                Labels.of(frame["warehouse_id"]),
                Labels.of(frame["item_id"]),
                fits,
                frame["signal"].to_numpy(np.float64),
                data=frame["data"].to_numpy(np.uint64),
                recent=frame["recent"].to_numpy(np.uint64),
                treated=frame["treated"].to_numpy(np.bool_),
                **{name: frame[column].to_numpy(np.int64) for name, column in _PERIODS.items()},
            )
        except KeyError as error:
            raise PanelError(f"states must have a column {error}; they lack it") from error
