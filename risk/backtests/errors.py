"""What can go wrong in a backtest."""

from risk.errors import RiskError


class BacktestError(RiskError, ValueError):
    """The figures, or a setting, do not allow a backtest."""
