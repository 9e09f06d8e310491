"""Models: the batched face, the registry, and what stands behind it."""

from forecasting.models.protocol import (
    BatchForecast,
    DeviceForecaster,
    Forecaster,
    History,
    RollingForecaster,
    Seasons,
    place_on,
)
from forecasting.models.registry import MODELS, find_model

__all__ = [
    "MODELS",
    "BatchForecast",
    "DeviceForecaster",
    "Forecaster",
    "History",
    "RollingForecaster",
    "Seasons",
    "find_model",
    "place_on",
]
