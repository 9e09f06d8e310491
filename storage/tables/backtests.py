"""Backtests of risk figures: what was said on the eve of each day, and what came."""

from dataclasses import replace

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

STANDINGS = ("best", "as good", "worse", "undefined")
_N_DAYS = Column("n_days", "integer", "judged days", minimum=1)
_JOINT = Column(
    "joint_score",
    "float",
    "of value at risk and expected shortfall together, mean over days; less is better, and 0.01 "
    "less between true figures is 1% less expected shortfall; null where expected shortfall is "
    "not positive every day",
    nullable=True,
)
_P_BEST = Column(
    "p_value",
    "float",
    "with which the method may be the best; null where it has no joint score",
    nullable=True,
    minimum=0,
    maximum=1,
)
_STANDING = Column(
    "standing",
    "text",
    "best: the least joint score; as good: may be the best at 90%; worse: may not",
    choices=STANDINGS,
)

RISK_SCORES = output_table(
    "risk_scores",
    "How well each method told each portfolio's risk on the judged days, beside the others.",
    columns=(
        PORTFOLIO,
        METHOD,
        LEVEL,
        HORIZON,
        _N_DAYS,
        Column(
            "quantile_score",
            "float",
            "pinball loss of value at risk, mean over days, money; less is better",
            minimum=0,
        ),
        _JOINT,
        _P_BEST,
        _STANDING,
        CURRENCY,
    ),
    key=("portfolio_id", "method", "level", "horizon"),
    entity=("portfolio_id",),
)

RISK_RANKING = output_table(
    "risk_ranking",
    "How well each method told the risk of all portfolios together.",
    columns=(
        METHOD,
        LEVEL,
        HORIZON,
        _N_DAYS,
        Column("n_portfolios", "integer", "with a joint score by every method", minimum=0),
        Column(
            "quantile_score",
            "float",
            "mean over portfolios of the pinball loss over its mean over methods; less is better",
            nullable=True,
            minimum=0,
        ),
        replace(
            _JOINT,
            description="of value at risk and expected shortfall together, of the portfolio in the "
            "middle by medians; less is better, and 0.01 less between true figures is 1% less "
            "expected shortfall; null where no portfolio has one by every method",
        ),
        Column(
            "difference",
            "float",
            "joint score less that of the best method",
            nullable=True,
            minimum=0,
        ),
        Column(
            "difference_standard_error",
            "float",
            "sampling error of `difference`, by a bootstrap of days; null of a single day",
            nullable=True,
            minimum=0,
        ),
        _P_BEST,
        _STANDING,
        Column("best_portfolios", "integer", "of which the method is the best", minimum=0),
        Column("good_portfolios", "integer", "of which it is the best or as good", minimum=0),
    ),
    key=("method", "level", "horizon"),
)
