"""What can go wrong in a covariance."""

from risk.errors import MarketError


class CovarianceError(MarketError):
    """The moves, or the matrix, do not allow the covariance asked for."""
