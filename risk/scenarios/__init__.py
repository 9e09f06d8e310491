"""Common scenarios: moves of every factor, by each method that a plan may name."""

from risk.scenarios.factor_moves import factor_moves
from risk.scenarios.normal_mixtures import covariance_loadings, estimate_degrees

__all__ = ["covariance_loadings", "estimate_degrees", "factor_moves"]
