"""Every model that a line-up may name."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from forecasting.errors import UnknownModelError
from forecasting.models.protocol import Forecaster
from forecasting.models.statsforecast_model import StatsforecastModel
from forecasting.models.theta_model import BatchedTheta
from kernels.theta import ThetaModel


def _zoo(name: str, arguments: Callable[[int], dict[str, Any]]) -> StatsforecastModel:
    """Return a statsforecast model; the library is imported when the model is first used."""

    def build(season_length: int) -> Any:  # noqa: ANN401 - the library's model
        models = import_module("statsforecast.models")
        return getattr(models, name)(**arguments(season_length))

    return StatsforecastModel(build)


def _season(season_length: int) -> dict[str, Any]:
    return {"season_length": season_length}


def _nothing(_season_length: int) -> dict[str, Any]:
    return {}


def _smoothing(_season_length: int) -> dict[str, Any]:
    return {"alpha_d": 0.2, "alpha_p": 0.2}


SEASONS_IN_WINDOW = 4
PERIODS_IN_WINDOW = 8

MODELS: Mapping[str, Forecaster] = {
    "Naive": _zoo("Naive", _nothing),
    "HistoricAverage": _zoo("HistoricAverage", _nothing),
    "SeasonalNaive": _zoo("SeasonalNaive", _season),
    "WindowAverage": _zoo("WindowAverage", lambda _: {"window_size": PERIODS_IN_WINDOW}),
    "SeasonalWindowAverage": _zoo(
        "SeasonalWindowAverage", lambda m: {"season_length": m, "window_size": SEASONS_IN_WINDOW}
    ),
    "SimpleExponentialSmoothing": _zoo("SimpleExponentialSmoothingOptimized", _nothing),
    "SeasonalExponentialSmoothing": _zoo("SeasonalExponentialSmoothingOptimized", _season),
    "Holt": _zoo("Holt", _season),
    "HoltWinters": _zoo("HoltWinters", _season),
    "Theta": BatchedTheta(ThetaModel.STANDARD),
    "OptimizedTheta": BatchedTheta(ThetaModel.OPTIMISED),
    "DynamicTheta": BatchedTheta(ThetaModel.DYNAMIC_STANDARD),
    "DynamicOptimizedTheta": BatchedTheta(ThetaModel.DYNAMIC_OPTIMISED),
    "AutoTheta": _zoo("AutoTheta", _season),
    "AutoETS": _zoo("AutoETS", _season),
    "AutoCES": _zoo("AutoCES", _season),
    "AutoARIMA": _zoo("AutoARIMA", _season),
    "MSTL": _zoo("MSTL", _season),
    "CrostonClassic": _zoo("CrostonClassic", _nothing),
    "CrostonOptimized": _zoo("CrostonOptimized", _nothing),
    "CrostonSBA": _zoo("CrostonSBA", _nothing),
    "TSB": _zoo("TSB", _smoothing),
    "ADIDA": _zoo("ADIDA", _nothing),
    "IMAPA": _zoo("IMAPA", _nothing),
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
