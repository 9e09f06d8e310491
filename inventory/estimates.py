"""Costs and service of simulated paths, each with its standard error.

References
----------
Cochran (1977), "Sampling techniques", eq. 6.13 (the variance of a ratio by the delta method).
"""

from dataclasses import dataclass

import numpy as np

from kernels.arrays import Floats
from kernels.stock_walk import HELD, ORDERS, REACHED, SERVED, SHORT


@dataclass(frozen=True)
class Costs:
    """Prices of what a walk counts, money.

    Parameters
    ----------
    holding : per unit and period
    shortage : per unit short
    ordering : per order
    """

    holding: float
    shortage: float
    ordering: float


@dataclass(frozen=True)
class Estimates:
    """What candidates cost and serve over the horizon.

    Parameters
    ----------
    cost, cost_error : (n_candidates,) float64, money, mean over paths and its standard error
    fill_rate, fill_rate_error : (n_candidates,) float64, fraction of the demand that an order
        placed now can reach that is met from stock; 1 where there is no such demand
    """

    cost: Floats
    cost_error: Floats
    fill_rate: Floats
    fill_rate_error: Floats


def estimate(totals: Floats, costs: Costs) -> Estimates:
    """Return cost and fill rate of each candidate.

    Parameters
    ----------
    totals : (n_candidates, n_paths, 8) float64, as `kernels.stock_walk` counts them
    costs : prices

    Notes
    -----
    The fill rate is a ratio of sums over paths, so its error is that of a ratio.
    """
    n_paths = totals.shape[1]
    spent = (
        costs.holding * totals[:, :, HELD]
        + costs.shortage * totals[:, :, SHORT]
        + costs.ordering * totals[:, :, ORDERS]
    )
    demanded, sold = totals[:, :, REACHED], totals[:, :, SERVED]
    mean_demand = demanded.mean(axis=1)
    served = np.divide(
        sold.mean(axis=1), mean_demand, out=np.ones(len(totals)), where=mean_demand > 0.0
    )
    residual = sold - served[:, None] * demanded
    deviation = np.sqrt((residual**2).sum(axis=1) / (n_paths * (n_paths - 1)))
    error = np.divide(deviation, mean_demand, out=np.zeros(len(totals)), where=mean_demand > 0.0)
    return Estimates(
        spent.mean(axis=1), spent.std(axis=1, ddof=1) / np.sqrt(n_paths), served, error
    )
