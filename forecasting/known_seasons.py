"""The seasons that series share, as known at the end of each series of a batch."""

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from forecasting.grid import newest_before
from kernels.arrays import Floats, Integers
from kernels.harmonic_season import TERMS

# Kinds of series, each of which has what the kinds before leave; of a year, the first two. A
# warehouse tells of what has a category or an item in common: all that it sells may have nothing.
LEVELS = ("category", "item", "warehouse")
KINDS = 2
NO_GROUP = -1
# Of a season without a harmonic: a mean and a trend.
NO_TERMS = 2


class Profiles(NamedTuple):
    """Seasonal profiles of groups of series, as they were known at several dates.

    Parameters
    ----------
    period : periods of the season
    coefficients : (n_vintages, n_groups, 2 + 2 * harmonics) float64, 1, 0 and what a group has
        beyond those of the levels before it, cosine and sine of each harmonic, at times since the
        vintage's last period; NaN where a group has no profile
    spreads : (n_vintages, n_groups, harmonics) float64, variance between series of a group of what
        their own seasons have beyond the groups'
    variances : (n_vintages, n_groups, harmonics) float64, of a group's coefficients
    """

    period: float
    coefficients: Floats
    spreads: Floats
    variances: Floats

    @classmethod
    def unknown(cls, period: float, n_vintages: int, n_groups: int, harmonics: int) -> Self:
        """Return profiles of which nothing is known yet."""
        coefficients = np.full((n_vintages, n_groups, 2 + 2 * harmonics), np.nan)
        spreads, variances = np.full((2, n_vintages, n_groups, harmonics), np.nan)
        return cls(period, coefficients, spreads, variances)

    def to_frame(self, name: str) -> pd.DataFrame:
        """Return them as columns, a row a vintage and group."""
        n_vintages, n_groups, n_terms = self.coefficients.shape
        columns = [f"{name}_term_{number}" for number in range(n_terms)]
        for what in ("spread", "variance"):
            columns += [f"{name}_{what}_{number + 1}" for number in range(n_terms // 2 - 1)]
        whole = np.concatenate([self.coefficients, self.spreads, self.variances], axis=2)
        frame = pd.DataFrame(whole.reshape(n_vintages * n_groups, len(columns)), columns=columns)
        frame.insert(0, name, self.period)
        return frame

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, name: str, n_vintages: int, n_groups: int) -> Self:
        """Return those that `to_frame` made columns of."""
        columns = [column for column in frame.columns if column.startswith(f"{name}_")]
        harmonics = (len(columns) - NO_TERMS) // 4
        whole = frame[columns].to_numpy(np.float64).reshape(n_vintages, n_groups, len(columns))
        stops = np.cumsum([NO_TERMS + 2 * harmonics, harmonics])
        return cls(float(frame[name].max()), *np.split(whole, stops, axis=2))


@dataclass(frozen=True)
class SharedSeasons:
    """What groups of series share of the year and of the season within it.

    Parameters
    ----------
    until : (n_vintages,) int64, ascending, number since 1970 of the last period each has seen
    groups : level and name of each group
    year, season : profiles; of no harmonics where nothing is learnt
    """

    until: Integers
    groups: tuple[tuple[str, str], ...]
    year: Profiles
    season: Profiles

    def vintage_of(self, periods: Integers) -> Integers:
        """Return the newest vintage that has seen nothing after each period; -1 where none."""
        return newest_before(self.until, periods)

    def to_frame(self) -> pd.DataFrame:
        """Return every vintage as a plain frame, a row a group."""
        named = np.array(self.groups, dtype=object).reshape(len(self.groups), 2)
        frame = pd.DataFrame(np.tile(named, (len(self.until), 1)), columns=["level", "name"])
        frame.insert(0, "until", np.repeat(self.until, len(self.groups)))
        parts = self.year.to_frame("year"), self.season.to_frame("season")
        return pd.concat([frame, *parts], axis=1)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Self:
        """Return what groups share, of a frame that `to_frame` made."""
        until = np.unique(frame["until"].to_numpy(np.int64))
        n_groups = len(frame) // max(len(until), 1)
        named = frame[["level", "name"]].iloc[:n_groups].to_numpy()
        groups = tuple((str(level), str(name)) for level, name in named)
        names = "year", "season"
        parts = [Profiles.from_frame(frame, name, len(until), n_groups) for name in names]
        return cls(until, groups, *parts)


class ExpectedSeasons(NamedTuple):
    """What is expected of a season of each series.

    Parameters
    ----------
    seasons : (n_series, 2 + 2 * harmonics) float64, as `divide_by_season` takes them; NaN for none
    since : (n_series,) int64, periods from their time 0 to each series' last
    spreads : (n_series, harmonics) float64, variance of what is its own; NaN where it is not known
    """

    seasons: Floats
    since: Integers
    spreads: Floats

    @classmethod
    def nothing(cls, n_series: int) -> Self:
        """Return what is expected of a year where nothing is known."""
        seasons = np.full((n_series, TERMS), np.nan)
        return cls(seasons, np.zeros(n_series, np.int64), seasons[:, 2::2])

    def of(self, chosen: Integers) -> Self:
        """Return what is expected of some series."""
        return type(self)(self.seasons[chosen], self.since[chosen], self.spreads[chosen])


@dataclass(frozen=True)
class KnownSeasons:
    """What groups share, and the groups of each series.

    Parameters
    ----------
    shared : what is known at several dates
    periods : (n_series,) int64, number since 1970 of each series' last period
    groups : (n_series, n_levels) int64, number of the series' group of each level; `NO_GROUP` where
        it has none
    """

    shared: SharedSeasons
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

    def expected(self, profiles: Profiles) -> ExpectedSeasons:
        """Return what the groups of each series have, summed over levels.

        Parameters
        ----------
        profiles : `year` or `season` of what is shared
        """
        vintages = self.shared.vintage_of(self.periods)
        n_terms = profiles.coefficients.shape[2]
        if not len(self.shared.until) or n_terms == NO_TERMS:
            return ExpectedSeasons.nothing(len(self.periods))
        seasons = np.full((len(vintages), n_terms), np.nan)
        spreads = np.full((len(vintages), n_terms // 2 - 1), np.nan)
        for groups in self.groups.T:
            own = np.flatnonzero((vintages >= 0) & (groups != NO_GROUP))
            own = own[np.isfinite(profiles.coefficients[vintages[own], groups[own], 0])]
            places = vintages[own], groups[own]
            first = np.isnan(seasons[own, :1])
            seasons[own] = np.where(first, 0.0, seasons[own]) + profiles.coefficients[places]
            spreads[own] = profiles.spreads[places]
        seasons[:, 0] = np.where(np.isnan(seasons[:, 0]), np.nan, 1.0)
        since = np.where(vintages >= 0, self.periods - self.shared.until[vintages], 0)
        return ExpectedSeasons(seasons, since, spreads)
