"""Costs and service of simulated paths, each with its standard error.

References
----------
Cochran (1977), "Sampling techniques", eq. 6.13 (the variance of a ratio by the delta method);
Law (2015), "Simulation modeling and analysis", section 10.2.1 (paired differences).
"""

from dataclasses import astuple, dataclass

import numpy as np

from inventory.errors import refuse_negative
from inventory.plan import Target
from inventory.rows import Rows
from kernels.arrays import Flags, Floats, Integers
from kernels.stock_comparison import fill_differences
from kernels.stock_moments import fill_item_estimates, find_cheapest
from kernels.stock_terms import HELD, N_TOTALS, ORDERS, OWED, SHORT, WASTED

# The totals of a walk that have a price, in the order of `Costs`.
_PRICED = [HELD, SHORT, ORDERS, OWED, WASTED]


@dataclass(frozen=True)
class Costs:
    """Prices of what a walk counts, money, finite and not negative.

    Parameters
    ----------
    holding : per unit and period
    shortage : per unit short
    ordering : per order
    owing : per unit owed and period
    waste : per unit that perishes

    Raises
    ------
    StockError
        Where one is missing, infinite or negative; the message names it.
    """

    holding: float
    shortage: float
    ordering: float
    owing: float = 0.0
    waste: float = 0.0

    def __post_init__(self) -> None:
        refuse_negative(**vars(self))


@dataclass(frozen=True)
class Estimates(Rows):
    """What rules cost and serve over the horizon.

    Parameters
    ----------
    cost, cost_error : (n_rules,) float64, money, mean over paths and its standard error
    fill_rate, fill_rate_error : (n_rules,) float64, fraction of the demand that an order
        placed now can reach that is met from stock; 1 where there is no such demand
    cycle_service, cycle_service_error : (n_rules,) float64, fraction of the periods that an order
        placed now can reach without shortage; 1 where there is none
    """

    cost: Floats
    cost_error: Floats
    fill_rate: Floats
    fill_rate_error: Floats
    cycle_service: Floats
    cycle_service_error: Floats

    def cheapest(self, target: Target, shares: Floats, offsets: Integers) -> tuple[Integers, Flags]:
        """Return the number of each item's cheapest rule that serves, and whether one does.

        Where none does it is the rule that serves best, the cheapest of equals.

        Parameters
        ----------
        target : what the share is asked of
        shares : (n_items,) float64, fraction to serve
        offsets : (n_items + 1,) int64, where the rules of each item start
        """
        best, meets = np.empty(len(shares), np.int64), np.empty(len(shares), np.bool_)
        find_cheapest(self.cost, self.served(target), shares, offsets, best, meets)
        return best, meets

    def served(self, target: Target) -> Floats:
        """Return (n_rules,) what is held against the service target; 1 where cost alone decides."""
        return target.choose(self.fill_rate, self.cycle_service, 1.0)

    def served_error(self, target: Target) -> Floats:
        """Return (n_rules,) the standard error of the same; 0 where cost alone decides."""
        return target.choose(self.fill_rate_error, self.cycle_service_error, 0.0)


@dataclass(frozen=True)
class Difference:
    """How much more one rule costs and serves than another on the same paths.

    Parameters
    ----------
    cost, cost_error : money, mean over paths and its standard error
    fill_rate, fill_rate_error : fraction
    """

    cost: float
    cost_error: float
    fill_rate: float
    fill_rate_error: float


def money_spent(totals: Floats, costs: Costs) -> Floats:
    """Return the money each path costs under each rule.

    Parameters
    ----------
    totals : (n_rules, n_paths, 12) float64, as `kernels.stock_walk` counts them
    costs : prices
    """
    prices = zip(_PRICED, astuple(costs), strict=True)
    return np.asarray(sum(price * totals[..., place] for place, price in prices))


def prices_of(costs: Costs) -> Floats:
    """Return (12,) money per unit of each total of a walk."""
    prices = np.zeros(N_TOTALS)
    prices[_PRICED] = astuple(costs)
    return prices


def costs_of(prices: Floats) -> Costs:
    """Return what `prices_of` made a row of."""
    return Costs(*prices[_PRICED].tolist())


def estimate(totals: Floats, costs: Costs) -> Estimates:
    """Return cost and service of each rule of one item.

    Parameters
    ----------
    totals : (n_rules, n_paths, 12) float64, as `kernels.stock_walk` counts them; 2 paths at least
    costs : prices

    Notes
    -----
    The fill rate is a ratio of sums over paths, so its error is that of a ratio.
    """
    return estimate_items(totals, prices_of(costs)[None], np.array([0, len(totals)]))


def estimate_items(totals: Floats, prices: Floats, offsets: Integers) -> Estimates:
    """Return cost and service of each rule of many items.

    Parameters
    ----------
    totals : (n_rules, n_paths, 12) float64, those of an item after those of the one before
    prices : (n_items, 12) float64, money per unit of each total
    offsets : (n_items + 1,) int64, where the rules of each item start
    """
    found = np.empty((6, len(totals)))
    fill_item_estimates(totals, prices, offsets, found)
    return Estimates(*found)


def compare(totals: Floats, costs: Costs, rule: int, other: int) -> Difference:
    """Return what ``rule`` costs and serves more than ``other``, path by path.

    Parameters
    ----------
    totals : (n_rules, n_paths, 12) float64, of walks on common demand and lead times
    costs : prices
    rule, other : numbers of rules
    """
    pair = np.ascontiguousarray(totals[[rule, other]])
    found = compare_items(pair, prices_of(costs)[None], np.array([1]), np.array([0, 2]))
    return Difference(*found[:, 0].tolist())


def compare_items(totals: Floats, prices: Floats, others: Integers, offsets: Integers) -> Floats:
    """Return what every rule of an item costs and serves more than one of them, path by path.

    Parameters
    ----------
    totals, prices, offsets : as of `estimate_items`
    others : (n_items,) int64, number of the rule held against, among those of the item

    Returns
    -------
    (4, n_rules) float64, as the fields of `Difference`.
    """
    found = np.empty((4, len(totals)))
    fill_differences(totals, prices, others, offsets, found)
    return found
