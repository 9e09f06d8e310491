"""Models of statsforecast, called one series at a time, in this thread."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecasting.errors import NotFiniteError
from forecasting.models.protocol import BatchForecast, Seasons
from forecasting.panel import Batch
from kernels.arrays import Floats


@dataclass(frozen=True)
class StatsforecastModel:
    """A statsforecast model behind the batched face.

    Parameters
    ----------
    build : season length -> model
    shortest : season length -> periods of history below which the model has no answer
    """

    build: Callable[[int], Any]
    shortest: Callable[[int], int]

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series; one that raises or gives no finite mean is an error of its own."""
        means = np.full((len(batch), horizon), np.nan)
        errors: dict[int, Exception] = {}
        long_enough = np.flatnonzero(batch.lengths >= self.shortest(seasons.length))
        for number in long_enough.tolist():
            try:
                means[number] = self._one(batch.series(number), seasons.length, horizon)
            except Exception as error:  # noqa: BLE001 - a library's failure on one series is a value
                errors[number] = error
        return BatchForecast(means, errors)

    def _one(self, values: Floats, season_length: int, horizon: int) -> Floats:
        # Some divide by the variance of a constant; what is not finite is caught below.
        with np.errstate(invalid="ignore", divide="ignore"):
            found = self.build(season_length).forecast(y=values, h=horizon)
        means = np.asarray(found["mean"], dtype=np.float64)
        if not np.isfinite(means).all():
            raise NotFiniteError(f"the forecast of {len(values)} periods is not finite")
        return means
