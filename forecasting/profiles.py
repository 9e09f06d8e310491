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
from kernels.arrays import Floats, Integers

Categories = Mapping[str, str] | pd.Series
# The profile over everything, for a category that has no series with a history.
EVERYTHING = ""
SEASONS_IN_PROFILE = 8
# Squared variation of levels within a category of one series.
LONE_VARIATION = 1.0


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

    def find(self, category: str) -> tuple[str, dict[str, float]]:
        """Return a category's profile, or that over everything, and the name of which it is."""
        known = category if category in self.frame.index else EVERYTHING
        values = self.frame.to_numpy(np.float64)[self.frame.index.get_indexer(pd.Index([known]))[0]]
        return known, dict(zip(self.frame.columns, values.tolist(), strict=True))


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
        "level_variance": float(table["level"].var(ddof=1)) if n > 1 else lone,
        "within": float(table["within"].mean()) if n else 0.0,
        "whole": float(table["whole"].mean()) if n else 1.0,
        **dict(zip(_season_columns(plan), index.tolist(), strict=True)),
    }


@dataclass(frozen=True)
class ProfileForecast:
    """The forecast of one new item.

    Parameters
    ----------
    means : (horizon,) float64, units per period
    variance : units squared, of a period at the item's level, what is not known of that level
        included
    shared : share of the variance that all periods have in common, because it is the level's
    """

    means: Floats
    variance: float
    shared: float


def forecast_by_profile(
    values: Floats, place: int, profile: Mapping[str, float], plan: ForecastPlan
) -> ProfileForecast:
    """Forecast a new item by its category's level and season and its own few periods.

    The item's own level counts with the credibility ``n b / (n b + w)``, where n is its number of
    periods, b the variance of levels in the category and w that of periods about a level. A
    profile without a level leaves the item's own mean and variance.

    Parameters
    ----------
    values : (n,) float64, the item's own short history, units per period
    place : of the next period in the calendar's season
    profile : of its category
    plan : season length and horizon
    """
    index = np.array([profile[name] for name in _season_columns(plan)])
    places = (place + np.arange(-len(values), plan.horizon)) % plan.season_length
    exposure = float(index[places[: len(values)]].sum())
    own = float(values.sum()) / exposure if exposure > 0.0 else 0.0
    level, between, within = profile["level"], profile["level_variance"], profile["within"]
    if level <= 0.0:
        level, between, within = own, 0.0, float(values.var())
    known = exposure * between + within
    credibility = exposure * between / known if known > 0.0 else 1.0
    estimate = level + credibility * (own - level)
    unknown = (1.0 - credibility) * between
    variance = within * (estimate / level if level > 0.0 else 1.0) + unknown
    return ProfileForecast(
        means=estimate * index[places[len(values) :]],
        variance=variance,
        shared=unknown / variance if variance > 0.0 else 0.0,
    )
