"""Base-stock: at each review, order what lacks to a level."""

import math
from dataclasses import dataclass

from inventory.policies.policy import require_finite
from kernels.stock_terms import Rule


@dataclass(frozen=True)
class BaseStock:
    """Order up to ``level`` at every review.

    Parameters
    ----------
    level : units of stock, on the way, less owed

    References
    ----------
    Snyder & Shen (2019), section 4.3.4.
    """

    level: float

    def __post_init__(self) -> None:
        require_finite("level", self.level)

    @property
    def rule(self) -> Rule:
        """The policy as a walk follows it."""
        return Rule(self.level, self.level, 0.0, math.inf)
