"""Category profiles: what a new item takes until it has a history of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from forecasting.distributions import measure_moments
from forecasting.panel import DemandPanel
from forecasting.plan import ForecastPlan
from kernels.arrays import Floats

# The profile over everything, for a category that has no series with a history.
EVERYTHING = ""
# A category's level counts as much as this many periods of the item's own.
PRIOR_PERIODS = 14.0


@dataclass(frozen=True)
class CategoryProfiles:
    """Level, season and dispersion by category.

    Parameters
    ----------
    frame : index category; columns level (mean units per period and series), dispersion
        (variance / mean), whole (share of series in whole units), and s0, s1, ... the seasonal
        index of each place in the season, mean 1
    """

    frame: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return the profiles as a plain frame."""
        return self.frame.rename_axis("category").reset_index()

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Self:
        """Return the profiles of a frame that `to_frame` made."""
        return cls(frame.set_index("category"))

    def find(self, category: str) -> tuple[str, pd.Series]:
        """Return a category's profile, or that over everything, and the name of which it is."""
        known = category if category in self.frame.index else EVERYTHING
        return known, self.frame.loc[known]


def category_profiles(
    panel: DemandPanel, categories: pd.Series, plan: ForecastPlan
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
    moments = measure_moments(batch, plan)
    own = pd.Series(panel.item_id[long]).map(categories).fillna(EVERYTHING).to_numpy(dtype=object)
    table = pd.DataFrame(
        {
            "category": own,
            "level": moments.mean[long],
            "variance": moments.variance[long],
            "whole": moments.whole[long].astype(float),
        }
    )
    seasons = pd.DataFrame(
        _seasonal_sums(panel, plan, long), columns=_season_columns(plan.season_length)
    )
    table = pd.concat([table, seasons], axis=1)
    profiles = [_profile(EVERYTHING, table, plan)]
    profiles += [
        _profile(str(category), group, plan)
        for category, group in table.groupby("category", sort=True)
        if category != EVERYTHING
    ]
    return CategoryProfiles(pd.DataFrame(profiles).set_index("category"))


def _season_columns(season_length: int) -> list[str]:
    return [f"s{place}" for place in range(season_length)]


def _seasonal_sums(panel: DemandPanel, plan: ForecastPlan, chosen: Sequence[int]) -> Floats:
    """Sum of each series' last seasons by place, counted back from its end."""
    batch, m = panel.uncensored(plan.season_length), plan.season_length
    sums = np.zeros((len(chosen), m))
    for row, number in enumerate(chosen):
        values = batch.series(int(number))
        seasons = min(len(values) // m, 8)
        if seasons:
            sums[row] = values[len(values) - seasons * m :].reshape(seasons, m).mean(axis=0)
    return sums


def _profile(category: str, table: pd.DataFrame, plan: ForecastPlan) -> dict[str, object]:
    level = float(table["level"].mean()) if len(table) else 0.0
    variance = float(table["variance"].mean()) if len(table) else 0.0
    columns = _season_columns(plan.season_length)
    season = table[columns].sum().to_numpy(dtype=float)
    total = season.mean()
    index = season / total if total > 0.0 else np.ones(plan.season_length)
    return {
        "category": category,
        "level": level,
        "dispersion": variance / level if level > 0.0 else 1.0,
        "whole": float(table["whole"].mean()) if len(table) else 1.0,
        **dict(zip(columns, index, strict=True)),
    }


def forecast_by_profile(
    values: Floats, profile: pd.Series, plan: ForecastPlan
) -> tuple[Floats, float]:
    """Return the means of a new item, and the dispersion around them.

    Parameters
    ----------
    values : (n,) float64, the item's own short history
    profile : of its category

    Returns
    -------
    means : (horizon,) units per period: the item's own level, held together by the category's,
        in the category's season
    dispersion : variance / mean
    """
    index = profile[_season_columns(plan.season_length)].to_numpy(dtype=float)
    places = np.arange(-len(values), plan.horizon) % plan.season_length
    exposure = index[places[: len(values)]].sum()
    level = (values.sum() + PRIOR_PERIODS * float(profile["level"])) / (exposure + PRIOR_PERIODS)
    return level * index[places[len(values) :]], float(profile["dispersion"])
