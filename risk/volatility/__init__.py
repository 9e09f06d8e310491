"""Volatility from day to day: fits, forecasts, and scenarios that follow them."""

from kernels.garch_search import Outcome
from risk.volatility.errors import VolatilityError
from risk.volatility.filtered import filtered_moves, rescaled_moves
from risk.volatility.fit import VolatilityFit, extend_fit, fit_volatility
from risk.volatility.model import Innovations, Recursion, VolatilityModel
from risk.volatility.standard_errors import standard_errors
from risk.volatility.term_structure import (
    daily_volatility,
    long_run_volatility,
    period_volatility,
)

__all__ = [
    "Innovations",
    "Outcome",
    "Recursion",
    "VolatilityError",
    "VolatilityFit",
    "VolatilityModel",
    "daily_volatility",
    "extend_fit",
    "filtered_moves",
    "fit_volatility",
    "long_run_volatility",
    "period_volatility",
    "rescaled_moves",
    "standard_errors",
]
