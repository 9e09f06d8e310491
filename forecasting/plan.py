"""What to forecast, with which models, and how to choose among them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from forecasting.classes import CLASSES
from forecasting.errors import PlanError
from forecasting.models import find_model
from forecasting.panel import Frequency

LEVELS = np.arange(1, 100) / 100.0
DEFAULT_LINE_UP: Mapping[str, tuple[str, ...]] = {
    "smooth": (
        "SeasonalNaive",
        "SeasonalWindowAverage",
        "SeasonalExponentialSmoothing",
        "SimpleExponentialSmoothing",
        "DynamicOptimizedTheta",
    ),
    "erratic": (
        "SeasonalNaive",
        "SeasonalWindowAverage",
        "SimpleExponentialSmoothing",
        "WindowAverage",
        "DynamicOptimizedTheta",
    ),
    "intermittent": ("CrostonSBA", "TSB", "SimpleExponentialSmoothing", "WindowAverage"),
    "lumpy": ("CrostonSBA", "TSB", "SimpleExponentialSmoothing", "WindowAverage"),
}


@dataclass(frozen=True)
class ForecastPlan:
    """Settings of a forecast.

    Parameters
    ----------
    frequency : of the series
    season_length : periods
    horizon : periods ahead
    windows : forecast origins of the backtest, the last one a horizon before the end
    step : periods between origins
    line_up : models by demand class; a class left out takes `DEFAULT_LINE_UP`
    history : last observations handed to a model; None is all
    minimum_history : periods below which a series takes its category's profile
    seed : of sample paths, in [0, 2**32)
    score : "pinball" (mean over 1-99%) or "mase", what a champion wins on

    Raises
    ------
    PlanError
        Where a setting is out of range, or a model unknown.
    """

    frequency: Frequency
    season_length: int
    horizon: int
    windows: int = 3
    step: int = 1
    line_up: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    history: int | None = None
    minimum_history: int = 2
    seed: int = 0
    score: Literal["pinball", "mase"] = "pinball"

    def __post_init__(self) -> None:
        for name in ("season_length", "horizon", "windows", "step", "minimum_history"):
            value = getattr(self, name)
            if value < 1:
                raise PlanError(f"{name} must be at least 1; got {value}")
        for demand_class, names in self.line_up.items():
            if demand_class not in CLASSES:
                raise PlanError(
                    f"demand class must be one of {', '.join(CLASSES)}; got {demand_class!r}"
                )
            if not names:
                raise PlanError(f"line_up.{demand_class} must name a model at least")
            for name in names:
                find_model(name)

    def models_for(self, demand_class: str) -> tuple[str, ...]:
        """Return the names of the models that compete for a demand class."""
        return self.line_up.get(demand_class) or DEFAULT_LINE_UP[demand_class]
