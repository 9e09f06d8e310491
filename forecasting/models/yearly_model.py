"""The season of a year around a model that only knows a shorter one."""

from dataclasses import dataclass

import numpy as np

from forecasting.models.protocol import BatchForecast, Forecaster, Seasons
from forecasting.panel import Batch
from kernels.yearly_season import divide_by_year


@dataclass(frozen=True)
class YearlyModel:
    """A model on demand divided by the year's profile, which is multiplied back.

    The profile is fitted to each series by itself (`kernels.yearly_season`), from its history
    before the origin. A series of less than two years has no answer. Where the season is the
    year's own, the profile stands for it and the model within sees none.

    Parameters
    ----------
    within : the model of what the profile leaves
    """

    within: Forecaster

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series."""
        length = seasons.length if seasons.length < seasons.year / 2.0 else 1
        adjusted = np.empty_like(batch.values)
        ahead = np.empty((len(batch), horizon))
        divide_by_year(batch.values, batch.offsets, seasons.year, length, adjusted, ahead)
        answered = np.flatnonzero(np.isfinite(ahead).all(axis=1))
        means = np.full((len(batch), horizon), np.nan)
        if not len(answered):
            return BatchForecast(means)
        everything = Batch(adjusted, batch.offsets)
        some = everything.cut(answered, np.zeros(len(answered), np.int64), None)
        found = self.within.forecast(some, Seasons(length, seasons.year), horizon)
        means[answered] = found.means * ahead[answered]
        return BatchForecast(means, {int(answered[n]): e for n, e in found.errors.items()})
