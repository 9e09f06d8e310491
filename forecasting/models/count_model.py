"""Means of laws of counts, fitted by likelihood."""

from dataclasses import dataclass

import numpy as np

from forecasting.counts import CountKind, fit_count_laws
from forecasting.models.protocol import BatchForecast, Seasons
from forecasting.panel import Batch


@dataclass(frozen=True)
class BatchedCounts:
    """The mean of a law of counts; a series that is not of whole units has no answer.

    Parameters
    ----------
    kind : of the law
    """

    kind: CountKind

    def forecast(
        self,
        batch: Batch,
        seasons: Seasons,  # noqa: ARG002 - the face of every model
        horizon: int,
    ) -> BatchForecast:
        """Forecast each series."""
        means = fit_count_laws(batch, self.kind).mean
        return BatchForecast(np.repeat(means[:, None], horizon, axis=1))
