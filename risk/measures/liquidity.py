"""Expected shortfall over liquidity horizons: what cannot be sold at once moves for longer.

References
----------
Basel Committee (2019), MAR33.4 and MAR33.5.
"""

from collections.abc import Sequence

import numpy as np

from kernels.arrays import Floats
from risk.errors import PlanError

LIQUIDITY_HORIZONS = (10, 20, 40, 60, 120)
BASE_HORIZON = 10


def liquidity_horizon_shortfall(
    shortfalls: Floats,
    horizons: Sequence[int] = LIQUIDITY_HORIZONS,
    base: int = BASE_HORIZON,
) -> Floats:
    """Return expected shortfall over liquidity horizons, MAR33.4.

    Parameters
    ----------
    shortfalls : (..., n_horizons) float64, money, a loss is positive: expected shortfall over the
        base horizon when only the factors whose liquidity horizon is at least each of
        ``horizons`` move; the first is that of all factors. A negative one counts by its size, as
        the standard squares it; NaN makes its book's figure NaN
    horizons : ascending liquidity horizons, trading days, from ``base`` on
    base : horizon of the shortfalls, trading days

    Returns
    -------
    (...) float64, money, never negative.

    Raises
    ------
    PlanError
        Where the horizons do not ascend from the base, or do not match the shortfalls.

    References
    ----------
    Basel Committee (2019), MAR33.4.
    """
    days = np.asarray(horizons, float)
    if not len(days) or days[0] != base or not (np.diff(days) > 0.0).all():
        raise PlanError(f"liquidity horizons must ascend from {base} days; got {tuple(horizons)}")
    given = np.asarray(shortfalls, float)
    if given.shape[-1] != len(days):
        raise PlanError(
            f"there must be a shortfall for each of {len(days)} liquidity horizons; "
            f"got {given.shape[-1]}"
        )
    growth = np.sqrt(np.diff(days, prepend=0.0) / base)
    return np.asarray(np.sqrt(((given * growth) ** 2).sum(axis=-1)))
