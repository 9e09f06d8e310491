"""One warehouse-item: what is there, what it costs, and whether it can be planned."""

import math
from dataclasses import dataclass

import numpy as np

from inventory.errors import StockError
from inventory.estimates import Costs
from inventory.simulation import Supply
from kernels.arrays import Floats
from kernels.stock_lead_times import gamma_lead_time


@dataclass(frozen=True)
class Position:
    """A warehouse-item at the close of a night.

    Parameters
    ----------
    entity : name, ids joined with "/"
    on_hand : units
    receipts : (horizon,) float64, units on the way by period of arrival
    late_receipts : units that arrive after the horizon
    lead_time_mean, lead_time_deviation : periods
    review_period : periods between orders
    case_pack, minimum_order : units
    unit_cost : money per unit
    service_target : fill rate asked for, fraction in (0, 1)
    costs : of holding, shortage, ordering and waste
    capacity : units that stock and orders on the way may fill
    shelf_life : periods a unit can be sold in; 0 is for ever
    """

    entity: str
    on_hand: float
    receipts: Floats
    late_receipts: float
    lead_time_mean: float
    lead_time_deviation: float
    review_period: int
    case_pack: float
    minimum_order: float
    unit_cost: float
    service_target: float
    costs: Costs
    capacity: float = math.inf
    shelf_life: int = 0

    @property
    def on_order(self) -> float:
        """Units on the way."""
        return float(self.receipts.sum()) + self.late_receipts

    @property
    def protection_interval(self) -> int:
        """Periods that an order must last: lead time and review period."""
        return self.first_reached + self.review_period

    @property
    def first_reached(self) -> int:
        """The first period that an order placed now can reach, by its mean lead time."""
        return math.ceil(self.lead_time_mean - 1e-9)

    @property
    def most_cases(self) -> float:
        """Whole cases that the capacity holds; may be infinite."""
        return float(np.floor(self.capacity / self.case_pack + 1e-9))

    def supply(self, horizon: int, lost_share: float) -> Supply:
        """Return the terms that stock is walked on.

        Parameters
        ----------
        horizon : periods walked
        lost_share : of each unit short, fraction in [0, 1]; the rest is owed

        Raises
        ------
        StockError
            Where a term is out of range.
        """
        return Supply(
            gamma_lead_time(self.lead_time_mean, self.lead_time_deviation, horizon),
            self.review_period,
            self.case_pack,
            self.minimum_order,
            self.capacity,
            lost_share,
            self.shelf_life,
        )

    def validate(self, horizon: int) -> None:
        """Refuse what cannot be planned.

        Raises
        ------
        StockError
            Where a quantity is out of range; the message names it.
        """
        bounds = {
            "on_hand": self.on_hand,
            "lead_time_mean": self.lead_time_mean,
            "lead_time_deviation": self.lead_time_deviation,
            "minimum_order": self.minimum_order,
            "unit_cost": self.unit_cost,
            "holding_cost": self.costs.holding,
            "shortage_cost": self.costs.shortage,
            "ordering_cost": self.costs.ordering,
            "waste_cost": self.costs.waste,
        }
        for name, value in bounds.items():
            if not (math.isfinite(value) and value >= 0.0):
                raise StockError(f"{name} must be finite and not negative; got {value}")
        if not (math.isfinite(self.case_pack) and self.case_pack > 0.0):
            raise StockError(f"case_pack must be above zero; got {self.case_pack}")
        if not 0.0 < self.service_target < 1.0:
            raise StockError(f"service_target must be in (0, 1); got {self.service_target}")
        if self.lead_time_mean <= 0.0:
            raise StockError(f"lead_time_mean must be above zero; got {self.lead_time_mean}")
        if (self.receipts < 0.0).any() or self.late_receipts < 0.0:
            raise StockError("units on the way must not be negative")
        if self.review_period < 1:
            raise StockError(f"review_period must be at least 1; got {self.review_period}")
        if self.protection_interval > horizon:
            raise StockError(
                f"lead time {self.lead_time_mean:g} plus review period {self.review_period} must "
                f"lie within the forecast's {horizon} periods"
            )
