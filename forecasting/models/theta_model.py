"""Theta models on the batched kernel."""

from dataclasses import dataclass, replace

from forecasting.models.protocol import BatchForecast, Seasons
from forecasting.panel import Batch
from kernels.device import Device
from kernels.on_device import fit_thetas_on
from kernels.theta import ThetaModel, fit_best_thetas


@dataclass(frozen=True)
class BatchedTheta:
    """A theta model, all series in one call.

    Parameters
    ----------
    kind : which theta model
    device : where it is fitted
    """

    kind: ThetaModel
    device: Device = "cpu"

    def on(self, device: Device) -> "BatchedTheta":
        """Return the same model, fitted on ``device``."""
        return replace(self, device=device)

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series."""
        fit = fit_thetas_on(self.device)
        fits = fit(batch.values, batch.offsets, seasons.length, horizon, self.kind)
        return BatchForecast(fits.means)


@dataclass(frozen=True)
class BatchedAutoTheta:
    """The theta model of least squared error on each series, all series in one call."""

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series."""
        fits, _ = fit_best_thetas(batch.values, batch.offsets, seasons.length, horizon)
        return BatchForecast(fits.means)
