"""Portfolio risk: arrays and frames in, arrays and frames out. A loss is positive."""

from risk.errors import BookError, Failure, MarketError, PlanError, RiskError
from risk.market.market import Market, build_market
from risk.measures.limits import limit_utilisation
from risk.measures.portfolios import (
    PortfolioMeasures,
    instrument_losses,
    measure_portfolios,
)
from risk.outlook import market_outlook
from risk.plan import Method, RiskPlan
from risk.stress import StressError, stress_losses

__all__ = [
    "BookError",
    "Failure",
    "Market",
    "MarketError",
    "Method",
    "PlanError",
    "PortfolioMeasures",
    "RiskError",
    "RiskPlan",
    "StressError",
    "build_market",
    "instrument_losses",
    "limit_utilisation",
    "market_outlook",
    "measure_portfolios",
    "stress_losses",
]
