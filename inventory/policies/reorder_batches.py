"""(s, nQ): at or below a reorder point, order the fewest batches that lift the position above."""

import math
from dataclasses import dataclass

from inventory.policies.policy import require_finite, require_positive
from kernels.stock_terms import Rule


@dataclass(frozen=True)
class ReorderBatches:
    """At a review, order batches until the position is above ``reorder_point``.

    Parameters
    ----------
    reorder_point : units of stock, on the way, less owed
    batch : units, above zero

    References
    ----------
    Veinott (1965), "The optimal inventory policy for batch ordering", Operations Research 13(3).
    """

    reorder_point: float
    batch: float

    def __post_init__(self) -> None:
        require_finite("reorder_point", self.reorder_point)
        require_positive("batch", self.batch)

    @property
    def rule(self) -> Rule:
        """The policy as a walk follows it."""
        return Rule(self.reorder_point, self.reorder_point, self.batch, math.inf)
