"""Known demand: the economic order quantity, and the best plan of orders over a horizon."""

import math
from dataclasses import dataclass

import numpy as np

from inventory.errors import PlanError
from inventory.policies.policy import require_positive
from kernels.arrays import Floats


@dataclass(frozen=True)
class EconomicOrder:
    """The order quantity of least cost.

    Parameters
    ----------
    quantity : units
    cost : money per unit of time, of ordering, holding and owing
    owed_share : of the quantity, the fraction that is owed when it arrives
    """

    quantity: float
    cost: float
    owed_share: float = 0.0


def economic_order(
    ordering: float,
    holding: float,
    demand: float,
    *,
    owing: float = math.inf,
    production: float = math.inf,
) -> EconomicOrder:
    """Return the quantity that balances ordering against holding.

    Parameters
    ----------
    ordering : money per order
    holding : money per unit and unit of time
    demand : units per unit of time
    owing : money per unit owed and unit of time; infinite owes nothing
    production : units per unit of time at which an order comes in; infinite is at once

    Raises
    ------
    PlanError
        Where a price or the demand is not above zero, or production is not above demand.

    References
    ----------
    Snyder & Shen (2019), eqs. 3.4-3.5 (EOQ), 3.28-3.30 (with backorders), 3.34-3.35 (production).
    """
    for name, value in (("ordering", ordering), ("holding", holding), ("demand", demand)):
        require_positive(name, value)
    if not production > demand:
        raise PlanError(f"production must be above the demand {demand:g}; got {production}")
    if not owing > 0.0:
        raise PlanError(f"owing must be above 0; got {owing}")
    price = holding * (1.0 - demand / production)
    owed = price / (price + owing)
    price *= 1.0 - owed
    return EconomicOrder(
        float(least_cost_quantity(ordering, price, demand)),
        math.sqrt(2.0 * ordering * demand * price),
        owed,
    )


def least_cost_quantity(
    ordering: Floats | float, holding: Floats | float, demand: Floats | float
) -> Floats:
    """Return the quantity of `economic_order` that nothing is owed of and that comes in at once.

    Parameters
    ----------
    ordering, holding, demand : as in `economic_order`, above zero, of one item or of many
    """
    return np.asarray(np.sqrt(2.0 * np.asarray(ordering) * demand / holding))


def plan_known_demand(
    ordering: float, holding: float, demand: Floats, purchase: Floats | None = None
) -> tuple[Floats, float]:
    """Return the orders of least cost that cover known demand, and that cost.

    Parameters
    ----------
    ordering : money per order
    holding : money per unit carried to the next period
    demand : (n_periods,) float64, units
    purchase : (n_periods,) float64, money per unit; None is free

    Raises
    ------
    PlanError
        Where a price or a demand is negative or not finite.

    References
    ----------
    Wagner & Whitin (1958), "Dynamic version of the economic lot size model", Management Science
    5(1); Snyder & Shen (2019), eq. 3.39.
    """
    n_periods = len(demand)
    prices = np.zeros(n_periods) if purchase is None else np.asarray(purchase, np.float64)
    known = np.concatenate([[ordering, holding], demand, prices])
    if not np.isfinite(known).all() or (known < 0.0).any():
        raise PlanError("prices and demand must be finite and not negative")
    costs = np.zeros(n_periods + 1)
    until = np.zeros(n_periods, np.int64)
    for t in range(n_periods - 1, -1, -1):
        units = np.cumsum(demand[t:])
        carried = np.cumsum(holding * np.arange(n_periods - t) * demand[t:])
        fixed = np.where(units > 0.0, ordering, 0.0)
        totals = fixed + prices[t] * units + carried + costs[t + 1 :]
        best = int(np.argmin(totals))
        costs[t], until[t] = totals[best], t + best + 1
    orders = np.zeros(n_periods)
    t = 0
    while t < n_periods:
        orders[t] = demand[t : until[t]].sum()
        t = int(until[t])
    return orders, float(costs[0])
