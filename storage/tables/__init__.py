"""Every table's schema. Nothing else in the project declares a column."""

from storage.tables.backtests import RISK_BACKTEST_DAYS, RISK_BACKTESTS
from storage.tables.bookkeeping import (
    FAILURES,
    REJECTS,
    REPAIRS,
    RUN_ENTITIES,
    RUN_STEPS,
    RUNS,
)
from storage.tables.demand import (
    CALENDAR,
    CHAMPIONS,
    DEMAND,
    DEMAND_ACTUALS,
    DEMAND_FORECASTS,
    FORECAST_ACCURACY,
    ITEMS,
    QUANTILES,
)
from storage.tables.risk import (
    CURVES,
    INSTRUMENTS,
    LIMIT_BREACHES,
    LIMIT_UTILISATION,
    LIMITS,
    LOSS_QUANTILES,
    MARKET_OUTLOOK,
    PORTFOLIO_PROFILES,
    PORTFOLIO_RISK,
    POSITIONS,
    PRICES,
    RISK_CONTRIBUTIONS,
    SENSITIVITIES,
    STRESS_LOSSES,
    STRESS_SCENARIOS,
)
from storage.tables.stock import OPEN_ORDERS, ORDER_PLANS, SERVICE_COST_CURVES, STOCK
from storage.tables.table import Column, Role, Table

INPUT_TABLES = {
    table.name: table
    for table in (
        DEMAND,
        ITEMS,
        CALENDAR,
        STOCK,
        OPEN_ORDERS,
        PRICES,
        INSTRUMENTS,
        POSITIONS,
        CURVES,
        LIMITS,
        STRESS_SCENARIOS,
    )
}
OUTPUT_TABLES = {
    table.name: table
    for table in (
        DEMAND_ACTUALS,
        DEMAND_FORECASTS,
        FORECAST_ACCURACY,
        CHAMPIONS,
        ORDER_PLANS,
        SERVICE_COST_CURVES,
        PORTFOLIO_RISK,
        PORTFOLIO_PROFILES,
        SENSITIVITIES,
        RISK_CONTRIBUTIONS,
        LOSS_QUANTILES,
        STRESS_LOSSES,
        LIMIT_UTILISATION,
        LIMIT_BREACHES,
        RISK_BACKTEST_DAYS,
        RISK_BACKTESTS,
        MARKET_OUTLOOK,
        REJECTS,
        REPAIRS,
        FAILURES,
        RUNS,
        RUN_ENTITIES,
        RUN_STEPS,
    )
}

__all__ = [
    "CALENDAR",
    "CHAMPIONS",
    "CURVES",
    "DEMAND",
    "DEMAND_ACTUALS",
    "DEMAND_FORECASTS",
    "FAILURES",
    "FORECAST_ACCURACY",
    "INPUT_TABLES",
    "INSTRUMENTS",
    "ITEMS",
    "LIMITS",
    "LIMIT_BREACHES",
    "LIMIT_UTILISATION",
    "LOSS_QUANTILES",
    "MARKET_OUTLOOK",
    "OPEN_ORDERS",
    "ORDER_PLANS",
    "OUTPUT_TABLES",
    "PORTFOLIO_PROFILES",
    "PORTFOLIO_RISK",
    "POSITIONS",
    "PRICES",
    "QUANTILES",
    "REJECTS",
    "REPAIRS",
    "RISK_BACKTESTS",
    "RISK_BACKTEST_DAYS",
    "RISK_CONTRIBUTIONS",
    "RUNS",
    "RUN_ENTITIES",
    "RUN_STEPS",
    "SENSITIVITIES",
    "SERVICE_COST_CURVES",
    "STOCK",
    "STRESS_LOSSES",
    "STRESS_SCENARIOS",
    "Column",
    "Role",
    "Table",
]
