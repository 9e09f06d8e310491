"""Lost sales over a horizon, by dynamic programming: the least cost of all ways to order.

Demand is independent from period to period, with a law of its own in each. The state is stock and
the orders on the way, so lead times are fixed, and of few reviews.

References
----------
Puterman (1994), "Markov decision processes", section 4.5 (backward induction);
Zipkin (2008), "Old and new methods for lost-sales inventory systems", Operations Research 56(5).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inventory.errors import PlanError
from inventory.policies.policy import Policy
from kernels.arrays import Floats, Integers
from kernels.lost_sales import fill_expected
from kernels.stock_events import order_quantity


@dataclass(frozen=True)
class FiniteHorizon:
    """A warehouse-item over a horizon, in whole units; events as `kernels.stock_walk` orders them.

    Parameters
    ----------
    holding, shortage, ordering : money per unit left and period, per unit lost, and per order
    laws : (horizon, n_outcomes) float64, probabilities of 0, 1, ... units in each period
    lead_time : whole periods, at least 1
    review_period : periods between orders, the first in period 0
    case_pack, minimum_order : whole units
    on_hand : whole units at the start
    receipts : (horizon,) int64, units on the way at the start, by period of arrival
    most : units; stock and units on the way are never ordered above

    Raises
    ------
    PlanError
        Where an argument is out of range.
    """

    holding: float
    shortage: float
    ordering: float
    laws: Floats
    lead_time: int
    review_period: int
    case_pack: int
    minimum_order: int
    on_hand: int
    receipts: Integers
    most: int

    def __post_init__(self) -> None:
        for name in ("lead_time", "review_period", "case_pack"):
            if getattr(self, name) < 1:
                raise PlanError(f"{name} must be at least 1; got {getattr(self, name)}")
        held = self.on_hand + int(self.receipts.sum())
        if self.most < held:
            raise PlanError(f"most must be at least the {held} units held; got {self.most}")

    @property
    def sizes(self) -> Integers:
        """Units that an order can have, 0 first."""
        cases = np.arange(0, self.most + 1, self.case_pack)
        return np.asarray(cases[(cases == 0) | (cases >= self.minimum_order)], np.int64)

    @property
    def n_states(self) -> int:
        """Of a period after an order; what the work grows with."""
        on_the_way: int = -(-self.lead_time // self.review_period)
        return int((self.most + 1) * len(self.sizes) ** on_the_way)

    def least_cost(self) -> float:
        """Return the mean cost over the horizon of the best orders, money."""
        return self._cost(None, None)

    def cost_after(self, order: float) -> float:
        """Return the mean cost over the horizon of a first order and the best ones after it, money.

        Raises
        ------
        PlanError
            Where an order cannot have that size.
        """
        return self._cost(self._numbers_of([order]).repeat(self.most + 1), None)

    def cost_of(self, policy: Policy, lifts: Floats | None = None) -> float:
        """Return the mean cost over the horizon of a policy, money.

        Parameters
        ----------
        policy : of the item
        lifts : (horizon,) float64, units that its levels are higher by in each period; None where
            they stay

        Raises
        ------
        PlanError
            Where it orders above ``most``.
        """
        horizon = len(self.laws)
        moves = np.zeros(horizon) if lifts is None else lifts
        found = {lift: self._wanted(policy, lift) for lift in set(moves.tolist())}
        later = [found[lift] for lift in moves.tolist()]
        return self._cost(later[0], later)

    def _wanted(self, policy: Policy, lift: float) -> Integers:
        point, up_to, *sizes = policy.rule
        terms = float(self.case_pack), float(self.minimum_order), np.inf
        rule = point + lift, up_to + lift, *sizes
        return self._numbers_of(
            [order_quantity(float(n), *rule, *terms) for n in range(self.most + 1)]
        )

    def _numbers_of(self, orders: Sequence[float]) -> Integers:
        numbers = np.searchsorted(self.sizes, orders)
        known = numbers < len(self.sizes)
        if not known.all() or (self.sizes[numbers] != orders).any():
            raise PlanError(f"an order of {max(orders):g} units is none of {self.sizes}")
        return numbers.astype(np.int64)

    def _cost(self, first: Integers | None, later: Sequence[Integers] | None) -> float:
        """Return the cost of a first order and those of each period, by position; None is best."""
        horizon, stock = len(self.laws), np.arange(self.most + 1)
        values = np.zeros((len(stock),) + (len(self.sizes),) * self._on_the_way(horizon))
        for t in reversed(range(horizon)):
            values = self._before_demand(t, values)
            if t % self.review_period == 0:
                coming = int(self.receipts[t + 1 :].sum())
                own = first if t == 0 else None if later is None else later[t]
                values = self._ordered(values, coming, own)
            values = values[np.minimum(stock + self.receipts[t], self.most)]
            placed = t - self.lead_time
            if placed >= 0 and placed % self.review_period == 0:
                arrived = np.minimum(stock[:, None] + self.sizes, self.most)
                values = values[arrived]
        return float(values[self.on_hand])

    def _on_the_way(self, period: int) -> int:
        """Return how many orders are on the way at the start of a period, before receipts."""
        placed = range(max(period - self.lead_time, 0), period)
        return sum(n % self.review_period == 0 for n in placed)

    def _before_demand(self, period: int, values: Floats) -> Floats:
        """Return values before a period's demand, what the period costs included."""
        law, flat = self.laws[period], values.reshape(len(values), -1)
        before = np.empty_like(flat)
        fill_expected(law, flat, before)
        stock = np.arange(len(values))
        # What is left of n units is the sum, over all below n, of the chance to sell so few.
        below = np.ones(len(values))
        below[: len(law)] = law.cumsum()[: len(values)]
        held = below.cumsum() - below
        short = float(np.arange(len(law)) @ law) - stock + held
        before += (self.holding * held + self.shortage * short)[:, None]
        return before.reshape(values.shape)

    def _ordered(self, values: Floats, coming: int, numbers: Integers | None) -> Floats:
        """Return values before an order is placed; the last axis is the order."""
        position = np.zeros(values.shape[:-1], np.int64) + coming
        for axis in range(position.ndim):
            units = np.arange(self.most + 1) if axis == 0 else self.sizes
            position += units.reshape([-1 if n == axis else 1 for n in range(position.ndim)])
        paid = values + np.where(self.sizes > 0, self.ordering, 0.0)
        if numbers is None:
            allowed = (position[..., None] + self.sizes <= self.most) | (self.sizes == 0)
            return np.asarray(np.where(allowed, paid, np.inf).min(axis=-1))
        chosen = numbers[np.minimum(position, self.most)]
        return np.asarray(np.take_along_axis(paid, chosen[..., None], axis=-1)[..., 0])
