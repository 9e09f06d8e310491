"""Forecast-driven order-up-to: at each review, order what lacks to the forecast and a margin."""

import math
from dataclasses import dataclass

from inventory.policies.policy import require_finite
from kernels.stock_terms import Rule


@dataclass(frozen=True)
class ForecastOrderUpTo:
    """Order up to a level that moves with the forecast of the periods an order must last.

    Parameters
    ----------
    level : units of stock, on the way, less owed, at the first review; at a later one it is higher
        by as much as the forecast of that review, see `inventory.moving_forecast`

    References
    ----------
    Chen, Drezner, Ryan & Simchi-Levi (2000), "Quantifying the bullwhip effect in a simple supply
    chain", Management Science 46(3) (order-up-to a forecast of lead time demand, plus a margin).
    """

    level: float

    def __post_init__(self) -> None:
        require_finite("level", self.level)

    @property
    def rule(self) -> Rule:
        """The policy as a walk follows it at the first review."""
        return Rule(self.level, self.level, 0.0, math.inf)
