"""The season of a year that series share, as known at the end of each series of a batch."""

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from forecasting.grid import newest_before
from kernels.arrays import Floats, Integers
from kernels.yearly_season import TERMS

# Kinds of series, each of which has what the kinds before leave.
LEVELS = ("category", "item")
NO_GROUP = -1


@dataclass(frozen=True)
class SharedYears:
    """Yearly profiles of groups of series, as they were known at several dates.

    Parameters
    ----------
    year : periods
    until : (n_vintages,) int64, ascending, number since 1970 of the last period each has seen
    groups : level and name of each group
    coefficients : (n_vintages, n_groups, 2 + 2 * harmonics) float64, 1, 0 and what a group has
        beyond those of the levels before it, cosine and sine of each harmonic, at times since the
        vintage's last period; NaN where a group has no profile
    spreads : (n_vintages, n_groups, harmonics) float64, variance between series of a group of what
        their own seasons have beyond the groups'
    """

    year: float
    until: Integers
    groups: tuple[tuple[str, str], ...]
    coefficients: Floats
    spreads: Floats

    def vintage_of(self, periods: Integers) -> Integers:
        """Return the newest vintage that has seen nothing after each period; -1 where none."""
        return newest_before(self.until, periods)

    def to_frame(self) -> pd.DataFrame:
        """Return every vintage as a plain frame, a row a group."""
        n_vintages, n_groups, n_terms = self.coefficients.shape
        named = np.array(self.groups, dtype=object).reshape(n_groups, 2)
        frame = pd.DataFrame(np.tile(named, (n_vintages, 1)), columns=["level", "name"])
        frame.insert(0, "until", np.repeat(self.until, n_groups))
        frame.insert(0, "year", self.year)
        columns = [f"term_{number}" for number in range(n_terms)]
        columns += [f"spread_{number + 1}" for number in range(n_terms // 2 - 1)]
        whole = np.concatenate([self.coefficients, self.spreads], axis=2)
        values = pd.DataFrame(whole.reshape(len(frame), len(columns)), columns=columns)
        return pd.concat([frame, values], axis=1)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Self:
        """Return the profiles of a frame that `to_frame` made."""
        until = np.unique(frame["until"].to_numpy(np.int64))
        n_groups = len(frame) // max(len(until), 1)
        named = frame[["level", "name"]].iloc[:n_groups].to_numpy()
        groups = tuple((str(level), str(name)) for level, name in named)
        values = frame[frame.columns[4:]].to_numpy(np.float64)
        n_terms = 2 * (values.shape[1] + 1) // 3
        whole = values.reshape(len(until), n_groups, values.shape[1])
        year = float(frame["year"].max())
        return cls(year, until, groups, whole[..., :n_terms], whole[..., n_terms:])


class ExpectedYears(NamedTuple):
    """What is expected of the season of each series.

    Parameters
    ----------
    seasons : (n_series, 2 + 2 * harmonics) float64, as `divide_by_year` takes them; NaN for none
    since : (n_series,) int64, periods from their time 0 to each series' last
    spreads : (n_series, harmonics) float64, variance of what is its own; NaN where it is not known
    """

    seasons: Floats
    since: Integers
    spreads: Floats

    @classmethod
    def nothing(cls, n_series: int) -> Self:
        """Return what is expected where nothing is known."""
        seasons = np.full((n_series, TERMS), np.nan)
        return cls(seasons, np.zeros(n_series, np.int64), seasons[:, 2::2])


@dataclass(frozen=True)
class KnownYears:
    """Profiles of groups, and the groups of each series.

    Parameters
    ----------
    shared : what is known at several dates
    periods : (n_series,) int64, number since 1970 of each series' last period
    groups : (n_series, n_levels) int64, number of the series' group of each level; `NO_GROUP` where
        it has none
    """

    shared: SharedYears
    periods: Integers
    groups: Integers

    def cut(self, chosen: Integers, drop_last: Integers) -> Self:
        """Return what was known of some series so many periods ago.

        Parameters
        ----------
        chosen : (n,) int64, numbers of the series
        drop_last : (n,) int64, periods since
        """
        periods = self.periods[chosen] - drop_last
        return replace(self, periods=periods, groups=self.groups[chosen])

    def expected(self) -> ExpectedYears:
        """Return what the groups of each series have, summed over levels."""
        shared = self.shared
        if not len(shared.until):
            return ExpectedYears.nothing(len(self.periods))
        vintages = shared.vintage_of(self.periods)
        n_terms = shared.coefficients.shape[2]
        seasons = np.full((len(vintages), n_terms), np.nan)
        spreads = np.full((len(vintages), n_terms // 2 - 1), np.nan)
        for groups in self.groups.T:
            own = np.flatnonzero((vintages >= 0) & (groups != NO_GROUP))
            own = own[np.isfinite(shared.coefficients[vintages[own], groups[own], 0])]
            places = vintages[own], groups[own]
            first = np.isnan(seasons[own, :1])
            seasons[own] = np.where(first, 0.0, seasons[own]) + shared.coefficients[places]
            spreads[own] = shared.spreads[places]
        seasons[:, 0] = np.where(np.isnan(seasons[:, 0]), np.nan, 1.0)
        since = np.where(vintages >= 0, self.periods - shared.until[vintages], 0)
        return ExpectedYears(seasons, since, spreads)
