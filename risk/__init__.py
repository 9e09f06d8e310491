"""Portfolio risk: arrays and frames in, arrays and frames out. A loss is positive.

A name is imported when it is first asked for: linear books need no frames, and of a process that
measures them alone the libraries of the rest would be the greater part of its memory.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from risk.books import Book, books_of
    from risk.covariance import CovarianceError, CovarianceMethod
    from risk.errors import BookError, Failure, MarketError, PlanError, RiskError
    from risk.greeks import sensitivities
    from risk.market.liquidity import liquidity_horizons
    from risk.market.market import Market, build_market
    from risk.market.revalue import current_values
    from risk.measures.limits import limit_utilisation
    from risk.measures.portfolios import (
        PortfolioMeasures,
        instrument_losses,
        measure_portfolios,
        overlap_of,
    )
    from risk.outlook import market_outlook
    from risk.plan import (
        NIGHTLY_METHODS,
        QUASI_METHODS,
        Margins,
        Method,
        Revaluation,
        RiskPlan,
        VarianceReduction,
    )
    from risk.profiles import Profiles, profile_portfolios
    from risk.replays import replay_losses
    from risk.requested_error import ScenarioSet, draw_scenario_set
    from risk.rolling import REFRESH_DAYS, RollingFigures, judged_days, rolling_figures
    from risk.scenarios.replay import Replay, crises_within
    from risk.stress import StressError, stress_losses
    from risk.volatility import Recursion, VolatilityModel
    from risk.volatility.outlook import volatility_outlook
    from risk.what_if import compare_losses
else:
    from importlib import import_module

    _HOMES = {
        "risk.books": "Book books_of",
        "risk.covariance": "CovarianceError CovarianceMethod",
        "risk.errors": "BookError Failure MarketError PlanError RiskError",
        "risk.greeks": "sensitivities",
        "risk.market.liquidity": "liquidity_horizons",
        "risk.market.market": "Market build_market",
        "risk.market.revalue": "current_values",
        "risk.measures.limits": "limit_utilisation",
        "risk.measures.portfolios": "PortfolioMeasures instrument_losses measure_portfolios "
        "overlap_of",
        "risk.outlook": "market_outlook",
        "risk.plan": "NIGHTLY_METHODS QUASI_METHODS Margins Method Revaluation RiskPlan "
        "VarianceReduction",
        "risk.profiles": "Profiles profile_portfolios",
        "risk.replays": "replay_losses",
        "risk.requested_error": "ScenarioSet draw_scenario_set",
        "risk.rolling": "REFRESH_DAYS RollingFigures judged_days rolling_figures",
        "risk.scenarios.replay": "Replay crises_within",
        "risk.stress": "StressError stress_losses",
        "risk.volatility": "Recursion VolatilityModel",
        "risk.volatility.outlook": "volatility_outlook",
        "risk.what_if": "compare_losses",
    }
    _HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

    def __getattr__(name: str) -> object:
        if name not in _HOME_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(_HOME_OF[name]), name)
        globals()[name] = found
        return found


__all__ = [
    "NIGHTLY_METHODS",
    "QUASI_METHODS",
    "REFRESH_DAYS",
    "Book",
    "BookError",
    "CovarianceError",
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
    "VarianceReduction",
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
    "overlap_of",
    "profile_portfolios",
    "replay_losses",
    "rolling_figures",
    "sensitivities",
    "stress_losses",
    "volatility_outlook",
]
