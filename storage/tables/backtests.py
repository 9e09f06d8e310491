"""Backtests of risk figures: what was said on the eve of each day, and what came."""

from storage.tables.risk import CURRENCY, LEVEL, METHOD, PORTFOLIO
from storage.tables.table import Column, output_table

RISK_BACKTEST_DAYS = output_table(
    "risk_backtest_days",
    "What each of today's portfolios would have lost on past days, and the figures of the eve.",
    columns=(
        PORTFOLIO,
        METHOD,
        LEVEL,
        Column("ds", "timestamp", "trading day"),
        Column("loss", "float", "of today's positions on that day, money; a loss is positive"),
        Column("value_at_risk", "float", "one day ahead, said on the eve, money"),
        Column("expected_shortfall", "float", "one day ahead, said on the eve, money"),
        CURRENCY,
    ),
    key=("portfolio_id", "method", "level", "ds"),
    entity=("portfolio_id",),
)
