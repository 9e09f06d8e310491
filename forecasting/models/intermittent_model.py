"""Croston's method and its kin on the batched kernel."""

from dataclasses import dataclass

import numpy as np

from forecasting.models.protocol import BatchForecast, Seasons
from forecasting.panel import Batch
from kernels.intermittent import CLASSIC_SMOOTHING, IntermittentModel, intermittent_rates


@dataclass(frozen=True)
class BatchedIntermittent:
    """A model of intermittent demand, all series in one call; its forecast is flat.

    Parameters
    ----------
    kind : which
    of_sizes, of_chances : smoothing parameters, where the kind does not search for its own
    """

    kind: IntermittentModel
    of_sizes: float = CLASSIC_SMOOTHING
    of_chances: float = CLASSIC_SMOOTHING

    def forecast(
        self,
        batch: Batch,
        seasons: Seasons,  # noqa: ARG002 - the face of every model
        horizon: int,
    ) -> BatchForecast:
        """Forecast each series."""
        rates = intermittent_rates(
            batch.values, batch.offsets, self.kind, self.of_sizes, self.of_chances
        )
        return BatchForecast(np.repeat(rates[:, None], horizon, axis=1))
