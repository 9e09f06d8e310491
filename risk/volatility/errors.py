"""What can go wrong with a volatility model as a whole."""

from risk.errors import RiskError


class VolatilityError(RiskError, ValueError):
    """A volatility model, its input or a question to it is out of range."""
