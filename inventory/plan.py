"""Settings of an order plan."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np

from inventory.errors import PlanError
from inventory.policies.kinds import PolicyKind
from kernels.arrays import Floats
from kernels.device import Device


class Target(StrEnum):
    """What a service target is asked of: levels that serve it compete by their cost."""

    FILL_RATE = "fill rate"
    CYCLE_SERVICE = "cycle service"
    COST = "cost"

    def choose(self, fill_rate: Floats, cycle_service: Floats, of_cost: float) -> Floats:
        """Return the figures that it is asked of; ``of_cost`` for each where cost alone decides."""
        if self == Target.COST:
            return np.full(len(fill_rate), of_cost)
        return fill_rate if self == Target.FILL_RATE else cycle_service


@dataclass(frozen=True)
class StockPlan:
    """How orders are planned.

    Parameters
    ----------
    shortage : what happens to unmet demand: "lost", "backorder", or the fraction of it in [0, 1]
        that is lost, where the rest is owed
    candidates : order-up-to levels tried per item, 2 at least
    currency : ISO code of every cost
    device : where stock is simulated
    target : what an item's service target is asked of: the share of demand met from stock, the
        share of periods without shortage, or nothing, where cost alone decides
    policy : how items are ordered; its levels, lots and caps are chosen item by item
    refinements : rounds of search around the best of those tried, see `inventory.refinement`
    moving : whether levels of later reviews are tonight's and as much more as is then forecast for
        what an order must last, as the nights to come will have them; otherwise they stay

    Raises
    ------
    PlanError
        Where a setting is out of range.
    """

    shortage: Literal["lost", "backorder"] | float = "lost"
    candidates: int = 16
    currency: str = "USD"
    device: Device = "cpu"
    target: Target = Target.FILL_RATE
    policy: PolicyKind = PolicyKind.REORDER_UP_TO
    refinements: int = 0
    moving: bool = True

    def __post_init__(self) -> None:
        if isinstance(self.shortage, str):
            if self.shortage not in {"lost", "backorder"}:
                raise PlanError(f"shortage must be 'lost' or 'backorder'; got {self.shortage!r}")
        elif not 0.0 <= self.shortage <= 1.0:
            raise PlanError(f"the share of lost sales must be in [0, 1]; got {self.shortage}")
        if self.candidates < 2:
            raise PlanError(f"candidates must be at least 2; got {self.candidates}")

        if self.refinements < 0:
            raise PlanError(f"refinements must not be negative; got {self.refinements}")

    @property
    def lost_share(self) -> float:
        """Of each unit short, the fraction that is lost."""
        if isinstance(self.shortage, str):
            return 1.0 if self.shortage == "lost" else 0.0
        return self.shortage
