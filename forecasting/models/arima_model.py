"""Seasonal ARIMA models on the batched kernel."""

from dataclasses import dataclass

from forecasting.models.protocol import BatchForecast, Seasons
from forecasting.panel import Batch
from kernels.arima import fit_arima, forecast_arima


@dataclass(frozen=True)
class BatchedArima:
    """The seasonal ARIMA model of small orders with the least corrected AIC, all in one call.

    Orders are p and q of two at most, P and Q of one, and one difference of each kind; those of
    the season are tried where a series has seen it three times.
    """

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series; one of fewer than ten periods has no answer."""
        fits = fit_arima(batch.values, batch.offsets, seasons.length)
        means = forecast_arima(fits, batch.values, batch.offsets, seasons.length, horizon)
        return BatchForecast(means)
