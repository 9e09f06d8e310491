"""Croston's method and its kin on the batched kernel."""

from dataclasses import dataclass, replace

import numpy as np

from forecasting.models.protocol import BatchForecast, Seasons
from forecasting.panel import Batch
from kernels.device import Device
from kernels.intermittent import CLASSIC_SMOOTHING, IntermittentModel
from kernels.on_device import intermittent_rates_on


@dataclass(frozen=True)
class BatchedIntermittent:
    """A model of intermittent demand, all series in one call; its forecast is flat.

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
        rates = intermittent_rates_on(self.device)(
            batch.values, batch.offsets, self.kind, self.of_sizes, self.of_chances
        )
        return BatchForecast(np.repeat(rates[:, None], horizon, axis=1))
