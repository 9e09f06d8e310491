"""Every model that a line-up may name."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from forecasting.errors import UnknownModelError
from forecasting.models.protocol import Forecaster
from forecasting.models.statsforecast_model import StatsforecastModel
from forecasting.models.theta_model import BatchedTheta
from forecasting.models.yearly_model import YearlyModel
from kernels.theta import ThetaModel

SEASONS_IN_WINDOW = 4
PERIODS_IN_WINDOW = 8
CROSTON_SMOOTHING = 0.2


def _zoo(
    name: str, *, seasonal: bool = False, seasons: int = 0, periods: int = 1, **settings: float
) -> StatsforecastModel:
    """Return a statsforecast model; the library is imported when the model is first used.

    Parameters
    ----------
    name : of its class
    seasonal : whether it takes the season's length
    seasons, periods : history it needs, whichever is longer
    settings : of its class
    """

    def build(season_length: int) -> Any:  # noqa: ANN401 - the library's model
        models = import_module("statsforecast.models")
        season = {"season_length": season_length} if seasonal else {}
        return getattr(models, name)(**season, **settings)

    shortest: Callable[[int], int] = lambda length: max(seasons * length, periods)  # noqa: E731
    return StatsforecastModel(build, shortest)


_SEASONAL_SMOOTHING = _zoo("SeasonalExponentialSmoothingOptimized", seasonal=True, seasons=1)
_DYNAMIC_THETA = BatchedTheta(ThetaModel.DYNAMIC_OPTIMISED)

MODELS: Mapping[str, Forecaster] = {
    "Naive": _zoo("Naive"),
    "HistoricAverage": _zoo("HistoricAverage"),
    "SeasonalNaive": _zoo("SeasonalNaive", seasonal=True, seasons=1),
    "WindowAverage": _zoo(
        "WindowAverage", periods=PERIODS_IN_WINDOW, window_size=PERIODS_IN_WINDOW
    ),
    "SeasonalWindowAverage": _zoo(
        "SeasonalWindowAverage",
        seasonal=True,
        seasons=SEASONS_IN_WINDOW,
        window_size=SEASONS_IN_WINDOW,
    ),
    "SimpleExponentialSmoothing": _zoo("SimpleExponentialSmoothingOptimized"),
    "SeasonalExponentialSmoothing": _SEASONAL_SMOOTHING,
    "YearlySeasonalSmoothing": YearlyModel(_SEASONAL_SMOOTHING),
    "Holt": _zoo("Holt", seasonal=True),
    "HoltWinters": _zoo("HoltWinters", seasonal=True, seasons=2),
    "Theta": BatchedTheta(ThetaModel.STANDARD),
    "OptimizedTheta": BatchedTheta(ThetaModel.OPTIMISED),
    "DynamicTheta": BatchedTheta(ThetaModel.DYNAMIC_STANDARD),
    "DynamicOptimizedTheta": _DYNAMIC_THETA,
    "YearlyTheta": YearlyModel(_DYNAMIC_THETA),
    "AutoTheta": _zoo("AutoTheta", seasonal=True),
    "AutoETS": _zoo("AutoETS", seasonal=True),
    "AutoCES": _zoo("AutoCES", seasonal=True),
    "AutoARIMA": _zoo("AutoARIMA", seasonal=True),
    "MSTL": _zoo("MSTL", seasonal=True, seasons=2),
    "CrostonClassic": _zoo("CrostonClassic"),
    "CrostonOptimized": _zoo("CrostonOptimized"),
    "CrostonSBA": _zoo("CrostonSBA"),
    "TSB": _zoo("TSB", alpha_d=CROSTON_SMOOTHING, alpha_p=CROSTON_SMOOTHING),
    "ADIDA": _zoo("ADIDA"),
    "IMAPA": _zoo("IMAPA"),
}


def find_model(name: str) -> Forecaster:
    """Return the model of that name.

    Raises
    ------
    UnknownModelError
        Where there is none; the message lists those there are.
    """
    model = MODELS.get(name)
    if model is None:
        raise UnknownModelError(
            f"model {name!r} is not registered; there are {', '.join(sorted(MODELS))}"
        )
    return model
