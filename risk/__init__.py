"""Portfolio risk: arrays and frames in, arrays and frames out. A loss is positive."""

from risk.errors import BookError, Failure, MarketError, PlanError, RiskError
from risk.market.market import Market, build_market
from risk.measures.limits import limit_utilisation
from risk.measures.portfolios import (
    Book,
    PortfolioMeasures,
    books_of,
    instrument_losses,
    measure_portfolios,
)
from risk.outlook import market_outlook
from risk.plan import Method, RiskPlan
from risk.rolling import REFRESH_DAYS, RollingFigures, judged_days, rolling_figures
from risk.stress import StressError, stress_losses
from risk.what_if import compare_losses

__all__ = [
    "REFRESH_DAYS",
    "Book",
    "BookError",
    "Failure",
    "Market",
    "MarketError",
    "Method",
    "PlanError",
    "PortfolioMeasures",
    "RiskError",
    "RiskPlan",
    "RollingFigures",
    "StressError",
    "books_of",
    "build_market",
    "compare_losses",
    "instrument_losses",
    "judged_days",
    "limit_utilisation",
    "market_outlook",
    "measure_portfolios",
    "rolling_figures",
    "stress_losses",
]
