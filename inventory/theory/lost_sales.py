"""Lost sales with a lead time: the exact cost of the best orders, and of base-stock.

The state is stock after receipt and the orders on the way, so it grows with the lead time: this
shows how far a policy is from the best for a few periods of lead time and small demand.

References
----------
Zipkin (2008), "Old and new methods for lost-sales inventory systems", Operations Research 56(5).
"""

from collections.abc import Callable

import numpy as np

from inventory.errors import PlanError
from inventory.policies.policy import require_positive
from inventory.theory.loss import mean_shortages, require_law
from kernels.arrays import Floats

Choice = Callable[[Floats], Floats]


def best_lost_sales_cost(
    holding: float,
    shortage: float,
    chances: Floats,
    lead_time: int,
    *,
    most_stock: int,
    most_ordered: int,
    tolerance: float = 1e-6,
) -> float:
    """Return the least mean cost of any way to order, money per period.

    Parameters
    ----------
    holding, shortage : money per unit left at the end of a period, and per unit lost
    chances : (n_outcomes,) float64, probabilities of 0, 1, ... units in a period
    lead_time : whole periods, at least 1; an order arrives before the demand of that period
    most_stock, most_ordered : units; stock after receipt and an order are never above them
    tolerance : money per period that the answer may be off

    Raises
    ------
    PlanError
        Where an argument is out of range.
    """
    system = _System(holding, shortage, chances, lead_time, most_stock, most_ordered)
    return system.mean_cost(lambda future: np.asarray(future.min(axis=-1)), tolerance)


def lost_sales_base_stock_cost(
    holding: float,
    shortage: float,
    chances: Floats,
    lead_time: int,
    level: int,
    *,
    most_ordered: int,
    tolerance: float = 1e-6,
) -> float:
    """Return the mean cost of ordering up to ``level``, money per period.

    Parameters
    ----------
    level : units of stock and on the way
    most_ordered : units; an order above has no chance worth counting
    others : as in `best_lost_sales_cost`

    Raises
    ------
    PlanError
        Where an argument is out of range.
    """
    system = _System(holding, shortage, chances, lead_time, level, most_ordered)
    lacking = np.clip(level - system.positions(), 0, most_ordered)
    return system.mean_cost(
        lambda future: np.take_along_axis(future, lacking[..., None], axis=-1)[..., 0], tolerance
    )


class _System:
    """States (stock after receipt, orders on the way by arrival), and what follows each."""

    def __init__(
        self,
        holding: float,
        shortage: float,
        chances: Floats,
        lead_time: int,
        most_stock: int,
        most_ordered: int,
    ) -> None:
        require_law(chances)
        require_positive("holding", holding)
        require_positive("shortage", shortage)
        for name, value in (("lead_time", lead_time), ("most_ordered", most_ordered)):
            if value < 1:
                raise PlanError(f"{name} must be at least 1; got {value}")
        if most_stock < most_ordered:
            raise PlanError(
                f"most_stock must be at least the largest order {most_ordered}; got {most_stock}"
            )
        self.shape = (most_stock + 1,) + (most_ordered + 1,) * (lead_time - 1)
        stock = np.arange(most_stock + 1)
        self.left = np.zeros((most_stock + 1, most_stock + 1))
        for units, chance in enumerate(chances):
            self.left[stock, np.maximum(stock - units, 0)] += chance
        short = mean_shortages(chances, most_stock + 1)
        mean = float(np.arange(len(chances)) @ chances)
        self.spent = holding * (stock - mean + short) + shortage * short
        self.n_orders = most_ordered + 1

    def positions(self) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        """Units in stock and on the way, of each state."""
        return np.asarray(sum(np.ogrid[tuple(slice(n) for n in self.shape)]))

    def following(self, values: Floats) -> Floats:
        """Return mean values of the next state, by state and order."""
        reach = np.minimum(
            np.arange(self.shape[0])[:, None] + np.arange(self.n_orders), self.shape[0] - 1
        )
        if len(self.shape) == 1:
            # The order itself arrives next.
            return np.asarray(self.left @ values[reach])
        flat = values.reshape(self.shape[0], -1)
        arrived = [self.left @ flat[reach[:, n]] for n in range(self.n_orders)]
        # Axes: stock, arriving, those behind it, and the order, which joins at the end.
        return np.stack(arrived, axis=1).reshape(*self.shape, self.n_orders)

    def mean_cost(self, choose: Choice, tolerance: float) -> float:
        """Return the mean cost per period by relative value iteration (Puterman 1994, 8.5.5)."""
        values = np.zeros(self.shape)
        spent = self.spent.reshape((-1,) + (1,) * (len(self.shape) - 1))
        for _ in range(10_000):
            following = spent + choose(self.following(values))
            gained = following - values
            if np.ptp(gained) < tolerance:
                return float(0.5 * (gained.max() + gained.min()))
            values = following - following.flat[0]
        raise PlanError(f"tolerance {tolerance} was not reached in 10000 iterations")
