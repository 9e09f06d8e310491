"""Backtests: whether value at risk and expected shortfall held on past days."""

from risk.backtests.acerbi_szekely import (
    Severities,
    TrueFigures,
    critical_values,
    find_severities,
    severity_tests,
    simulate_true_figures,
)
from risk.backtests.backtest import Backtests, backtest
from risk.backtests.christoffersen import conditional_coverage, independence
from risk.backtests.comparison import Comparison, Figures, compare_methods
from risk.backtests.dynamic_quantile import dynamic_quantile
from risk.backtests.errors import BacktestError
from risk.backtests.exceptions import Exceptions, find_exceptions
from risk.backtests.first_failure import time_to_first_failure
from risk.backtests.historical import RollingMethod, RollingTail, rolling_value_at_risk
from risk.backtests.judgement import Judgement, Verdict
from risk.backtests.plan import BacktestPlan
from risk.backtests.proportion_of_failures import proportion_of_failures
from risk.backtests.scores import joint_scores, quantile_scores
from risk.backtests.traffic_light import Framework, TrafficLight, Zone, traffic_light

__all__ = [
    "BacktestError",
    "BacktestPlan",
    "Backtests",
    "Comparison",
    "Exceptions",
    "Figures",
    "Framework",
    "Judgement",
    "RollingMethod",
    "RollingTail",
    "Severities",
    "TrafficLight",
    "TrueFigures",
    "Verdict",
    "Zone",
    "backtest",
    "compare_methods",
    "conditional_coverage",
    "critical_values",
    "dynamic_quantile",
    "find_exceptions",
    "find_severities",
    "independence",
    "joint_scores",
    "proportion_of_failures",
    "quantile_scores",
    "rolling_value_at_risk",
    "severity_tests",
    "simulate_true_figures",
    "time_to_first_failure",
    "traffic_light",
]
