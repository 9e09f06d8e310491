"""Category profiles: what a new item takes until it has a history of its own.

References
----------
Bühlmann (1967), "Experience rating and credibility", ASTIN Bulletin 4(3): how a short history of
one's own is held together by the level of one's kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from forecasting.labels import Labels
from forecasting.moments import measure_moments
from forecasting.panel import Batch, DemandPanel
from forecasting.plan import ForecastPlan
from forecasting.scores import ratio_or
from kernels.arrays import Floats, Integers

Categories = Mapping[str, str] | pd.Series
# The profile over everything, for a category that has no series with a history.
EVERYTHING = ""
SEASONS_IN_PROFILE = 8
# Squared variation of levels within a category of one series; of more it counts as one of them.
LONE_VARIATION = 1.0
_MOMENTS = ("level", "level_variance", "within", "whole")


@dataclass(frozen=True)
class CategoryProfiles:
    """Level, season and dispersion by category.

    Parameters
    ----------
    frame : index category, `EVERYTHING` among them; columns level (mean units per period and
        series), level_variance (between series), within (variance of a series about its level),
        whole (share of series in whole units), and s0, s1, ... the index of each place in the
        calendar's season, mean 1
    """

    frame: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return the profiles as a plain frame."""
        return self.frame.rename_axis("category").reset_index()

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Self:
        """Return the profiles of a frame that `to_frame` made."""
        return cls(frame.set_index("category"))

    def find(self, categories: Labels) -> "OwnProfiles":
        """Return the profile of each row's category, or that over everything.

        Parameters
        ----------
        categories : of (n,)
        """
        places = self.frame.index.get_indexer(pd.Index(categories.names))
        everything = self.frame.index.get_indexer(pd.Index([EVERYTHING]))[0]
        names = self.frame.index.to_numpy(dtype=object)
        own = np.where(places < 0, everything, places)
        table = self.frame.to_numpy(np.float64)[own[categories.codes]]
        columns = dict(zip(self.frame.columns, table.T, strict=True))
        level, variance, within, whole = (columns.pop(name) for name in _MOMENTS)
        known = Labels.coded(categories.codes, names[own].tolist())
        index = np.column_stack(list(columns.values()))
        return OwnProfiles(known, level, variance, within, whole, index)


@dataclass(frozen=True)
class OwnProfiles:
    """The profile that each item takes.

    Parameters
    ----------
    category : of (n_items,), whose profile it is
    level, level_variance, within, whole : (n_items,) float64, as `CategoryProfiles` has them
    index : (n_items, season_length) float64, of each place in the calendar's season, mean 1
    """

    category: Labels
    level: Floats
    level_variance: Floats
    within: Floats
    whole: Floats
    index: Floats


def category_profiles(
    panel: DemandPanel, categories: Categories, plan: ForecastPlan
) -> CategoryProfiles:
    """Return the profile of each category, from series with history enough.

    Parameters
    ----------
    panel : all series
    categories : item_id -> category; an item that is not in it is of no category
    plan : season length and minimum history
    """
    batch = panel.uncensored(plan.season_length)
    long = np.flatnonzero(batch.lengths >= plan.minimum_history)
    moments = measure_moments(batch, plan.season_length)
    table = pd.DataFrame(
        {
            "category": label_categories(panel.item_id.take(long), categories).categorical(),
            "level": moments.mean[long],
            "within": moments.variance[long],
            "whole": moments.whole[long].astype(float),
        }
    )
    means = _seasonal_means(batch, panel.next_places(plan.season_length), plan.season_length)
    seasons = pd.DataFrame(means[long], columns=_season_columns(plan))
    table = pd.concat([table, seasons], axis=1)
    profiles = [_profile(EVERYTHING, table, plan)]
    profiles += [
        _profile(str(category), group, plan)
        for category, group in table.groupby("category", sort=True, observed=True)
        if category != EVERYTHING
    ]
    return CategoryProfiles(pd.DataFrame(profiles).set_index("category"))


def label_categories(items: Labels, categories: Categories) -> Labels:
    """Return the category of each item, `EVERYTHING` where it has none."""
    own = pd.Series(items.names, dtype=object).map(categories).fillna(EVERYTHING)
    named = Labels.of(own)
    return Labels.coded(named.codes[items.codes], named.names)


