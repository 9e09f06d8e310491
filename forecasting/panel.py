"""Demand histories of many series, end to end in flat arrays."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.errors import PanelError
from forecasting.fits import Fits, take_fits
from forecasting.grid import Frequency, check_grid, earlier_periods, future_periods, period_numbers
from forecasting.known_drivers import KnownDrivers
from forecasting.known_seasons import KnownSeasons
from forecasting.labels import EntityNames, Labels
from kernels.arrays import Dates, Flags, Floats, Integers
from kernels.censored_demand import uncensor

SERIES = ["warehouse_id", "item_id"]
COLUMNS = [*SERIES, "ds", "quantity", "censored"]
# Units in a period; squares and sums of more would leave nothing of other series'.
LARGEST_QUANTITY = 1e12


@dataclass(frozen=True)
class Batch:
    """Values of many series, end to end.

    Parameters
    ----------
    values : (n_observations,) float64, no NaN
    offsets : (n_series + 1,) int64, where each series starts
    raised : (n_observations,) bool, values that are expected and not observed; None is none
    drivers : what moves demand, as known at the end of each series; None is nothing
    shared : what series share of seasons, as known at the end of each; None is nothing
    fitted : a model -> its fits to the series, carried to their last periods; None where there are
        none to take
    """

    values: Floats
    offsets: Integers
    raised: Flags | None = None
    drivers: KnownDrivers | None = None
    shared: KnownSeasons | None = None
    fitted: Mapping[Hashable, Fits] | None = None

    def __len__(self) -> int:
        """Return the number of series."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Integers:
        """Observations of each series."""
        return np.diff(self.offsets)

    def fitted_by(self, model: Hashable) -> Any:  # noqa: ANN401 - the model knows its fits
        """Return the fits of a model that the batch brings, None where it brings none."""
        return None if self.fitted is None else self.fitted.get(model)

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
        raised = None if self.raised is None else self.raised[places]
        drivers = None if self.drivers is None else self.drivers.cut(chosen, drop_last)
        shared = None if self.shared is None else self.shared.cut(chosen, drop_last)
        # A model has seen all of its series, and an earlier origin must not know of it.
        fitted = None
        if self.fitted is not None and keep is None and not drop_last.any():
            fitted = {model: take_fits(fits, chosen) for model, fits in self.fitted.items()}
        return Batch(self.values[places], offsets, raised, drivers, shared, fitted)

    def take(self, chosen: Integers) -> "Batch":
        """Return some series whole.

        Parameters
        ----------
        chosen : (n,) int64, numbers of the series
        """
        return self.cut(chosen, np.zeros(len(chosen), np.int64), None)

    def observed(self) -> "Batch":
        """Return what was observed alone; a series of which nothing was keeps what it has."""
        if self.raised is None or not len(self):
            return self
        kept = ~self.raised
        seen = np.add.reduceat(kept, self.offsets[:-1])
        kept |= np.repeat(seen == 0, self.lengths)
        lengths = np.where(seen == 0, self.lengths, seen)
        return Batch(self.values[kept], np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


@dataclass(frozen=True)
class DemandPanel:
    """Demand of many warehouse x item series on one regular grid.

    Parameters
    ----------
    warehouse_id, item_id : of (n_series,)
    frequency : of the grid
    batch : demand as observed, units per period
    censored : (n_observations,) bool, stock ran out: demand was at least what is there
    last_ds : (n_series,) datetime64[us], start of each series' last period
    closed : (n_series, horizon) bool, periods ahead in which the warehouse is shut, and demand is
        none; None is in none
    """

    warehouse_id: Labels
    item_id: Labels
    frequency: Frequency
    batch: Batch
    censored: Flags
    last_ds: Dates
    closed: Flags | None = None

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, frequency: Frequency) -> Self:
        """Return the panel of a frame sorted by warehouse_id, item_id and ds.

        Parameters
        ----------
        frame : warehouse_id, item_id (text, or categoricals of it), ds (a regular grid in each
            series), quantity (units per period, from 0 to 1e12, no NaN), censored; other columns
            are not looked at
        frequency : of the grid

        Raises
        ------
        PanelError
            Where the frequency is none there is, a column is missing or there twice, an id is
            missing, a quantity is not a number from 0 to 1e12, or the rows of a series are not
            together and one period apart.
        """
        if frequency not in get_args(Frequency):
            named = ", ".join(get_args(Frequency))
            raise PanelError(f"frequency must be one of {named}; got {frequency!r}")
        missing = [name for name in COLUMNS if name not in frame.columns]
        if missing or frame.empty:
            lacks = f"columns {', '.join(missing)}" if missing else "rows"
            raise PanelError(f"demand must have rows of {', '.join(COLUMNS)}; it lacks {lacks}")
        for name in COLUMNS:
            if (times := list(frame.columns).count(name)) > 1:
                raise PanelError(f"demand must have one column {name!r}; it has {times}")
        new = _changes(frame["warehouse_id"]) | _changes(frame["item_id"])
        starts = np.flatnonzero(new)
        _check_ids(frame, starts)
        warehouse, item = (Labels.of(frame[name].iloc[starts]) for name in SERIES)
        offsets = np.append(starts, len(frame)).astype(np.int64)
        values = frame["quantity"].to_numpy(dtype=np.float64, copy=True)
        ds = frame["ds"].to_numpy(dtype="datetime64[us]")
        _check_quantities(values)
        _check_series(warehouse, item)
        check_grid(ds, new, frequency)
        return cls(
            warehouse,
            item,
            frequency,
            Batch(values, offsets),
            frame["censored"].to_numpy(dtype=bool),
            ds[offsets[1:] - 1],
        )

    def __len__(self) -> int:
        """Return the number of series."""
        return len(self.batch)

    @property
    def entities(self) -> EntityNames:
        """Series names, ids joined with "/"."""
        return EntityNames(self.warehouse_id, self.item_id)

    def ids(self, series: Integers) -> dict[str, pd.Categorical]:
        """Return the ids of some series, a row each as often as it is named, by column."""
        known = zip(SERIES, (self.warehouse_id, self.item_id), strict=True)
        return {name: own.take(series).categorical() for name, own in known}

    def uncensored(self, season_length: int) -> Batch:
        """Return demand with censored periods raised to what the series' law expects of them."""
        out = np.empty_like(self.batch.values)
        uncensor(self.batch.values, self.censored, self.batch.offsets, season_length, out)
        raised = self.censored if self.censored.any() else None
        return replace(self.batch, values=out, raised=raised)

    def with_drivers(self, drivers: KnownDrivers) -> Self:
        """Return the panel with what moves its demand."""
        return replace(self, batch=replace(self.batch, drivers=drivers))

    def with_shared(self, shared: KnownSeasons) -> Self:
        """Return the panel with what its series share of seasons."""
        return replace(self, batch=replace(self.batch, shared=shared))

    def recent_rows(self, periods: int) -> Flags:
        """Return which observations are among the last so many of their series."""
        left = np.repeat(self.batch.offsets[1:], self.batch.lengths)
        return np.asarray(left - np.arange(len(left)) <= periods)

    @property
    def last_periods(self) -> Integers:
        """Number since 1970 of each series' last period."""
        return period_numbers(self.last_ds, self.frequency)

    def next_places(self, season_length: int) -> Integers:
        """Return the place in the calendar's season of the period after each end, (n_series,).

        Series that end on different dates have places that mean the same.
        """
        return (period_numbers(self.last_ds, self.frequency) + 1) % season_length

    def past(self, series: Integers, back: Integers) -> Dates:
        """Return the starts of periods of some series, counted back from their last, (n,)."""
        return earlier_periods(self.last_ds[series], back, self.frequency)

    def future(self, horizon: int) -> Dates:
        """Return the starts of the next periods of each series, (n_series, horizon)."""
        return future_periods(self.last_ds, horizon, self.frequency)


