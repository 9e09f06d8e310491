"""Models: the batched face, the registry, and what stands behind it."""

from forecasting.models.protocol import (
    BatchForecast,
    Forecaster,
    History,
    RollingForecaster,
    Seasons,
)
from forecasting.models.registry import MODELS, find_model

__all__ = [
    "MODELS",
    "BatchForecast",
    "Forecaster",
    "History",
    "RollingForecaster",
    "Seasons",
    "find_model",
]
