"""Newsvendor: one order for one selling season."""

import math
from dataclasses import dataclass

import numpy as np

from inventory.errors import PlanError
from inventory.policies.policy import require_finite, require_positive
from kernels.arrays import Floats
from kernels.stock_terms import Rule


@dataclass(frozen=True)
class Newsvendor:
    """Order up to ``level``; walked with a review period as long as the season, it orders once.

    Parameters
    ----------
    level : units
    """

    level: float

    def __post_init__(self) -> None:
        require_finite("level", self.level)

    @property
    def rule(self) -> Rule:
        """The policy as a walk follows it."""
        return Rule(self.level, self.level, 0.0, math.inf)


def newsvendor_level(season_demand: Floats, holding: float, shortage: float) -> float:
    """Return the level of least mean cost over sampled demand of a season.

    Parameters
    ----------
    season_demand : (n_paths,) float64, units in the season on each path
    holding : money per unit left
    shortage : money per unit short

    Raises
    ------
    PlanError
        Where there is no demand, it is not finite, or a price is not above zero.

    References
    ----------
    Snyder & Shen (2019), eq. 4.28 (the smallest level whose distribution function reaches the
    critical ratio), on the empirical law.
    """
    require_positive("holding", holding)
    require_positive("shortage", shortage)
    if season_demand.size == 0 or not np.isfinite(season_demand).all():
        raise PlanError("season_demand must hold one path at least, all finite")
    ranked = np.sort(season_demand)
    place = math.ceil(len(ranked) * shortage / (shortage + holding) - 1e-9)
    return float(ranked[max(place, 1) - 1])
