"""Theta models on the batched kernel."""

from dataclasses import dataclass, replace

import numpy as np

from forecasting.models.protocol import BatchForecast, Seasons
from forecasting.panel import Batch
from kernels.arrays import Flags, Floats
from kernels.device import Device
from kernels.on_device import fit_thetas_on
from kernels.theta import ThetaModel, fit_best_theta_states, fit_theta_states
from kernels.theta_forward import run_thetas, track_thetas
from kernels.theta_states import NO_MODEL, ThetaStates, forecast_thetas, no_theta_states


class _LastingTheta:
    """What theta models do alike with their fits: all on the processor."""

    def none(self, seasons: Seasons) -> ThetaStates:
        """Return the fits of no series."""
        return no_theta_states(0, seasons.length)

    def known(self, fits: ThetaStates) -> Flags:
        """Return which series have a model."""
        return np.asarray(fits.kind != NO_MODEL)

    def track(self, fits: ThetaStates, signal: Floats, news: Batch) -> tuple[ThetaStates, Floats]:
        """Carry fits through new periods, and averages of their errors too."""
        return track_thetas(fits, signal, news.values, news.offsets)

    def run(self, fits: ThetaStates, batch: Batch) -> ThetaStates:
        """Carry parameters through whole histories again."""
        return run_thetas(fits, batch.values, batch.offsets)


@dataclass(frozen=True)
class BatchedTheta(_LastingTheta):
    """A theta model, all series in one call.

    Fits that are stored are made, carried and forecast with on the processor.

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
        brought: ThetaStates | None = batch.fitted_by(self)
        if brought is not None:
            return BatchForecast(forecast_thetas(brought, horizon))
        fit = fit_thetas_on(self.device)
        fits = fit(batch.values, batch.offsets, seasons.length, horizon, self.kind)
        return BatchForecast(fits.means)

    def fit(self, batch: Batch, seasons: Seasons) -> ThetaStates:
        """Fit each series."""
        return fit_theta_states(batch.values, batch.offsets, seasons.length, self.kind)


@dataclass(frozen=True)
class BatchedAutoTheta(_LastingTheta):
    """The theta model of least AIC on each series, all series in one call."""

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series."""
        brought: ThetaStates | None = batch.fitted_by(self)
        fits = self.fit(batch, seasons) if brought is None else brought
        return BatchForecast(forecast_thetas(fits, horizon))

    def fit(self, batch: Batch, seasons: Seasons) -> ThetaStates:
        """Fit each series."""
        return fit_best_theta_states(batch.values, batch.offsets, seasons.length)
