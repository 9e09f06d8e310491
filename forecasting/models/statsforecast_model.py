"""Models of statsforecast, called one series at a time, in this thread."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecasting.models.protocol import BatchForecast
from forecasting.panel import Batch


@dataclass(frozen=True)
class StatsforecastModel:
    """A statsforecast model behind the batched face.

    Parameters
    ----------
    build : season length -> model
    """

    build: Callable[[int], Any]

    def forecast(self, batch: Batch, season_length: int, horizon: int) -> BatchForecast:
        """Forecast each series; one that raises or gives no finite mean is an error of its own."""
        means = np.full((len(batch), horizon), np.nan)
        errors: dict[int, Exception] = {}
        for number in range(len(batch)):
            try:
                means[number] = self._one(batch, number, season_length, horizon)
            except Exception as error:  # noqa: BLE001 - a library's failure on one series is a value
                errors[number] = error
        return BatchForecast(means, errors)

    def _one(self, batch: Batch, number: int, season_length: int, horizon: int) -> Any:  # noqa: ANN401 - an array of the library's
        with warnings.catch_warnings():
            # Convergence chatter of the fitters; what matters shows in the backtest.
            warnings.simplefilter("ignore")
            found = self.build(season_length).forecast(y=batch.series(number), h=horizon)
        return found["mean"]
