"""Models that repeat what was: the last period or season, or an average of some."""

from dataclasses import dataclass

import numpy as np

from forecasting.models.protocol import BatchForecast, Seasons
from forecasting.panel import Batch


@dataclass(frozen=True)
class LastSeasons:
    """The mean of each place in the season over the last seasons.

    One season is the seasonal naive model. A series of fewer periods has no answer.

    Parameters
    ----------
    seasons : how many are averaged
    """

    seasons: int = 1

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series."""
        places = np.arange(self.seasons * seasons.length).reshape(self.seasons, seasons.length)
        levels = np.full((len(batch), seasons.length), np.nan)
        answered = np.flatnonzero(batch.lengths >= places.size)
        starts = batch.offsets[answered + 1] - places.size
        levels[answered] = batch.values[starts[:, None, None] + places].mean(axis=1)
        return BatchForecast(levels[:, np.arange(horizon) % seasons.length])


@dataclass(frozen=True)
class LastPeriods:
    """The mean of the last periods; of one it is the naive model.

    Parameters
    ----------
    periods : how many are averaged; a series of fewer has no answer
    """

    periods: int = 1

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series."""
        flat = Seasons(1, seasons.year)
        return LastSeasons(self.periods).forecast(batch, flat, horizon)


@dataclass(frozen=True)
class WholeHistory:
    """The mean of all that was seen."""

    def forecast(
        self,
        batch: Batch,
        seasons: Seasons,  # noqa: ARG002 - the face of every model
        horizon: int,
    ) -> BatchForecast:
        """Forecast each series."""
        totals = np.add.reduceat(batch.values, batch.offsets[:-1]) if len(batch) else np.empty(0)
        means = totals / batch.lengths
        return BatchForecast(np.repeat(means[:, None], horizon, axis=1))
