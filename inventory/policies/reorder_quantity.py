"""(r, Q): at or below a reorder point, order one fixed quantity."""

from dataclasses import dataclass

from inventory.policies.policy import require_finite, require_positive
from kernels.stock_terms import Rule


@dataclass(frozen=True)
class ReorderQuantity:
    """At a review, a position at or below ``reorder_point`` orders ``quantity``, once.

    Parameters
    ----------
    reorder_point : units of stock, on the way, less owed
    quantity : units, above zero

    References
    ----------
    Hadley & Whitin (1963), "Analysis of inventory systems", ch. 4; reviewed every period, the
    position may stay at or below the reorder point after a large demand.
    """

    reorder_point: float
    quantity: float

    def __post_init__(self) -> None:
        require_finite("reorder_point", self.reorder_point)
        require_positive("quantity", self.quantity)

    @property
    def rule(self) -> Rule:
        """The policy as a walk follows it."""
        return Rule(self.reorder_point, self.reorder_point, self.quantity, self.quantity)
