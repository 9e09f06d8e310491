"""Common scenarios: moves of every factor, by each method that a plan may name."""

from risk.scenarios.block_bootstrap import market_block_length, optimal_block_length
from risk.scenarios.control_variates import controlled_tail
from risk.scenarios.copula_degrees import estimate_copula_degrees
from risk.scenarios.factor_moves import factor_moves
from risk.scenarios.normal_mixtures import covariance_loadings, estimate_degrees
from risk.scenarios.precision import (
    Choice,
    TailEstimate,
    choose_technique,
    plain_tail,
    randomised_tail,
)
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
    "Choice",
    "LawTail",
    "QuadraticLaw",
    "Replay",
    "TailEstimate",
    "choose_technique",
    "controlled_tail",
    "covariance_loadings",
    "crises_within",
    "estimate_copula_degrees",
    "estimate_degrees",
    "factor_moves",
    "market_block_length",
    "optimal_block_length",
    "plain_tail",
    "quadratic_law",
    "quadratic_losses",
    "quadratic_tail",
    "randomised_tail",
    "replay_moves",
    "worst_stretches",
]
