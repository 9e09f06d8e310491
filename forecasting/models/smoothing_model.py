"""Simple exponential smoothing on the batched kernel, of a series or each place in its season."""

from dataclasses import dataclass

import numpy as np

from forecasting.models.protocol import BatchForecast, Seasons
from forecasting.panel import Batch
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
        length = seasons.length if self.seasonal else 1
        levels = np.empty((len(batch), length))
        if self.seasonal:
            fill_seasonal_levels(batch.values, batch.offsets, length, self.low, self.high, levels)
        else:
            fill_levels(batch.values, batch.offsets, self.low, self.high, levels[:, 0])
        return BatchForecast(levels[:, np.arange(horizon) % length])
