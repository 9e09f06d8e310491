"""(s, S): at or below a reorder point, order up to a level."""

import math
from dataclasses import dataclass

from inventory.errors import PlanError
from inventory.policies.policy import require_finite
from kernels.stock_terms import Rule


@dataclass(frozen=True)
class ReorderUpTo:
    """At a review, a position at or below ``reorder_point`` is raised to ``order_up_to``.

    Parameters
    ----------
    reorder_point, order_up_to : units of stock, on the way, less owed; the second not below the
        first

    References
    ----------
    Scarf (1960), "The optimality of (S, s) policies in the dynamic inventory problem".
    """

    reorder_point: float
    order_up_to: float

    def __post_init__(self) -> None:
        require_finite("reorder_point", self.reorder_point)
        require_finite("order_up_to", self.order_up_to)
        if self.order_up_to < self.reorder_point:
            raise PlanError(
                f"order_up_to must be at least the reorder point {self.reorder_point}; "
                f"got {self.order_up_to}"
            )

    @property
    def rule(self) -> Rule:
        """The policy as a walk follows it."""
        return Rule(self.reorder_point, self.order_up_to, 0.0, math.inf)
