"""Models: the batched face, the registry, and what stands behind it."""

from forecasting.models.protocol import (
    BatchForecast,
    DeviceForecaster,
    Forecaster,
    History,
    LastingForecaster,
    RollingForecaster,
    Seasons,
    place_on,
)
from forecasting.models.registry import LASTING, MODELS, find_lasting, find_model

__all__ = [
    "LASTING",
    "MODELS",
    "BatchForecast",
    "DeviceForecaster",
    "Forecaster",
    "History",
    "LastingForecaster",
    "RollingForecaster",
    "Seasons",
    "find_lasting",
    "find_model",
    "place_on",
]
