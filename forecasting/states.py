"""Fitted models of many series that last from one night to the next, as arrays and as a frame."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import pandas as pd

from forecasting.errors import PanelError
from forecasting.labels import Labels
from forecasting.panel import SERIES, find_series
from kernels.arrays import Flags, Floats, Integers, Words
from kernels.ets import ALPHA, BETA, GAMMA, MODEL_NAMES, PHI, EtsFits, no_fits
from kernels.ets_lanes import count_smoothing
from kernels.ets_step import DAMPED

_NUMBERS = np.full(max(MODEL_NAMES.values()) + 1, "", dtype=object)
for _name, _number in MODEL_NAMES.items():
    _NUMBERS[_number] = _name
_PERIODS = {
    "first": "first_period",
    "start": "start_period",
    "last": "last_period",
    "fitted": "fitted_period",
}


@dataclass(frozen=True)
class SeriesStates:
    """Exponential smoothing models of series, as they stand after the last period each has seen.

    Parameters
    ----------
    warehouse_id, item_id : of (n_series,)
    fits : the models; each series has one
    signal : (n_series,) float64, average of standardised errors since the fit
        (`kernels.ets_forward`)
    first, last : (n_series,) int64, numbers since 1970 of the first and last period of the history
    start : (n_series,) int64, of the period that the models' starting states come before
    fitted : (n_series,) int64, of the last period when the parameters were fitted
    data, recent : (n_series,) uint64, hash of the observed history (`kernels.history_hash`), and
        of its last `forecasting.histories.RECENT` periods
    treated : (n_series,) bool, whether models learnt from anything but what was observed
    """

    warehouse_id: Labels
    item_id: Labels
    fits: EtsFits
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
    def none(cls, season_length: int) -> Self:
        """Return no states."""
        ids, periods, words = Labels.of(()), np.empty(0, np.int64), np.empty(0, np.uint64)
        fits, flags = no_fits(0, season_length), np.empty(0, np.bool_)
        return cls(
            ids, ids, fits, np.empty(0), periods, periods, periods, periods, words, words, flags
        )

    def of(self, chosen: Integers) -> Self:
        """Return the states of some series."""
        ids = (self.warehouse_id.take(chosen), self.item_id.take(chosen))
        parts = {
            each.name: getattr(self, each.name)[chosen]
            for each in fields(self)
            if each.name not in (*SERIES, "fits")
        }
        return type(self)(*ids, EtsFits._make(part[chosen] for part in self.fits), **parts)

    def find(self, warehouse_id: Labels, item_id: Labels) -> Integers:
        """Return the place of each series among the states, -1 where it has none."""
        return find_series((self.warehouse_id, self.item_id), (warehouse_id, item_id))

    def to_frame(self) -> pd.DataFrame:
        """Return a row per series: ids, model, parameters, state, and what they were learnt from.

        Season columns are as many as the season has periods; a starting season is of the place in
        it, the first one left out, as it follows from the others.
        """
        m = self.fits.seasons.shape[1]
        smoothing = self.fits.smoothing
        columns: dict[str, object] = {
            "warehouse_id": self.warehouse_id.categorical(),
            "item_id": self.item_id.categorical(),
            "model": Labels.coded(self.fits.model, _NUMBERS).categorical(),
            **{name: smoothing[:, place] for name, place in _SMOOTHING.items()},
            "level": self.fits.level,
            "trend": self.fits.trend,
            **{_season(j): self.fits.seasons[:, j] for j in range(m)},
            "variance": self.fits.variance,
            "criterion": self.fits.criterion,
            **dict(zip(_start_columns(m), _spread_start(self.fits).T, strict=True)),
            "signal": self.signal,
            **{column: getattr(self, name) for name, column in _PERIODS.items()},
            "data": self.data,
            "recent": self.recent,
            "treated": self.treated,
        }
        return pd.DataFrame(columns)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Self:
        """Return the states of a frame that `to_frame` made.

        Raises
        ------
        PanelError
            Where a column is missing, or a model is unknown.
        """
        m = sum(str(name).startswith("season_") for name in frame.columns)
        try:
            named = Labels.of(frame["model"])
            if not set(named.names) <= set(MODEL_NAMES):
                raise PanelError(f"model must be one of {', '.join(sorted(MODEL_NAMES))}")
            numbers = np.array([MODEL_NAMES[name] for name in named.names], np.int64)
            fits = _fits(frame, numbers[named.codes], m)
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


_SMOOTHING = {"alpha": ALPHA, "beta": BETA, "gamma": GAMMA, "phi": PHI}


def _season(place: int) -> str:
    return f"season_{place:02d}"


def _start_columns(m: int) -> list[str]:
    return ["start_level", "start_trend", *(f"start_season_{j:02d}" for j in range(1, m))]


def _fits(frame: pd.DataFrame, model: Integers, m: int) -> EtsFits:
    fits = no_fits(len(frame), m)
    seasons = frame[[_season(j) for j in range(m)]].to_numpy(np.float64)
    fits.smoothing[:] = frame[list(_SMOOTHING)].to_numpy(np.float64)
    starts = frame[_start_columns(m)].to_numpy(np.float64)
    found = fits._replace(
        model=model,
        seasons=np.ascontiguousarray(seasons),
        **{
            name: frame[name].to_numpy(np.float64, copy=True)
            for name in ("level", "trend", "variance", "criterion")
        },
    )
    _fill_start(found, starts)
    return found


def _spread_start(fits: EtsFits) -> Floats:
    """Return starting level, trend and seasons of every series, (n_series, 1 + m)."""
    m = fits.seasons.shape[1]
    out = np.zeros((len(fits.model), 1 + m))
    for model in np.unique(fits.model):
        rows = np.flatnonzero(fits.model == model)
        for place, column in _start_places(int(model), m):
            out[rows, column] = fits.start[rows, place]
    return out


def _fill_start(fits: EtsFits, starts: Floats) -> None:
    """Fill the parameters in the order that fits have them, from smoothing and `_spread_start`."""
    m = fits.seasons.shape[1]
    for model in np.unique(fits.model):
        rows = np.flatnonzero(fits.model == model)
        trend, season = int(model) % 9 // 3, int(model) % 3
        used = [ALPHA, *[BETA] * (trend > 0), *[GAMMA] * (season > 0), *[PHI] * (trend == DAMPED)]
        for place, column in enumerate(used):
            fits.start[rows, place] = fits.smoothing[rows, column]
        for place, column in _start_places(int(model), m):
            fits.start[rows, place] = starts[rows, column]


def _start_places(model: int, m: int) -> list[tuple[int, int]]:
    """Return where a model's starting states are in its parameters, and in which column."""
    trend, season = model % 9 // 3, model % 3
    columns = [0, *[1] * (trend > 0), *(range(2, 1 + m) if season > 0 else ())]
    first = count_smoothing(trend, season)
    return [(first + place, column) for place, column in enumerate(columns)]
