"""Historical scenarios: the window's own moves.

References
----------
McNeil, Frey & Embrechts (2015), "Quantitative risk management", section 9.2.3.
"""

import numpy as np

from kernels.arrays import Floats
from risk.errors import MarketError
from risk.market.factors import Factors
from risk.plan import RiskPlan


def historical_moves(factors: Factors, horizon: int, plan: RiskPlan) -> Floats:  # noqa: ARG001 - a generator takes the plan
    """Return the window's moves over ``horizon`` days, overlapping, (n_factors, n_windows).

    Parameters
    ----------
    factors : history of the factors
    horizon : trading days
    plan : of no meaning here

    Raises
    ------
    MarketError
        Where the window is shorter than two horizons.

    References
    ----------
    McNeil, Frey & Embrechts (2015), section 9.2.3.
    """
    moves = factors.moves
    n_returns = len(moves)
    if n_returns < 2 * horizon:
        raise MarketError(
            f"historical scenarios over {horizon} days need {2 * horizon} returns; "
            f"the window has {n_returns}"
        )
    n_windows = n_returns - horizon + 1
    sums = np.zeros((n_windows, moves.shape[1]))
    for day in range(horizon):
        sums += moves[day : day + n_windows]
    return np.ascontiguousarray(sums.T)
