"""Theta models on the batched kernel."""

from dataclasses import dataclass

from forecasting.models.protocol import BatchForecast, Seasons
from forecasting.panel import Batch
from kernels.theta import ThetaModel, fit_best_thetas, fit_thetas


@dataclass(frozen=True)
class BatchedTheta:
    """A theta model, all series in one call.

    Parameters
    ----------
    kind : which theta model
    """

    kind: ThetaModel

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series."""
        fits = fit_thetas(batch.values, batch.offsets, seasons.length, horizon, self.kind)
        return BatchForecast(fits.means)


@dataclass(frozen=True)
class BatchedAutoTheta:
    """The theta model of least squared error on each series, all series in one call."""

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series."""
        fits, _ = fit_best_thetas(batch.values, batch.offsets, seasons.length, horizon)
        return BatchForecast(fits.means)
