"""Stages in series with echelon base-stock: best levels and exact cost.

References
----------
Clark & Scarf (1960), "Optimal policies for a multi-echelon inventory problem", Management Science
6(4); Chen & Zheng (1994), "Lower bounds for multi-echelon stochastic inventory systems",
Management Science 40(11); Shang & Song (2003), "Newsvendor bounds and heuristic for optimal
policies in serial supply chains", Management Science 49(5).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, ndtr

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

    levels: tuple[float, ...]
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
    require_positive("demand", demand)
    _require_stages(echelon_holding, lead_times, owing)
    reach = _reach(demand * float(np.sum(lead_times)))
    laws = [
        _Law(0, _poisson(demand * float(lead_time), reach), demand * float(lead_time))
        for lead_time in lead_times
    ]
    # Positions run low enough that the demand of all lead times ends above the lowest.
    positions = np.arange(-2 * reach, 2 * reach + 1).astype(float)
    places, cost = _best_places(echelon_holding, laws, owing, positions)
    return SerialOptimum(tuple(int(positions[place]) for place in places), cost)


def best_normal_serial_levels(
    echelon_holding: Floats, lead_times: Floats, mean: float, deviation: float, owing: float
) -> SerialOptimum:
    """Return the best levels for normal demand, on a grid of a hundredth of its deviation.

    Parameters
    ----------
    echelon_holding, lead_times, owing : as in `best_serial_levels`
    mean, deviation : units per unit of time

    Raises
    ------
    PlanError
        Where an argument is not above zero, or the two arrays differ in length.

    References
    ----------
    Shang & Song (2003), eqs. 1-4; Snyder & Shen (2019), section 6.2.2.
    """
    require_positive("mean", mean)
    require_positive("deviation", deviation)
    _require_stages(echelon_holding, lead_times, owing)
    step = deviation * float(np.sqrt(np.min(lead_times))) / 100.0
    laws = [_normal(mean * float(t), deviation * float(np.sqrt(t)), step) for t in lead_times]
    whole = float(np.sum(lead_times))
    high = int(np.ceil((mean * whole + 8.0 * deviation * np.sqrt(whole)) / step))
    positions = np.asarray(step * np.arange(-high, high + 1), np.float64)
    places, cost = _best_places(echelon_holding, laws, owing, positions)
    return SerialOptimum(tuple(float(positions[place]) for place in places), cost)


@dataclass(frozen=True)
class _Law:
    """Demand of a lead time on the grid of positions, from ``first`` steps on; mean in units."""

    first: int
    chances: Floats
    mean: float


def _best_places(
    echelon_holding: Floats, laws: Sequence[_Law], owing: float, positions: Floats
) -> tuple[list[int], float]:
    """Return the place of each stage's best level on the grid, and the cost of them all."""
    below = (owing + float(np.sum(echelon_holding))) * np.maximum(-positions, 0.0)
    places, cost = [], 0.0
    for price, law in zip(echelon_holding, laws, strict=True):
        own = price * (positions - law.mean) + _mean_after(below, law)
        places.append(int(np.argmin(own)))
        cost = float(own[places[-1]])
        below = own[np.minimum(np.arange(len(positions)), places[-1])]
    return places, cost


def _mean_after(below: Floats, law: _Law) -> Floats:
    """Return the mean of ``below`` at each position less the demand of a lead time."""
    # Below the grid, costs go on in a straight line; above it, they stay.
    last = law.first + len(law.chances) - 1
    before, after = max(last, 0), max(-law.first, 0)
    slope = below[1] - below[0]
    ahead = below[0] - slope * np.arange(before, 0, -1)
    lengthened = np.concatenate([ahead, below, np.full(after, below[-1])])
    start = before - last
    end = start + len(below) + len(law.chances) - 1
    return np.asarray(np.convolve(lengthened[start:end], law.chances, mode="valid"))


def _require_stages(echelon_holding: Floats, lead_times: Floats, owing: float) -> None:
    if len(echelon_holding) != len(lead_times) or len(lead_times) == 0:
        raise PlanError(
            "echelon_holding and lead_times must have one number a stage; "
            f"got {len(echelon_holding)} and {len(lead_times)}"
        )
    require_positive("owing", owing)
    for price, lead_time in zip(echelon_holding, lead_times, strict=True):
        require_positive("echelon_holding", float(price))
        require_positive("lead_time", float(lead_time))


def _reach(mean: float) -> int:
    return int(np.ceil(mean + 12.0 * np.sqrt(mean) + 20.0))


def _normal(mean: float, deviation: float, step: float) -> _Law:
    first, last = (int(np.round((mean + side * 8.0 * deviation) / step)) for side in (-1.0, 1.0))
    edges = (np.arange(first, last + 2) - 0.5) * step
    chances = np.diff(ndtr((edges - mean) / deviation))
    return _Law(first, np.asarray(chances / chances.sum()), mean)


def _poisson(mean: float, reach: int) -> Floats:
    units = np.arange(reach + 1)
    chances = np.exp(units * np.log(mean) - mean - gammaln(units + 1.0))
    return np.asarray(chances / chances.sum())
