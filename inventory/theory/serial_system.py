"""Stages in series with echelon base-stock: best levels and exact cost.

References
----------
Clark & Scarf (1960), "Optimal policies for a multi-echelon inventory problem", Management Science
6(4); Chen & Zheng (1994), "Lower bounds for multi-echelon stochastic inventory systems",
Management Science 40(11); Shang & Song (2003), "Newsvendor bounds and heuristic for optimal
policies in serial supply chains", Management Science 49(5).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from inventory.errors import PlanError
from inventory.policies.policy import require_positive
from kernels.arrays import Floats


@dataclass(frozen=True)
class SerialOptimum:
    """The echelon levels of least mean cost.

    Parameters
    ----------
    levels : units at and below each stage and on the way to it, the stage that sells first
    cost : money per unit of time
    """

    levels: tuple[int, ...]
    cost: float


def best_serial_levels(
    echelon_holding: Floats, lead_times: Floats, demand: float, owing: float
) -> SerialOptimum:
    """Return the best levels for Poisson demand, reviewed without pause, unmet demand owed.

    Parameters
    ----------
    echelon_holding : (n_stages,) float64, money per unit and unit of time that a stage adds to the
        price of holding; the stage that sells first
    lead_times : (n_stages,) float64, units of time to each stage from the one before it
    demand : units per unit of time
    owing : money per unit owed and unit of time

    Raises
    ------
    PlanError
        Where an argument is not above zero, or the two arrays differ in length.

    References
    ----------
    Shang & Song (2003), eqs. 1-4.
    """
    if len(echelon_holding) != len(lead_times) or len(lead_times) == 0:
        raise PlanError(
            "echelon_holding and lead_times must have one number a stage; "
            f"got {len(echelon_holding)} and {len(lead_times)}"
        )
    require_positive("demand", demand)
    require_positive("owing", owing)
    for price, lead_time in zip(echelon_holding, lead_times, strict=True):
        require_positive("echelon_holding", float(price))
        require_positive("lead_time", float(lead_time))
    mean = demand * float(np.sum(lead_times))
    reach = int(np.ceil(mean + 12.0 * np.sqrt(mean) + 20.0))
    # Positions run low enough that the demand of all lead times ends above the lowest.
    positions = np.arange(-2 * reach, 2 * reach + 1)
    below = (owing + float(np.sum(echelon_holding))) * np.maximum(-positions, 0.0)
    levels, cost = [], 0.0
    for price, lead_time in zip(echelon_holding, lead_times, strict=True):
        chances = _poisson(demand * float(lead_time), reach)
        # Below the grid, costs go on in a straight line.
        slope = below[1] - below[0]
        ahead = below[0] - slope * np.arange(reach, 0, -1)
        lengthened = np.concatenate([ahead, below])
        lower = np.convolve(lengthened, chances, mode="valid")
        own = price * (positions - demand * lead_time) + lower
        best = int(np.argmin(own))
        levels.append(int(positions[best]))
        cost = float(own[best])
        below = own[np.minimum(np.arange(len(positions)), best)]
    return SerialOptimum(tuple(levels), cost)


def _poisson(mean: float, reach: int) -> Floats:
    units = np.arange(reach + 1)
    chances = np.exp(units * np.log(mean) - mean - gammaln(units + 1.0))
    return np.asarray(chances / chances.sum())
