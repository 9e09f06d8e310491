"""(s, S) with backorders: the exact cost, and the best pair.

References
----------
Zheng & Federgruen (1991), "Finding optimal (s, S) policies is about as simple as evaluating a
single policy", Operations Research 39(4).
"""

from dataclasses import dataclass

import numpy as np

from inventory.errors import PlanError
from inventory.policies.policy import require_positive
from inventory.theory.loss import mean_shortages, require_law
from kernels.arrays import Floats


@dataclass(frozen=True)
class ReorderUpToOptimum:
    """The pair of least mean cost.

    Parameters
    ----------
    reorder_point, order_up_to : units
    cost : money per period
    """

    reorder_point: int
    order_up_to: int
    cost: float


class _Model:
    """Costs of positions 0, 1, ... and how often each is held between two orders."""

    def __init__(
        self, holding: float, shortage: float, ordering: float, chances: Floats, lead_time: int
    ) -> None:
        require_law(chances)
        for name, value in (("holding", holding), ("shortage", shortage)):
            require_positive(name, value)
        if ordering < 0.0:
            raise PlanError(f"ordering must not be negative; got {ordering}")
        if lead_time < 0:
            raise PlanError(f"lead_time must be at least 0; got {lead_time}")
        if not chances[0] < 1.0:
            raise PlanError("there must be some demand; its probability is 0")
        self.holding, self.shortage, self.ordering = holding, shortage, ordering
        self.interval = chances
        for _ in range(lead_time):
            self.interval = np.convolve(self.interval, chances)
        self.mean = float(np.arange(len(self.interval)) @ self.interval)
        self.short = mean_shortages(self.interval, len(self.interval) + 1)
        self.chances = chances
        self.visits: list[float] = [1.0 / (1.0 - float(chances[0]))]

    def held(self, position: int) -> float:
        """Mean cost of a period that is judged from ``position``; negative ones are all owed."""
        if position < 0:
            return self.shortage * (self.mean - position)
        short: float = self.short[position] if position < len(self.short) else 0.0
        return self.holding * (position - self.mean + short) + self.shortage * short

    def visit(self, below: int) -> float:
        """Mean periods spent ``below`` units under the level, from one order to the next."""
        while len(self.visits) <= below:
            n = len(self.visits)
            reach = min(n, len(self.chances) - 1)
            past = np.array(self.visits[n - reach : n][::-1])
            self.visits.append(float(self.chances[1 : reach + 1] @ past) * self.visits[0])
        return self.visits[below]

    def cost(self, reorder_point: int, order_up_to: int) -> float:
        steps = range(order_up_to - reorder_point)
        visits = [self.visit(j) for j in steps]
        spent = sum(m * self.held(order_up_to - j) for j, m in zip(steps, visits, strict=True))
        return float((self.ordering + spent) / sum(visits))


def reorder_up_to_cost(
    holding: float,
    shortage: float,
    ordering: float,
    chances: Floats,
    reorder_point: int,
    order_up_to: int,
    lead_time: int = 0,
) -> float:
    """Return the mean cost of a pair, money per period.

    Parameters
    ----------
    holding, shortage : money per unit in stock, and per unit owed, at the end of a period
    ordering : money per order
    chances : (n_outcomes,) float64, probabilities of 0, 1, ... units in a period
    reorder_point, order_up_to : units, the second above the first
    lead_time : whole periods; 0 arrives before the demand of its own period

    Raises
    ------
    PlanError
        Where an argument is out of range.

    References
    ----------
    Zheng & Federgruen (1991), eq. 4.
    """
    if order_up_to <= reorder_point:
        raise PlanError(
            f"order_up_to must be above the reorder point {reorder_point}; got {order_up_to}"
        )
    model = _Model(holding, shortage, ordering, chances, lead_time)
    return model.cost(reorder_point, order_up_to)


def best_reorder_up_to(
    holding: float, shortage: float, ordering: float, chances: Floats, lead_time: int = 0
) -> ReorderUpToOptimum:
    """Return the pair of least mean cost.

    Parameters
    ----------
    holding, shortage, ordering, chances, lead_time : as in `reorder_up_to_cost`

    Raises
    ------
    PlanError
        Where an argument is out of range.

    References
    ----------
    Zheng & Federgruen (1991), the algorithm of section 2.
    """
    model = _Model(holding, shortage, ordering, chances, lead_time)
    ratio = shortage / (shortage + holding) - 1e-12
    level = int(np.searchsorted(np.cumsum(model.interval), ratio))
    point = level - 1
    while model.cost(point, level) > model.held(point):
        point -= 1
    cost = model.cost(point, level)
    candidate = level + 1
    while model.held(candidate) <= cost:
        if model.cost(point, candidate) < cost:
            level = candidate
            while model.cost(point, level) <= model.held(point + 1) and point + 1 < level:
                point += 1
            cost = model.cost(point, level)
        candidate += 1
    return ReorderUpToOptimum(point, level, cost)
