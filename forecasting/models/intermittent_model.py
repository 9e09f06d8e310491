"""Croston's method and its kin on the batched kernel."""

from dataclasses import dataclass, replace

import numpy as np

from forecasting.models.protocol import BatchForecast, Seasons
from forecasting.panel import Batch
from kernels.arrays import Flags, Floats
from kernels.device import Device
from kernels.intermittent import CLASSIC_SMOOTHING, IntermittentModel
from kernels.intermittent_states import (
    IntermittentStates,
    fit_intermittent,
    forecast_intermittent,
    run_intermittent,
    track_intermittent,
)
from kernels.on_device import intermittent_rates_on


@dataclass(frozen=True)
class BatchedIntermittent:
    """A model of intermittent demand, all series in one call; its forecast is flat.

    Fits that are stored are made and carried on the processor.

    Parameters
    ----------
    kind : which
    of_sizes, of_chances : smoothing parameters, where the kind does not search for its own
    device : where it is fitted
    """

    kind: IntermittentModel
    of_sizes: float = CLASSIC_SMOOTHING
    of_chances: float = CLASSIC_SMOOTHING
    device: Device = "cpu"

    def on(self, device: Device) -> "BatchedIntermittent":
        """Return the same model, fitted on ``device``."""
        return replace(self, device=device)

    def forecast(
        self,
        batch: Batch,
        seasons: Seasons,  # noqa: ARG002 - the face of every model
        horizon: int,
    ) -> BatchForecast:
        """Forecast each series."""
        brought: IntermittentStates | None = batch.fitted_by(self)
        if brought is not None:
            return BatchForecast(forecast_intermittent(brought, self.kind, horizon))
        rates = intermittent_rates_on(self.device)(
            batch.values, batch.offsets, self.kind, self.of_sizes, self.of_chances
        )
        return BatchForecast(np.repeat(rates[:, None], horizon, axis=1))

    def none(self, seasons: Seasons) -> IntermittentStates:
        """Return the fits of no series."""
        return self.fit(Batch(np.empty(0), np.zeros(1, np.int64)), seasons)

    def fit(
        self,
        batch: Batch,
        seasons: Seasons,  # noqa: ARG002 - the face of every model
    ) -> IntermittentStates:
        """Fit each series, by a kind that has a state (`kernels.intermittent_states`)."""
        return fit_intermittent(
            batch.values, batch.offsets, self.kind, self.of_sizes, self.of_chances
        )

    def known(self, fits: IntermittentStates) -> Flags:
        """Return which series have a model: all."""
        return np.ones(len(fits.size), np.bool_)

    def track(
        self, fits: IntermittentStates, signal: Floats, news: Batch
    ) -> tuple[IntermittentStates, Floats]:
        """Carry fits through new periods, and averages of their errors too."""
        return track_intermittent(fits, self.kind, signal, news.values, news.offsets)

    def run(self, fits: IntermittentStates, batch: Batch) -> IntermittentStates:
        """Carry parameters through whole histories again."""
        return run_intermittent(fits, self.kind, batch.values, batch.offsets)
