"""Common scenarios: moves of every factor, by each method that a plan may name."""

from risk.scenarios.block_bootstrap import market_block_length, optimal_block_length
from risk.scenarios.copula_degrees import estimate_copula_degrees
from risk.scenarios.factor_moves import factor_moves
from risk.scenarios.normal_mixtures import covariance_loadings, estimate_degrees
from risk.scenarios.quadratic_law import (
    LawTail,
    QuadraticLaw,
    quadratic_law,
    quadratic_losses,
    quadratic_tail,
)
from risk.scenarios.replay import (
    CRISES,
    Replay,
    crises_within,
    replay_moves,
    worst_stretches,
)

__all__ = [
    "CRISES",
    "LawTail",
    "QuadraticLaw",
    "Replay",
    "covariance_loadings",
    "crises_within",
    "estimate_copula_degrees",
    "estimate_degrees",
    "factor_moves",
    "market_block_length",
    "optimal_block_length",
    "quadratic_law",
    "quadratic_losses",
    "quadratic_tail",
    "replay_moves",
    "worst_stretches",
]