def _season_columns(plan: ForecastPlan) -> list[str]:
    return [f"s{place}" for place in range(plan.season_length)]


def _seasonal_means(batch: Batch, places: Integers, season_length: int) -> Floats:
    """Mean of each series' last whole seasons by place in the calendar's; zero without one."""
    means = np.zeros((len(batch), season_length))
    counts = np.minimum(batch.lengths // season_length, SEASONS_IN_PROFILE)
    for seasons in np.unique(counts[counts > 0]):
        rows = np.flatnonzero(counts == seasons)
        back = np.arange(-seasons * season_length, 0).reshape(seasons, season_length)
        last = batch.offsets[rows + 1, None, None] + back
        found = np.take(batch.values, last).mean(axis=1)
        turned = (np.arange(season_length) - places[rows, None]) % season_length
        means[rows] = np.take_along_axis(found, turned, axis=1)
    return means


def _profile(category: str, table: pd.DataFrame, plan: ForecastPlan) -> dict[str, object]:
    n = len(table)
    level = float(table["level"].mean()) if n else 0.0
    lone = LONE_VARIATION * level**2
    season = table[_season_columns(plan)].sum().to_numpy(dtype=float)
    total = season.mean()
    index = season / total if total > 0.0 else np.ones(plan.season_length)
    return {
        "category": category,
        "level": level,
        # Of few series that are alike by chance no new one is known to be like them.
        "level_variance": (float(((table["level"] - level) ** 2).sum()) + lone) / max(n, 1),
        "within": float(table["within"].mean()) if n else 0.0,
        "whole": float(table["whole"].mean()) if n else 1.0,
        **dict(zip(_season_columns(plan), index.tolist(), strict=True)),
    }


@dataclass(frozen=True)
class ProfileForecast:
    """The forecast of new items.

    Parameters
    ----------
    means : (n_items, horizon) float64, units per period
    variance : (n_items,) float64, units squared, of a period at the item's level, what is not known
        of that level included
    shared : (n_items,) float64, share of the variance that all periods have in common, because it
        is the level's
    """

    means: Floats
    variance: Floats
    shared: Floats


def forecast_by_profile(
    batch: Batch, places: Integers, own: OwnProfiles, horizon: int
) -> ProfileForecast:
    """Forecast new items by their category's level and season and their own few periods.

    An item's own level counts with the credibility ``n b / (n b + w)``, where n is its number of
    periods, b the variance of levels in the category and w that of periods about a level. A
    profile without a level leaves the item's own mean and variance.

    Parameters
    ----------
    batch : the items' own short histories, units per period
    places : (n_items,) int64, of the next period in the calendar's season
    own : profiles of their categories
    horizon : periods ahead
    """
    exposure, total, spread = _own_moments(batch, places, own.index)
    ahead = (places[:, None] + np.arange(horizon)) % own.index.shape[1]
    mean = ratio_or(total, exposure, 0.0)
    lacking = own.level <= 0.0
    level = np.where(lacking, mean, own.level)
    between = np.where(lacking, 0.0, own.level_variance)
    within = np.where(lacking, spread, own.within)
    credibility = ratio_or(exposure * between, exposure * between + within, 1.0)
    estimate = level + credibility * (mean - level)
    unknown = (1.0 - credibility) * between
    variance = within * ratio_or(estimate, level, 1.0) + unknown
    return ProfileForecast(
        means=estimate[:, None] * np.take_along_axis(own.index, ahead, axis=1),
        variance=variance,
        shared=ratio_or(unknown, variance, 0.0),
    )


def _own_moments(batch: Batch, places: Integers, index: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the index summed over each history, its units, and their variance."""
    found = np.zeros((3, len(batch)))
    for length in np.unique(batch.lengths[batch.lengths > 0]):
        rows, back = np.flatnonzero(batch.lengths == length), np.arange(-length, 0)
        values = np.take(batch.values, batch.offsets[rows + 1, None] + back)
        seasons = (places[rows, None] + back) % index.shape[1]
        exposure = np.take_along_axis(index[rows], seasons, axis=1).sum(axis=1)
        found[:, rows] = exposure, values.sum(axis=1), values.var(axis=1)
    exposure, total, spread = found
    return exposure, total, spread
