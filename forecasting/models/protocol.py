"""What a model is: a batch of histories in, a batch of means out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from forecasting.panel import Batch
from kernels.arrays import Floats


@dataclass(frozen=True)
class BatchForecast:
    """Means of a batch, and the series that a model could not forecast.

    Parameters
    ----------
    means : (n_series, horizon) float64, units per period; NaN where it failed
    errors : number of the series -> what went wrong
    """

    means: Floats
    errors: Mapping[int, Exception] = field(default_factory=dict)


class Forecaster(Protocol):
    """A model that forecasts many series at a call."""

    def forecast(self, batch: Batch, season_length: int, horizon: int) -> BatchForecast:
        """Forecast each series of ``batch`` for ``horizon`` periods; each by itself."""
