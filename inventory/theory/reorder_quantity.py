"""(r, Q) reviewed without pause: exact for Poisson demand, and the classic approximation.

References
----------
Federgruen & Zheng (1992), "An efficient algorithm for computing an optimal (r, Q) policy in
continuous review stochastic inventory systems", Operations Research 40(4);
Hadley & Whitin (1963), "Analysis of inventory systems", section 4-2.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy.special import ndtri, pdtr

from inventory.errors import PlanError
from inventory.policies.policy import require_positive
from inventory.theory.loss import normal_loss


@dataclass(frozen=True)
class ReorderQuantityOptimum:
    """The pair of least mean cost.

    Parameters
    ----------
    reorder_point, quantity : units
    cost : money per unit of time
    """

    reorder_point: float
    quantity: float
    cost: float


def best_reorder_quantity(
    holding: float, owing: float, ordering: float, demand: float, lead_time: float
) -> ReorderQuantityOptimum:
    """Return the best pair for Poisson demand, one unit at a time, unmet demand owed.

    Parameters
    ----------
    holding, owing : money per unit, in stock and owed, and unit of time
    ordering : money per order
    demand : units per unit of time
    lead_time : units of time

    Raises
    ------
    PlanError
        Where an argument is not above zero.

    References
    ----------
    Federgruen & Zheng (1992), the algorithm of section 2: positions join one by one, the cheaper
    neighbour first, as long as they lower the mean.
    """
    arguments = {"holding": holding, "owing": owing, "ordering": ordering, "demand": demand}
    for name, value in {**arguments, "lead_time": lead_time}.items():
        require_positive(name, value)
    mean = demand * lead_time

    def rate(position: int) -> float:
        short = mean - position
        if position > 0:
            at_least = 1.0 - float(pdtr(position - 1, mean))
            chance = math.exp(position * math.log(mean) - mean - math.lgamma(position + 1.0))
            # E[(D - y)+] of a Poisson law, from P(D >= y) and P(D = y).
            short = (mean - position) * at_least + position * chance
        return holding * (position - mean + short) + owing * short

    low = high = _lowest(rate, math.floor(mean))
    total = ordering * demand + rate(low)
    quantity = 1
    while True:
        below, above = rate(low - 1), rate(high + 1)
        if min(below, above) >= total / quantity:
            return ReorderQuantityOptimum(low - 1, quantity, total / quantity)
        total += min(below, above)
        quantity += 1
        if below <= above:
            low -= 1
        else:
            high += 1


def _lowest(rate: Callable[[int], float], start: int) -> int:
    """Return where a convex rate is least."""
    place = start
    while rate(place + 1) < rate(place):
        place += 1
    while rate(place - 1) < rate(place):
        place -= 1
    return place


def approximate_reorder_quantity(
    holding: float,
    shortage: float,
    ordering: float,
    demand: float,
    deviation: float,
    lead_time: float,
) -> ReorderQuantityOptimum:
    """Return the pair that the expected-inventory-level approximation takes for best.

    Parameters
    ----------
    holding : money per unit and unit of time
    shortage : money per unit short
    ordering : money per order
    demand, deviation : units per unit of time, normal
    lead_time : units of time

    Raises
    ------
    PlanError
        Where an argument is not above zero.

    References
    ----------
    Hadley & Whitin (1963), eqs. 4-6 and 4-7; Snyder & Shen (2019), section 5.2.1.
    """
    arguments = {"holding": holding, "shortage": shortage, "ordering": ordering}
    times = {"demand": demand, "deviation": deviation, "lead_time": lead_time}
    for name, value in {**arguments, **times}.items():
        require_positive(name, value)
    mean, wide = demand * lead_time, deviation * math.sqrt(lead_time)
    quantity, point, before = math.sqrt(2.0 * ordering * demand / holding), mean, 0.0
    while abs(quantity - before) > 1e-12 * quantity:
        before = quantity
        chance = quantity * holding / (shortage * demand)
        if not chance < 1.0:
            raise PlanError(
                "shortage must cost more than holding an order while it is sold, "
                f"{quantity * holding / demand:g}; got {shortage:g}"
            )
        point = mean - wide * float(ndtri(chance))
        short = normal_loss(point, mean, wide)
        quantity = math.sqrt(2.0 * demand * (ordering + shortage * short) / holding)
    cost = holding * (point - mean + quantity / 2.0)
    cost += (ordering + shortage * normal_loss(point, mean, wide)) * demand / quantity
    return ReorderQuantityOptimum(point, quantity, cost)
