"""Portfolio risk: arrays and frames in, arrays and frames out. A loss is positive."""

from risk.covariance import CovarianceMethod
from risk.errors import BookError, Failure, MarketError, PlanError, RiskError
from risk.market.market import Market, build_market
from risk.market.revalue import current_values
from risk.measures.limits import limit_utilisation
from risk.measures.portfolios import (
    Book,
    PortfolioMeasures,
    books_of,
    instrument_losses,
    measure_portfolios,
)
from risk.outlook import market_outlook
from risk.plan import NIGHTLY_METHODS, Margins, Method, Revaluation, RiskPlan
from risk.profiles import Profiles, liquidity_horizons, profile_portfolios
from risk.replays import replay_losses
from risk.requested_error import ScenarioSet, draw_scenario_set
from risk.rolling import REFRESH_DAYS, RollingFigures, judged_days, rolling_figures
from risk.scenarios.replay import Replay, crises_within
from risk.sensitivities import sensitivities
from risk.stress import StressError, stress_losses
from risk.volatility import Recursion, VolatilityModel
from risk.volatility.outlook import volatility_outlook
from risk.what_if import compare_losses

__all__ = [
    "NIGHTLY_METHODS",
    "REFRESH_DAYS",
    "Book",
    "BookError",
    "CovarianceMethod",
    "Failure",
    "Margins",
    "Market",
    "MarketError",
    "Method",
    "PlanError",
    "PortfolioMeasures",
    "Profiles",
    "Recursion",
    "Replay",
    "Revaluation",
    "RiskError",
    "RiskPlan",
    "RollingFigures",
    "ScenarioSet",
    "StressError",
    "VolatilityModel",
    "books_of",
    "build_market",
    "compare_losses",
    "crises_within",
    "current_values",
    "draw_scenario_set",
    "instrument_losses",
    "judged_days",
    "limit_utilisation",
    "liquidity_horizons",
    "market_outlook",
    "measure_portfolios",
    "profile_portfolios",
    "replay_losses",
    "rolling_figures",
    "sensitivities",
    "stress_losses",
    "volatility_outlook",
]
