"""Every model that a line-up may name."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

from forecasting.counts import CountKind
from forecasting.errors import UnknownModelError
from forecasting.models.arima_model import BatchedArima
from forecasting.models.average_models import LastPeriods, LastSeasons, WholeHistory
from forecasting.models.count_model import BatchedCounts
from forecasting.models.decomposed_model import DecomposedModel
from forecasting.models.ets_model import BatchedEts
from forecasting.models.group_seasonal_model import GroupSeasonalModel
from forecasting.models.intermittent_model import BatchedIntermittent
from forecasting.models.protocol import Forecaster, LastingForecaster
from forecasting.models.smoothing_model import BatchedSmoothing
from forecasting.models.statsforecast_model import StatsforecastModel
from forecasting.models.theta_model import BatchedAutoTheta, BatchedTheta
from forecasting.models.yearly_model import YearlyModel
from kernels.intermittent import IntermittentModel
from kernels.theta import ThetaModel

SEASONS_IN_WINDOW = 4
PERIODS_IN_WINDOW = 8
TSB_SMOOTHING = 0.2
# Weeks that a weekday of years of sales is smoothed over: what it differs by hardly moves.
STEADY_CYCLES = 101


def _zoo(name: str, seasons: int = 0) -> StatsforecastModel:
    """Return a statsforecast model; the library is imported when the model is first used.

    Parameters
    ----------
    name : of its class
    seasons : of history that it needs
    """

    def build(season_length: int) -> Any:  # noqa: ANN401 - the library's model
        models = import_module("statsforecast.models")
        return getattr(models, name)(season_length=season_length)

    return StatsforecastModel(build, lambda season_length: max(seasons * season_length, 1))


_SEASONAL_SMOOTHING = BatchedSmoothing(seasonal=True)
_DYNAMIC_THETA = BatchedTheta(ThetaModel.DYNAMIC_OPTIMISED)
_SBA = BatchedIntermittent(IntermittentModel.SBA)
_TSB = BatchedIntermittent(IntermittentModel.TSB, TSB_SMOOTHING, TSB_SMOOTHING)
_ADIDA = BatchedIntermittent(IntermittentModel.ADIDA)
_IMAPA = BatchedIntermittent(IntermittentModel.IMAPA)

MODELS: Mapping[str, Forecaster] = {
    "Naive": LastPeriods(),
    "HistoricAverage": WholeHistory(),
    "SeasonalNaive": LastSeasons(),
    "WindowAverage": LastPeriods(PERIODS_IN_WINDOW),
    "SeasonalWindowAverage": LastSeasons(SEASONS_IN_WINDOW),
    "SimpleExponentialSmoothing": BatchedSmoothing(),
    "SeasonalExponentialSmoothing": _SEASONAL_SMOOTHING,
    "YearlySeasonalSmoothing": YearlyModel(_SEASONAL_SMOOTHING),
    "Holt": BatchedEts(("AAN", "AAdN")),
    "DampedHolt": BatchedEts(("AAdN",)),
    "HoltWinters": BatchedEts(("AAA", "AAdA")),
    "Theta": BatchedTheta(ThetaModel.STANDARD),
    "OptimizedTheta": BatchedTheta(ThetaModel.OPTIMISED),
    "DynamicTheta": BatchedTheta(ThetaModel.DYNAMIC_STANDARD),
    "DynamicOptimizedTheta": _DYNAMIC_THETA,
    "YearlyTheta": YearlyModel(_DYNAMIC_THETA),
    "SeasonalTrendTheta": DecomposedModel(_DYNAMIC_THETA),
    "YearlySeasonalTrend": YearlyModel(DecomposedModel(BatchedSmoothing(), STEADY_CYCLES)),
    "AutoTheta": BatchedAutoTheta(),
    "AutoETS": BatchedEts(),
    "YearlyETS": YearlyModel(BatchedEts(), answers_short=True),
    "SeasonalARIMA": BatchedArima(),
    "YearlyARIMA": YearlyModel(BatchedArima()),
    "AutoCES": _zoo("AutoCES"),
    "AutoARIMA": _zoo("AutoARIMA"),
    "MSTL": _zoo("MSTL", seasons=2),
    "CrostonClassic": BatchedIntermittent(IntermittentModel.CROSTON),
    "CrostonOptimized": BatchedIntermittent(IntermittentModel.CROSTON_OPTIMISED),
    "CrostonSBA": _SBA,
    "TSB": _TSB,
    "ADIDA": _ADIDA,
    "IMAPA": _IMAPA,
    "GroupSeasonalSBA": GroupSeasonalModel(_SBA),
    "GroupSeasonalTSB": GroupSeasonalModel(_TSB),
    "GroupSeasonalADIDA": GroupSeasonalModel(_ADIDA),
    "GroupSeasonalIMAPA": GroupSeasonalModel(_IMAPA),
    "GroupSeasonalAverage": GroupSeasonalModel(WholeHistory()),
    "GroupSeasonalSmoothing": GroupSeasonalModel(BatchedSmoothing()),
    "GroupSeasonalTheta": GroupSeasonalModel(_DYNAMIC_THETA),
    "NegativeBinomial": BatchedCounts(CountKind.NEGATIVE_BINOMIAL),
    "CompoundCount": BatchedCounts(CountKind.COMPOUND),
}

# Those whose fits can be stored and carried on. Of the others on kernels, averages have nothing to
# carry, ADIDA's and IMAPA's buckets all move with every period, and a season that is taken out
# around a model is another one every night.
LASTING = (
    "SimpleExponentialSmoothing",
    "SeasonalExponentialSmoothing",
    "Holt",
    "DampedHolt",
    "HoltWinters",
    "Theta",
    "OptimizedTheta",
    "DynamicTheta",
    "DynamicOptimizedTheta",
    "AutoTheta",
    "AutoETS",
    "CrostonClassic",
    "CrostonOptimized",
    "CrostonSBA",
    "TSB",
)


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


def find_lasting(name: str) -> LastingForecaster[Any]:
    """Return the model of that name, whose fits can be stored and carried on.

    Raises
    ------
    UnknownModelError
        Where there is none; the message lists those there are.
    """
    if name not in LASTING:
        raise UnknownModelError(
            f"fits of model {name!r} cannot be stored; those of {', '.join(LASTING)} can"
        )
    return cast("LastingForecaster[Any]", find_model(name))
