"""Mean shortage of a level against a law of demand."""

import numpy as np
from scipy.special import ndtr

from inventory.errors import PlanError
from kernels.arrays import Floats


def normal_loss(level: float, mean: float, deviation: float) -> float:
    """Return E[(D - level)+] of normal demand.

    Parameters
    ----------
    level, mean, deviation : units

    References
    ----------
    Snyder & Shen (2019), eq. C.31.
    """
    z = (level - mean) / deviation
    density = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    return float(deviation * (density - z * ndtr(-z)))


def mean_shortages(chances: Floats, n_levels: int) -> Floats:
    """Return E[(D - level)+] for levels 0, 1, ... n_levels - 1.

    Parameters
    ----------
    chances : (n_outcomes,) float64, probabilities of 0, 1, ... units
    n_levels : how many levels
    """
    # E[(D - y)+] = E[D] - sum of P(D > k) over k < y.
    tails = np.zeros(n_levels)
    known = min(n_levels - 1, len(chances))
    tails[1 : known + 1] = 1.0 - np.cumsum(chances)[:known]
    mean = float(np.arange(len(chances)) @ chances)
    return np.maximum(mean - np.cumsum(tails), 0.0)


def require_law(chances: Floats) -> None:
    """Refuse what is no law of whole units.

    Raises
    ------
    PlanError
        Where probabilities are negative, not finite, or sum to anything but one.
    """
    if len(chances) == 0 or not np.isfinite(chances).all() or (chances < 0.0).any():
        raise PlanError("probabilities of demand must be finite and not negative")
    if abs(float(chances.sum()) - 1.0) > 1e-9:
        raise PlanError(f"probabilities of demand must sum to 1; got {chances.sum()}")
