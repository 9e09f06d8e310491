"""Costs and service of simulated paths, each with its standard error.

References
----------
Cochran (1977), "Sampling techniques", eq. 6.13 (the variance of a ratio by the delta method);
Law (2015), "Simulation modeling and analysis", section 10.2.1 (paired differences).
"""

from dataclasses import dataclass, fields

import numpy as np

from inventory.plan import Target
from kernels.arrays import Floats, Integers
from kernels.stock_moments import N_KEPT, add_paths, fill_estimates
from kernels.stock_terms import (
    HELD,
    N_TOTALS,
    ORDERS,
    OWED,
    REACHED,
    SERVED,
    SHORT,
    WASTED,
)


@dataclass(frozen=True)
class Costs:
    """Prices of what a walk counts, money.

    Parameters
    ----------
    holding : per unit and period
    shortage : per unit short
    ordering : per order
    owing : per unit owed and period
    waste : per unit that perishes
    """

    holding: float
    shortage: float
    ordering: float
    owing: float = 0.0
    waste: float = 0.0


@dataclass(frozen=True)
class Estimates:
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

    def of(self, rules: Integers) -> "Estimates":
        """Return the estimates of some rules, in the order of their numbers."""
        return Estimates(
            self.cost[rules],
            self.cost_error[rules],
            self.fill_rate[rules],
            self.fill_rate_error[rules],
            self.cycle_service[rules],
            self.cycle_service_error[rules],
        )

    def and_then(self, other: "Estimates") -> "Estimates":
        """Return the estimates of these rules and then of others."""
        parts = ((getattr(self, each.name), getattr(other, each.name)) for each in fields(self))
        return Estimates(*(np.concatenate(pair) for pair in parts))

    def cheapest(self, target: Target, share: float) -> tuple[int, bool]:
        """Return the number of the cheapest rule that serves, and whether one does.

        Where none does it is the rule that serves best, the cheapest of equals.

        Parameters
        ----------
        target : what the share is asked of
        share : fraction to serve
        """
        served = self.served(target)
        meets = served >= share
        if meets.any():
            return int(np.flatnonzero(meets)[np.argmin(self.cost[meets])]), True
        best = served >= served.max() - 1e-12
        return int(np.flatnonzero(best)[np.argmin(self.cost[best])]), False

    def served(self, target: Target) -> Floats:
        """Return (n_rules,) what is held against the service target; 1 where cost alone decides."""
        if target == Target.COST:
            return np.ones(len(self.cost))
        return self.fill_rate if target == Target.FILL_RATE else self.cycle_service

    def served_error(self, target: Target) -> Floats:
        """Return (n_rules,) the standard error of the same; 0 where cost alone decides."""
        if target == Target.COST:
            return np.zeros(len(self.cost))
        return self.fill_rate_error if target == Target.FILL_RATE else self.cycle_service_error


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
    return np.asarray(
        costs.holding * totals[..., HELD]
        + costs.shortage * totals[..., SHORT]
        + costs.ordering * totals[..., ORDERS]
        + costs.owing * totals[..., OWED]
        + costs.waste * totals[..., WASTED]
    )


def prices_of(costs: Costs) -> Floats:
    """Return (12,) money per unit of each total of a walk."""
    prices = np.zeros(N_TOTALS)
    prices[[HELD, SHORT, ORDERS, OWED, WASTED]] = (
        costs.holding,
        costs.shortage,
        costs.ordering,
        costs.owing,
        costs.waste,
    )
    return prices


def estimate(totals: Floats, costs: Costs) -> Estimates:
    """Return cost and service of each rule.

    Parameters
    ----------
    totals : (n_rules, n_paths, 12) float64, as `kernels.stock_walk` counts them; 2 paths at least
    costs : prices

    Notes
    -----
    The fill rate is a ratio of sums over paths, so its error is that of a ratio.
    """
    n_rules, n_paths, _ = totals.shape
    means, products = np.zeros((n_rules, N_KEPT)), np.zeros((n_rules, N_KEPT, N_KEPT))
    add_paths(totals, prices_of(costs), 0, means, products)
    found = np.empty((6, n_rules))
    fill_estimates(means, products, n_paths, found)
    return Estimates(*found)


def compare(totals: Floats, costs: Costs, rule: int, other: int) -> Difference:
    """Return what ``rule`` costs and serves more than ``other``, path by path.

    Parameters
    ----------
    totals : (n_rules, n_paths, 12) float64, of walks on common demand and lead times
    costs : prices
    rule, other : numbers of rules
    """
    return compare_all(totals[[rule, other]], costs, 1)[0]


def compare_all(totals: Floats, costs: Costs, other: int) -> list[Difference]:
    """Return what every rule costs and serves more than ``other``, path by path.

    Parameters
    ----------
    totals, costs : as of `compare`
    other : number of a rule
    """
    spent = money_spent(totals, costs)
    more = spent - spent[other]
    served, residuals = _ratio(totals[..., SERVED], totals[..., REACHED])
    columns = (
        more.mean(axis=1),
        _error(more),
        served - served[other],
        _error(residuals - residuals[other]),
    )
    return [Difference(*figures) for figures in zip(*(c.tolist() for c in columns), strict=True)]


def _ratio(above: Floats, below: Floats) -> tuple[Floats, Floats]:
    """Return ratios of sums over paths, and what each path adds to their errors."""
    mean = below.mean(axis=1)
    some = mean > 0.0
    ratio = np.divide(above.mean(axis=1), mean, out=np.ones(len(mean)), where=some)
    scale = np.where(some, mean, 1.0)[:, None]
    return ratio, (above - ratio[:, None] * below) / scale * some[:, None]


def _error(values: Floats) -> Floats:
    return np.asarray(values.std(axis=1, ddof=1) / np.sqrt(values.shape[1]))
