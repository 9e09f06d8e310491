"""Simple exponential smoothing on the batched kernel, of a series or each place in its season."""

from dataclasses import dataclass

import numpy as np

from forecasting.models.protocol import BatchForecast, Seasons
from forecasting.panel import Batch
from kernels.arrays import Flags, Floats
from kernels.level_states import (
    LevelStates,
    fit_levels,
    forecast_levels,
    run_levels,
    track_levels,
)
from kernels.smoothing import HIGHEST, LOWEST, fill_levels, fill_seasonal_levels


@dataclass(frozen=True)
class BatchedSmoothing:
    """Simple exponential smoothing, all series in one call.

    Parameters
    ----------
    seasonal : whether every place in the season is smoothed by itself; a series shorter than a
        season then has no answer
    low, high : bounds of the smoothing parameter; where they are equal it is not searched for
    """

    seasonal: bool = False
    low: float = LOWEST
    high: float = HIGHEST

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series."""
        brought: LevelStates | None = batch.fitted_by(self)
        if brought is not None:
            return BatchForecast(forecast_levels(brought, horizon))
        length = self._season(seasons)
        levels = np.empty((len(batch), length))
        if self.seasonal:
            fill_seasonal_levels(batch.values, batch.offsets, length, self.low, self.high, levels)
        else:
            fill_levels(batch.values, batch.offsets, self.low, self.high, levels[:, 0])
        return BatchForecast(levels[:, np.arange(horizon) % length])

    def none(self, seasons: Seasons) -> LevelStates:
        """Return the fits of no series."""
        return self.fit(Batch(np.empty(0), np.zeros(1, np.int64)), seasons)

    def fit(self, batch: Batch, seasons: Seasons) -> LevelStates:
        """Fit each series."""
        season = self._season(seasons)
        return fit_levels(batch.values, batch.offsets, season, self.low, self.high)

    def known(self, fits: LevelStates) -> Flags:
        """Return which series have levels."""
        return np.asarray(np.isfinite(fits.levels).all(axis=1))

    def track(self, fits: LevelStates, signal: Floats, news: Batch) -> tuple[LevelStates, Floats]:
        """Carry fits through new periods, and averages of their errors too."""
        return track_levels(fits, signal, news.values, news.offsets)

    def run(self, fits: LevelStates, batch: Batch) -> LevelStates:
        """Carry parameters through whole histories again."""
        return run_levels(fits, batch.values, batch.offsets)

    def _season(self, seasons: Seasons) -> int:
        return seasons.length if self.seasonal else 1
