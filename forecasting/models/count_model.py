"""Means of laws of counts, fitted by likelihood."""

from dataclasses import dataclass, replace

import numpy as np

from forecasting.counts import CountKind, fit_count_laws
from forecasting.models.protocol import BatchForecast, Seasons
from forecasting.panel import Batch
from kernels.device import Device


@dataclass(frozen=True)
class BatchedCounts:
    """The mean of a law of counts; a series that is not of whole units has no answer.

    Parameters
    ----------
    kind : of the law
    device : where it is fitted
    """

    kind: CountKind
    device: Device = "cpu"

    def on(self, device: Device) -> "BatchedCounts":
        """Return the same model, fitted on ``device``."""
        return replace(self, device=device)

    def forecast(
        self,
        batch: Batch,
        seasons: Seasons,  # noqa: ARG002 - the face of every model
        horizon: int,
    ) -> BatchForecast:
        """Forecast each series."""
        means = fit_count_laws(batch, self.kind, self.device).mean
        return BatchForecast(np.repeat(means[:, None], horizon, axis=1))
