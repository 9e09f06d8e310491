"""Demand forecasts: arrays and frames in, arrays and frames out."""

from forecasting.calibration import Calibration, learn_calibration
from forecasting.choices import Choices
from forecasting.closures import find_closed_days, know_closures
from forecasting.counts import CountKind, CountLaws, fit_count_laws
from forecasting.errors import Failure, ForecastError, PanelError, PlanError, UnknownModelError
from forecasting.ets_laws import EtsLaws, fit_ets_laws
from forecasting.forecast import forecast_demand
from forecasting.known_seasons import SharedSeasons
from forecasting.models import LASTING, MODELS, find_lasting
from forecasting.panel import DemandPanel
from forecasting.paths import sample_paths
from forecasting.plan import SEASON_LENGTHS, ForecastPlan, default_line_up, runs_on_device
from forecasting.profiles import CategoryProfiles, category_profiles
from forecasting.results import ForecastResult
from forecasting.roll_forward import RefitRules, RollForward
from forecasting.season_report import report_seasons
from forecasting.shared_seasons import know_seasons, learn_seasons
from forecasting.standing import Standing
from forecasting.states import SeriesStates

__all__ = [
    "LASTING",
    "MODELS",
    "SEASON_LENGTHS",
    "Calibration",
    "CategoryProfiles",
    "Choices",
    "CountKind",
    "CountLaws",
    "DemandPanel",
    "EtsLaws",
    "Failure",
    "ForecastError",
    "ForecastPlan",
    "ForecastResult",
    "PanelError",
    "PlanError",
    "RefitRules",
    "RollForward",
    "SeriesStates",
    "SharedSeasons",
    "Standing",
    "UnknownModelError",
    "category_profiles",
    "default_line_up",
    "find_closed_days",
    "find_lasting",
    "fit_count_laws",
    "fit_ets_laws",
    "forecast_demand",
    "know_closures",
    "know_seasons",
    "learn_calibration",
    "learn_seasons",
    "report_seasons",
    "runs_on_device",
    "sample_paths",
]
