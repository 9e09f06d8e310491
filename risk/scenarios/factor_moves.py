"""Which generator makes the scenarios of a method."""

from collections.abc import Callable, Mapping

from kernels.arrays import Floats
from risk.errors import PlanError
from risk.market.factors import Factors
from risk.plan import Method, RiskPlan
from risk.scenarios.block_bootstrap import block_bootstrap_moves
from risk.scenarios.copulas import gaussian_copula_moves, t_copula_moves
from risk.scenarios.filtered_historical import filtered_historical_moves
from risk.scenarios.historical import historical_moves
from risk.scenarios.normal_mixtures import gaussian_scenarios, student_t_scenarios
from risk.scenarios.quasi_random import quasi_gaussian_moves, quasi_student_t_moves

Generator = Callable[[Factors, int, RiskPlan], Floats]

_GENERATORS: Mapping[Method, Generator] = {
    "historical": historical_moves,
    "filtered_historical": filtered_historical_moves,
    "gaussian": gaussian_scenarios,
    "student_t": student_t_scenarios,
    "gaussian_copula": gaussian_copula_moves,
    "t_copula": t_copula_moves,
    "block_bootstrap": block_bootstrap_moves,
    "quasi_gaussian": quasi_gaussian_moves,
    "quasi_student_t": quasi_student_t_moves,
}


def factor_moves(factors: Factors, method: Method, horizon: int, plan: RiskPlan) -> Floats:
    """Return the moves of every factor under each scenario.

    How ``horizon`` days are made of one:

    - historical: the window's own moves over so many days, overlapping;
    - filtered_historical: one day of each day's surprise at today's volatility; more days of
      surprises drawn from the window, volatility following them;
    - gaussian, student_t, quasi_gaussian, quasi_student_t: mean zero and the daily covariance
      times the horizon, with the same degrees of freedom at every horizon;
    - gaussian_copula, t_copula: the copula of daily moves, and margins that are the law of the
      sum of so many independent days (empirical) or scaled by the root of their number (t);
    - block_bootstrap: the sum of so many days, strung together in runs.

    Parameters
    ----------
    factors : history of the factors
    method : how scenarios are made
    horizon : trading days, 1 to 250
    plan : number of scenarios, settings and seed

    Returns
    -------
    (n_factors, n_scenarios) float64, log returns of prices and absolute changes of rates. The
    same plan makes the same bits.

    Raises
    ------
    MarketError
        Where the window is too short for the horizon.
    PlanError
        Where the method is unknown, or the horizon is out of range.
    """
    if method not in _GENERATORS:
        raise PlanError(f"method must be one of {', '.join(_GENERATORS)}; got {method!r}")
    if not 1 <= horizon <= 250:
        raise PlanError(f"horizon must be 1 to 250 trading days; got {horizon!r}")
    return _GENERATORS[method](factors, horizon, plan)
