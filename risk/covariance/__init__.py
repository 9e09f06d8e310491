"""Covariances of factors, each with a root that scenarios are mixed by."""

from risk.covariance.covariance import Covariance, rooted
from risk.covariance.errors import CovarianceError
from risk.covariance.estimate import RAGGED_METHODS, CovarianceMethod, estimate_covariance
from risk.covariance.ragged import likelihood_covariance, pairwise_covariance
from risk.covariance.repair import Repaired, nearest_correlation, spectral_correlation
from risk.covariance.sample import exponential_covariance, sample_covariance
from risk.covariance.shrinkage import ledoit_wolf, oracle_approximating
from risk.covariance.statistical_factors import number_of_factors, statistical_factors

__all__ = [
    "RAGGED_METHODS",
    "Covariance",
    "CovarianceError",
    "CovarianceMethod",
    "Repaired",
    "estimate_covariance",
    "exponential_covariance",
    "ledoit_wolf",
    "likelihood_covariance",
    "nearest_correlation",
    "number_of_factors",
    "oracle_approximating",
    "pairwise_covariance",
    "rooted",
    "sample_covariance",
    "spectral_correlation",
    "statistical_factors",
]
