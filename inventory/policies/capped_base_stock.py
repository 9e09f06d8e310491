"""Capped base-stock: order up to a level, but never more than a cap at once."""

from dataclasses import dataclass

from inventory.policies.policy import require_finite, require_positive
from kernels.stock_terms import Rule


@dataclass(frozen=True)
class CappedBaseStock:
    """Order up to ``level`` at every review, at most ``cap``.

    Parameters
    ----------
    level : units of stock, on the way, less owed
    cap : units of one order, above zero

    References
    ----------
    Johansen & Thorstenson (2008), "Pure and restricted base-stock policies for the lost-sales
    inventory system with periodic review and constant lead times"; Xin (2021), "Understanding the
    performance of capped base-stock policies in lost-sales inventory models", Operations Research
    69(1).
    """

    level: float
    cap: float

    def __post_init__(self) -> None:
        require_finite("level", self.level)
        require_positive("cap", self.cap)

    @property
    def rule(self) -> Rule:
        """The policy as a walk follows it."""
        return Rule(self.level, self.level, 0.0, self.cap)
