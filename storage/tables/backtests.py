"""Backtests of risk figures: what was said on the eve of each day, and what came."""

from storage.tables.market import HORIZON, LEVEL, PORTFOLIO
from storage.tables.risk import CURRENCY, METHOD
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
        Column(
            "value_at_risk_standard_error",
            "float",
            "sampling error of `value_at_risk`, money",
            minimum=0,
        ),
        Column("expected_shortfall", "float", "one day ahead, said on the eve, money"),
        Column(
            "expected_shortfall_standard_error",
            "float",
            "sampling error of `expected_shortfall`, money",
            minimum=0,
        ),
        CURRENCY,
    ),
    key=("portfolio_id", "method", "level", "ds"),
    entity=("portfolio_id",),
)

TESTS = (
    "proportion_of_failures",
    "time_to_first_failure",
    "independence",
    "conditional_coverage",
    "traffic_light",
    "dynamic_quantile",
    "acerbi_szekely_1",
    "acerbi_szekely_2",
)
VERDICTS = ("accepted", "rejected", "undefined")
ZONES = ("green", "yellow", "red", "undefined")

RISK_BACKTESTS = output_table(
    "risk_backtests",
    "What every test says of each portfolio's figures on the judged days.",
    columns=(
        PORTFOLIO,
        METHOD,
        LEVEL,
        HORIZON,
        Column("test", "text", "name of the test", choices=TESTS),
        Column("n_days", "integer", "days the test was made on", minimum=0),
        Column("exceptions", "integer", "days among them with a loss beyond", minimum=0),
        Column("expected", "float", "days beyond if the figures are true", minimum=0),
        Column("statistic", "float", "of the test; null where it cannot be made", nullable=True),
        Column(
            "p_value",
            "float",
            "probability of a statistic at least as extreme if the figures are true",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column("verdict", "text", "whether the test rejects the figures", choices=VERDICTS),
        Column(
            "zone", "text", "traffic light alone: green, yellow, red", nullable=True, choices=ZONES
        ),
        Column(
            "plus_factor",
            "float",
            "traffic light alone: added to the multiplier of capital; null where none is published",
            nullable=True,
            minimum=0,
        ),
    ),
    key=("portfolio_id", "method", "level", "horizon", "test"),
    entity=("portfolio_id",),
)
