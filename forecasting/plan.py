"""What to forecast, with which models, and how to choose among them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import numpy as np

from forecasting.classes import CLASSES
from forecasting.draws import LARGEST_SEED
from forecasting.errors import PlanError
from forecasting.grid import Frequency
from forecasting.models import (
    MODELS,
    Forecaster,
    LastingForecaster,
    Seasons,
    find_lasting,
    find_model,
    place_on,
)
from kernels.arrays import Integers
from kernels.device import Device

SEASON_LENGTHS: Mapping[Frequency, int] = {"h": 24, "D": 7, "W": 52, "MS": 12, "QS": 4}
DAYS_IN_YEAR = 365.25
_YEARS: Mapping[Frequency, float] = {
    "h": 24 * DAYS_IN_YEAR,
    "D": DAYS_IN_YEAR,
    "W": DAYS_IN_YEAR / 7.0,
    "MS": 12.0,
    "QS": 4.0,
}
SCORES = ("pinball", "crps", "mase", "rmsse")
# What is rare gains by IMAPA and the negative binomial on carparts, M5 and VN1; and by the whole
# history's average and ADIDA in place of the last periods' average 0.2-0.8% of MASE, on two or
# three earlier windows of carparts, M5 and the spare parts of cars and aircraft.
_SPARSE = (
    "CrostonSBA",
    "TSB",
    "SimpleExponentialSmoothing",
    "HistoricAverage",
    "ADIDA",
    "IMAPA",
    "NegativeBinomial",
)
DEFAULT_LINE_UP: Mapping[str, tuple[str, ...]] = {
    "smooth": (
        "SeasonalNaive",
        "SimpleExponentialSmoothing",
        "DynamicOptimizedTheta",
        "SeasonalTrendTheta",
        "YearlyTheta",
        "YearlyETS",
        "YearlySeasonalTrend",
    ),
    "erratic": (
        "SeasonalNaive",
        "SimpleExponentialSmoothing",
        "WindowAverage",
        "DynamicOptimizedTheta",
        "SeasonalTrendTheta",
        "YearlyTheta",
        "YearlyETS",
    ),
    "intermittent": _SPARSE,
    "lumpy": _SPARSE,
}
# The season of months is the year's own too, and AutoETS takes 1.2% and 1.8% off the MASE of M3's
# on two windows before the last, and adds 0.5% and nothing to that of hospital's counts. Weeks have
# no ARIMA: it takes 3.7% and 3.1% off the MASE of M4's, whose histories are long, but a year of
# orders for Walmart's, which have three years, costs 3.5% more with it (3 standard errors).
_MONTHS = {name: (*DEFAULT_LINE_UP[name], "AutoETS") for name in ("smooth", "erratic")}
# The season of quarters is the year's own, of which yearly models have nothing to say. On M3's
# these take 0.011 and, a horizon earlier, 0.032 off the MASE of those above.
_QUARTERS = (
    "SeasonalNaive",
    "SimpleExponentialSmoothing",
    "DynamicOptimizedTheta",
    "AutoETS",
    "SeasonalTrendTheta",
    "OptimizedTheta",
    "SeasonalARIMA",
)
# Where the season is shorter than the year, series of a kind tell it together: of M5's, of 56 days
# each, 1.1-1.6% less MASE and 15-30% less error of totals (benchmarks/group_seasons.py). On Store-
# Item nothing changes: five years tell each series' week.
WITH_GROUPS = {
    "CrostonSBA": "GroupSeasonalSBA",
    "TSB": "GroupSeasonalTSB",
    "ADIDA": "GroupSeasonalADIDA",
    "IMAPA": "GroupSeasonalIMAPA",
    "HistoricAverage": "GroupSeasonalAverage",
    "SimpleExponentialSmoothing": "GroupSeasonalSmoothing",
    "DynamicOptimizedTheta": "GroupSeasonalTheta",
}
_WITHIN_YEAR = {
    name: tuple(WITH_GROUPS.get(model, model) for model in models)
    for name, models in DEFAULT_LINE_UP.items()
}
_BY_FREQUENCY: Mapping[Frequency, Mapping[str, tuple[str, ...]]] = {
    "h": _WITHIN_YEAR,
    "D": _WITHIN_YEAR,
    "MS": _MONTHS,
    "QS": dict.fromkeys(_MONTHS, _QUARTERS),
}


@dataclass(frozen=True)
class ForecastPlan:
    """Settings of a forecast.

    Parameters
    ----------
    frequency : of the series
    season_length : periods; `SEASON_LENGTHS` has the usual ones
    horizon : periods ahead
    windows : forecast origins of the backtest, the last one a horizon before the end; three see
        too little of a year to tell its season from a trend
    step : periods between origins
    line_up : models by demand class; a class left out takes `default_line_up`'s
    history : last observations handed to a model; None is all. Or by model name, a model left out
        taking all
    minimum_history : periods below which a series takes its category's profile
    seed : of sample paths, in [0, 2**32)
    score : what a champion wins on: "pinball" (mean over 1-99%) or "crps" (twice that: the same
        choices), "mase" or "rmsse"; all are scaled
    combine : whether a series takes the weighted combination of its best models, or its champion
    device : where models are fitted that have kernels for it; the others' place is the processor
    trained : models learnt beforehand from all series, by a name that a line-up may have
    cap_outliers : whether models learn from demand that stands out as it was, or brought nearer to
        what was expected of it; it is scored as it was

    Raises
    ------
    PlanError
        Where a setting is out of range, or a model unknown.
    """

    frequency: Frequency
    season_length: int
    horizon: int
    windows: int = 6
    step: int = 1
    line_up: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    history: int | Mapping[str, int] | None = None
    minimum_history: int = 2
    seed: int = 0
    score: Literal["pinball", "crps", "mase", "rmsse"] = "pinball"
    combine: bool = True
    cap_outliers: bool = True
    device: Device = "cpu"
    trained: Mapping[str, Forecaster] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        _check_choice("frequency", self.frequency, tuple(SEASON_LENGTHS))
        _check_choice("score", self.score, SCORES)
        for name in ("season_length", "horizon", "windows", "step", "minimum_history"):
            _check_range(name, getattr(self, name), 1)
        _check_range("seed", self.seed, 0, LARGEST_SEED)
        for demand_class, names in self.line_up.items():
            _check_choice("demand class", demand_class, CLASSES)
            if not names:
                raise PlanError(f"line_up.{demand_class} must name a model at least; got none")
            for name in names:
                self.find(name)
        if isinstance(self.history, Mapping):
            for name, periods in self.history.items():
                self.find(name)
                _check_range(f"history.{name}", periods, 1)
        elif self.history is not None:
            _check_range("history", self.history, 1)

    def find(self, model: str) -> Forecaster:
        """Return a trained model, or the registered one of that name, on the plan's device.

        Raises
        ------
        UnknownModelError
            Where there is neither.
        """
        return place_on(self.trained.get(model) or find_model(model), self.device)

    def find_lasting(self, model: str) -> LastingForecaster[Any]:
        """Return the registered model of that name, whose fits can be stored, on the plan's device.

        Raises
        ------
        UnknownModelError
            Where there is none.
        """
        return cast("LastingForecaster[Any]", place_on(find_lasting(model), self.device))

    @property
    def seasons(self) -> Seasons:
        """How demand repeats itself on this grid."""
        return Seasons(self.season_length, _YEARS[self.frequency])

    def origin_ends(self, last: int) -> Integers:
        """Return the last period known at each origin of a backtest, and ``last``, its end."""
        origins = last - self.horizon - self.step * np.arange(self.windows - 1, -1, -1)
        return np.append(origins, last).astype(np.int64)

    def models_for(self, demand_class: str) -> tuple[str, ...]:
        """Return the names of the models that compete for a demand class."""
        return complete_line_up(self.line_up, self.frequency)[demand_class]

    def history_of(self, model: str) -> int | None:
        """Return how many last observations a model is given; None is all."""
        if isinstance(self.history, Mapping):
            return self.history.get(model)
        return self.history


def default_line_up(frequency: Frequency) -> Mapping[str, tuple[str, ...]]:
    """Return the models that compete for each demand class where none are named."""
    return {**DEFAULT_LINE_UP, **_BY_FREQUENCY.get(frequency, {})}


def complete_line_up(
    line_up: Mapping[str, tuple[str, ...]], frequency: Frequency
) -> Mapping[str, tuple[str, ...]]:
    """Return the models of every demand class, the default ones where none are named."""
    defaults = default_line_up(frequency)
    return {name: line_up.get(name) or models for name, models in defaults.items()}


def runs_on_device(line_up: Mapping[str, tuple[str, ...]], frequency: Frequency) -> bool:
    """Whether a registered model of a line-up, with the defaults it leaves, has GPU kernels."""
    complete = complete_line_up(line_up, frequency)
    names = {name for models in complete.values() for name in models}
    known = [MODELS[name] for name in names if name in MODELS]
    return any(place_on(model, "cuda") != place_on(model, "cpu") for model in known)


def _check_choice(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise PlanError(f"{name} must be one of {', '.join(allowed)}; got {value!r}")


def _check_range(name: str, value: int, least: int, most: int | None = None) -> None:
    if value < least or (most is not None and value > most):
        allowed = f"at least {least}" if most is None else f"in [{least}, {most}]"
        raise PlanError(f"{name} must be {allowed}; got {value}")