def find_series(known: tuple[Labels, Labels], asked: tuple[Labels, Labels]) -> Integers:
    """Return the place of each series among those known, -1 where it has none.

    Parameters
    ----------
    known, asked : warehouse_id and item_id of each series
    """
    warehouses, items = (own.names for own in known)
    places = _number(known[0].codes, known[1].codes, len(items))
    warehouse, item = (
        own.places_in(names) for own, names in zip(asked, (warehouses, items), strict=True)
    )
    wanted = np.where((warehouse < 0) | (item < 0), -1, _number(warehouse, item, len(items)))
    return np.asarray(pd.Index(places).get_indexer(pd.Index(wanted)), np.int64)


def _number(warehouse: NDArray[np.integer], item: NDArray[np.integer], n_items: int) -> Integers:
    """Return a number for each pair of places, which no other pair has."""
    return warehouse.astype(np.int64) * n_items + item


def _changes(ids: pd.Series) -> Flags:
    """Whether each row has another id than the one before; the first has."""
    coded = isinstance(ids.dtype, pd.CategoricalDtype)
    own = ids.cat.codes.to_numpy() if coded else ids.to_numpy(dtype=object)
    changes = np.ones(len(ids), dtype=bool)
    changes[1:] = own[1:] != own[:-1]
    return changes


def _check_ids(frame: pd.DataFrame, starts: NDArray[np.intp]) -> None:
    for name in SERIES:
        missing = starts[frame[name].iloc[starts].isna().to_numpy()]
        if len(missing):
            raise PanelError(f"{name} must be there in every row; row {missing[0]} has none")


def _check_quantities(values: Floats) -> None:
    bad = np.flatnonzero(~((values >= 0.0) & (values <= LARGEST_QUANTITY)))
    if len(bad):
        row = int(bad[0])
        raise PanelError(
            f"quantity must be from 0 to {LARGEST_QUANTITY:g} in every row; row {row} has "
            f"{values[row]}"
        )


def _check_series(warehouse: Labels, item: Labels) -> None:
    numbers = pd.Index(_number(warehouse.codes, item.codes, len(item.names)))
    again = np.flatnonzero(numbers.duplicated())
    if len(again):
        named = EntityNames(warehouse, item)[int(again[0])]
        raise PanelError(f"rows of a series must be together; {named} is split")
