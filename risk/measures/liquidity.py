"""Expected shortfall over liquidity horizons: what cannot be sold at once moves for longer.

References
----------
Basel Committee (2019), MAR33.4 and MAR33.5; Manistre & Hancock (2005), "Variance of the CTE
estimator", North American Actuarial Journal 9(2), eq. 8 (errors).
"""

import numpy as np

from kernels.arrays import Floats
from risk.errors import PlanError
from risk.market.terms import BASE_HORIZON, LIQUIDITY_HORIZONS
from risk.measures.influence import shortfall_influence
from risk.measures.selected_tails import select_tails
from risk.measures.tail import tail_errors

# Of the factors by which shortfalls grow from one horizon to the next.
_SQUARED_GROWTH = np.diff(np.asarray(LIQUIDITY_HORIZONS, float), prepend=0.0) / BASE_HORIZON


def liquidity_horizon_shortfall(shortfalls: Floats) -> Floats:
    """Return expected shortfall over liquidity horizons, MAR33.4.

    Parameters
    ----------
    shortfalls : (..., n_horizons) float64, money, a loss is positive: expected shortfall over
        `BASE_HORIZON` trading days when only the factors whose liquidity horizon is at least each
        of `LIQUIDITY_HORIZONS` move; the first is that of all factors. A negative one counts by its
        size, as the standard squares it; NaN makes its book's figure NaN

    Returns
    -------
    (...) float64, money, never negative.

    Raises
    ------
    PlanError
        Where there is not a shortfall for each horizon.

    References
    ----------
    Basel Committee (2019), MAR33.4.
    """
    given = np.asarray(shortfalls, float)
    if given.shape[-1] != len(_SQUARED_GROWTH):
        raise PlanError(
            f"there must be a shortfall for each of {len(_SQUARED_GROWTH)} liquidity horizons; "
            f"got {given.shape[-1]}"
        )
    return np.asarray(np.sqrt(((given * np.sqrt(_SQUARED_GROWTH)) ** 2).sum(axis=-1)))


def liquidity_horizon_error(losses: Floats, level: float, overlap: int = 1) -> float:
    """Return the standard error of expected shortfall over liquidity horizons.

    All horizons come from the same scenarios, so that their errors go together.

    Parameters
    ----------
    losses : (n_horizons, n_scenarios) float64, money, a loss is positive, no NaN: of the book when
        only the factors move whose liquidity horizon is at least each of `LIQUIDITY_HORIZONS`
    level : of the shortfall, in (0, 1)
    overlap : days of each scenario, as of `risk.measures.tail.measure_tails`

    Returns
    -------
    Money; 0 where the figure is.

    References
    ----------
    Basel Committee (2019), MAR33.4; Manistre & Hancock (2005), eq. 8, and the delta method.
    """
    quantiles, shortfalls = np.array([select_tails(own, (level,)) for own in losses])[..., 0].T
    whole = float(liquidity_horizon_shortfall(shortfalls))
    if whole == 0.0:
        return 0.0
    slopes = _SQUARED_GROWTH * shortfalls / whole
    parts = zip(losses, quantiles, slopes, strict=True)
    influence = sum(slope * shortfall_influence(own, at, level) for own, at, slope in parts)
    squares = (1.0 - level) * np.asarray(influence).var()
    return float(tail_errors(squares, losses.shape[1], level, overlap))
