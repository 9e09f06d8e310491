"""Settings of an order plan."""

from dataclasses import dataclass
from typing import Literal

from inventory.errors import PlanError


@dataclass(frozen=True)
class StockPlan:
    """How orders are planned.

    Parameters
    ----------
    shortage : what happens to unmet demand: "lost" or "backorder"
    candidates : order-up-to levels tried per item, 2 at least
    currency : ISO code of every cost

    Raises
    ------
    PlanError
        Where a setting is out of range.
    """

    shortage: Literal["lost", "backorder"] = "lost"
    candidates: int = 16
    currency: str = "USD"

    def __post_init__(self) -> None:
        if self.shortage not in {"lost", "backorder"}:
            raise PlanError(f"shortage must be 'lost' or 'backorder'; got {self.shortage!r}")
        if self.candidates < 2:
            raise PlanError(f"candidates must be at least 2; got {self.candidates}")

    @property
    def lost_sales(self) -> bool:
        """Whether unmet demand is lost."""
        return self.shortage == "lost"
