"""One warehouse-item: what is there, what it costs, and whether it can be planned."""

import math
from dataclasses import dataclass, replace

import numpy as np

from inventory.estimates import Costs
from inventory.policies import PolicyKind
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
        return float(on_order(self.receipts, self.late_receipts))

    @property
    def protection_interval(self) -> int:
        """Periods that an order must last: lead time and review period."""
        return self.first_reached + self.review_period

    @property
    def first_reached(self) -> int:
        """The first period that an order placed now can reach, by its mean lead time."""
        return int(first_reached(self.lead_time_mean))

    @property
    def most_cases(self) -> float:
        """Whole cases that the capacity holds; may be infinite."""
        return float(whole_cases_within(self.capacity, self.case_pack))

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


def reviewed(position: Position, kind: PolicyKind, horizon: int) -> Position:
    """Return an item as its policy reviews it: a newsvendor orders once for the whole horizon.

    Parameters
    ----------
    position : the item
    kind : of the policy
    horizon : periods of the forecast
    """
    once = kind == PolicyKind.NEWSVENDOR
    return replace(position, review_period=horizon) if once else position


def on_order(receipts: Floats, late: Floats | float) -> Floats:
    """Return units on the way, of one item or of many.

    Parameters
    ----------
    receipts : (..., horizon) float64, units by period of arrival
    late : (...) float64, units that arrive after the horizon
    """
    return np.asarray(receipts.sum(axis=-1) + late)


def first_reached(lead_time_mean: Floats | float) -> Floats:
    """Return the first period that an order placed now can reach, by its mean lead time."""
    return np.asarray(np.ceil(np.asarray(lead_time_mean) - 1e-9))


def whole_cases_within(capacity: Floats | float, case_pack: Floats | float) -> Floats:
    """Return the whole cases that a capacity holds; may be infinite."""
    return np.asarray(np.floor(np.asarray(capacity) / case_pack + 1e-9))
