"""Effects as they were known at each origin of a backtest, and as they are known now."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from forecasting.drivers.effects import EVERYTHING, Clock, GroupEffects, Sample, fit_groups
from forecasting.drivers.pipeline import DriverPipeline
from forecasting.errors import PanelError
from forecasting.grid import newest_before
from forecasting.panel import Batch, DemandPanel
from forecasting.plan import ForecastPlan
from kernels.arrays import Floats, Integers

# So many series of a group tell an effect as exactly as their days in common allow.
LARGEST_SAMPLE = 300
ALL_SERIES = ""
NO_CATEGORY = "no category"
EFFECTS = ["driver", "category", "change", "effect", "standard_error", "occasions", "series"]


@dataclass(frozen=True)
class DriverEffects:
    """Effects by group at several dates.

    Parameters
    ----------
    names : of the columns
    groups : names of the groups; the first is `ALL_SERIES`, all of them together
    until : (n_vintages,) int64, ascending, number since 1970 of the last period each has seen
    effects : (n_vintages, n_groups, n_columns) float64, on the logarithm of demand, less what may
        be chance
    latest : of the last vintage, by group, with errors
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    until: Integers
    effects: Floats
    latest: tuple[GroupEffects, ...] = ()

    def vintage_of(self, periods: Integers) -> Integers:
        """Return the newest vintage that has seen nothing after each period; -1 where none."""
        return newest_before(self.until, periods)

    def to_frame(self) -> pd.DataFrame:
        """Return every vintage as a plain frame: until, category and a column by driver."""
        n_vintages, n_groups, k = self.effects.shape
        frame = pd.DataFrame(
            self.effects.reshape(n_vintages * n_groups, k), columns=list(self.names)
        )
        frame.insert(0, "category", np.tile(np.array(self.groups, dtype=object), n_vintages))
        frame.insert(0, "until", np.repeat(self.until, n_groups))
        return frame

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Self:
        """Return the effects of a frame that `to_frame` made, without their errors."""
        until = np.unique(frame["until"].to_numpy(np.int64))
        names = tuple(str(name) for name in frame.columns[2:])
        groups = tuple(str(name) for name in frame["category"].iloc[: len(frame) // len(until)])
        effects = frame[list(names)].to_numpy(np.float64)
        return cls(names, groups, until, effects.reshape(len(until), len(groups), len(names)))

    def report(self, pipeline: DriverPipeline) -> pd.DataFrame:
        """Return what a change of each driver does to each group, as a frame of `EFFECTS`.

        Effects and their standard errors are shares of demand: 0.5 is half as much again.

        Parameters
        ----------
        pipeline : that made the columns
        """
        rows = []
        for group, found in zip(self.groups, self.latest, strict=True):
            for j, (name, change) in enumerate(zip(self.names, pipeline.changes, strict=True)):
                effect = change.size * found.effects[j]
                error = abs(change.size) * found.errors[j] * np.exp(effect)
                told = (np.expm1(effect), error, int(found.occasions[j]), found.series)
                rows.append((name, group, change.words, *told))
        return pd.DataFrame(rows, columns=EFFECTS)


def origin_ends(panel: DemandPanel, plan: ForecastPlan) -> Integers:
    """Return the last period known at each origin of the panel's backtest, and at its end.

    Series may end on different dates; the origins are those of the series that end last.
    """
    return plan.origin_ends(int(panel.last_periods.max()))


def group_series(categories: pd.Series) -> tuple[Integers, tuple[str, ...]]:
    """Return the number of each series' group, 1 or more, and the groups' names.

    Parameters
    ----------
    categories : (n_series,) of text; a series without one is of group `NO_CATEGORY`
    """
    own = categories.fillna(NO_CATEGORY).astype(str)
    names = sorted(set(own))
    numbers = own.map({name: number + 1 for number, name in enumerate(names)})
    return np.asarray(numbers, dtype=np.int64), (ALL_SERIES, *names)


def learn_effects(
    panel: DemandPanel, names: tuple[str, ...], groups: tuple[str, ...], plan: ForecastPlan
) -> DriverEffects:
    """Learn what drivers do, by what was known at each origin of the backtest and at the end.

    Demand where stock ran out is not looked at. Of a group with more series than
    `LARGEST_SAMPLE`, so many are taken, as evenly as they come.

    Parameters
    ----------
    panel : all series, with their drivers
    names : of the drivers' columns
    groups : as `group_series` returns them
    plan : origins and seasons

    Raises
    ------
    PanelError
        Where the panel has no drivers, or they have other columns.
    """
    known = panel.batch.drivers
    if known is None or known.columns.shape[1] != len(names):
        columns = 0 if known is None else known.columns.shape[1]
        raise PanelError(f"the panel must have {len(names)} columns of drivers; it has {columns}")
    sample = _sample(panel, len(groups))
    clock = Clock.of(plan.season_length, plan.seasons.year)
    until = origin_ends(panel, plan)
    found: list[list[GroupEffects]] = []
    for period in until:
        before = found[-1] if found else []
        found.append(fit_groups(sample.until(int(period)), clock, len(groups), before))
    effects = np.array([[group.shrunk for group in vintage] for vintage in found])
    return DriverEffects(names, groups, until, effects, tuple(found[-1]))


def _sample(panel: DemandPanel, n_groups: int) -> Sample:
    known = panel.batch.drivers
    assert known is not None
    picked = []
    for group in range(EVERYTHING + 1, n_groups):
        members = np.flatnonzero(known.groups == group)
        evenly = np.linspace(0, max(len(members) - 1, 0), min(len(members), LARGEST_SAMPLE))
        picked.append(members[np.round(evenly).astype(np.int64)])
    chosen = np.sort(np.concatenate(picked)) if picked else np.empty(0, np.int64)
    lengths = panel.batch.lengths[chosen]
    places = known.cut(chosen, np.zeros(len(chosen), np.int64)).past(lengths)
    seen = Batch(np.where(panel.censored, np.nan, panel.batch.values), panel.batch.offsets)
    some = seen.take(chosen)
    firsts = known.periods[chosen] - lengths + 1
    periods = np.arange(len(places)) + np.repeat(firsts - some.offsets[:-1], lengths)
    return Sample(
        some.values,
        np.ascontiguousarray(known.columns[places]),
        periods,
        some.offsets[:-1],
        some.offsets[1:],
        some.offsets[:-1],
        known.groups[chosen],
    )
