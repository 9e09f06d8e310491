"""Filtered historical scenarios: the window's surprises at today's volatility.

References
----------
Barone-Adesi, Giannopoulos & Vosper (1999), "VaR without correlations for portfolios of
derivative securities", Journal of Futures Markets 19(5); Hull & White (1998), Journal of Risk
1(1).
"""

from dataclasses import dataclass, replace

import numpy as np

from kernels.arrays import Flags, Floats
from kernels.garch_fit import SMALLEST_SQUARE
from risk.errors import MarketError
from risk.market.factors import Factors
from risk.plan import RiskPlan
from risk.scenarios.common_volatility import CommonVolatility, find_common_volatility
from risk.volatility import (
    Outcome,
    VolatilityFit,
    extend_fit,
    filtered_moves,
    fit_volatility,
    rescaled_moves,
)
from risk.volatility.model import FEWEST_DAYS

# A factor that stays where it is goes on so; one without a good top has its best point.
_FOLLOWED = (Outcome.FITTED, Outcome.NOT_CONVERGED)


@dataclass(frozen=True)
class FilteredFactors:
    """The volatility of all factors, followed to the end of a window.

    Parameters
    ----------
    followed : (n_factors,) which factors have a volatility; the others stay at one move
    steady : (n_factors,) float64, the one move a day of those that are not followed
    fit : of the followed factors, over the days of the window
    common : of what the followed factors have in common; None where the plan asks for none
    """

    followed: Flags
    steady: Floats
    fit: VolatilityFit
    common: CommonVolatility | None


def filtered_historical_moves(factors: Factors, horizon: int, plan: RiskPlan) -> Floats:
    """Return the window's surprises, rescaled to volatility as it is and as it goes on.

    With the plan's ``common_volatility`` a move is the mean of two: by the factor's own volatility,
    and by that of the factors' common move and of what is the factor's beside it.

    Over one day each of the window's days comes once, and nothing is sampled; over more, each
    scenario draws its days from the window, all factors by the same days, and volatility
    follows what is drawn. The fitted means are part of the moves, as the window's are of
    historical ones.

    Parameters
    ----------
    factors : history of the factors
    horizon : trading days
    plan : law of volatility, number of scenarios over more than a day, and seed

    Returns
    -------
    (n_factors, n_scenarios) float64

    Raises
    ------
    MarketError
        Where the window is too short to fit volatility, or a factor's squares overflow.

    References
    ----------
    Barone-Adesi, Giannopoulos & Vosper (1999); Hull & White (1998), for one day.
    """
    filtered = filter_factors(factors, plan)
    if horizon == 1:
        return one_day_moves(filtered)
    drawn = plan.scenarios, plan.seed
    moves = filtered_moves(filtered.fit, horizon, *drawn)
    if filtered.common is not None:
        _halve(moves, filtered.common, filtered.common.moves(horizon, *drawn))
    return _with_steady(filtered, horizon, moves)


def filter_factors(factors: Factors, plan: RiskPlan) -> FilteredFactors:
    """Fit the plan's law of volatility to every factor, and follow it through the window.

    Parameters
    ----------
    factors : history of the factors
    plan : law of volatility

    Raises
    ------
    MarketError
        Where the window is too short, or a factor's squares overflow.
    """
    moves = factors.moves
    if len(moves) < FEWEST_DAYS:
        raise MarketError(
            f"filtered historical scenarios need {FEWEST_DAYS} returns; the window has {len(moves)}"
        )
    law = plan.volatility_law()
    fit = fit_volatility(moves, law, plan.device)
    followed = np.isin(fit.outcomes, _FOLLOWED)
    wrong = np.flatnonzero(~followed & (fit.outcomes != Outcome.CONSTANT))
    if len(wrong):
        raise MarketError(_without_volatility(factors, int(wrong[0])))
    common = (
        find_common_volatility(moves[:, followed], law, plan.device)
        if plan.common_volatility
        else None
    )
    return FilteredFactors(followed, moves[-1].copy(), fit.of_series(followed), common)


def _without_volatility(factors: Factors, number: int) -> str:
    """Return which factor has no volatility, and which of its moves, or what of all, forbids it."""
    own = factors.moves[:, number]
    told = f"{factors.name(number)} has no volatility:"
    bad = np.flatnonzero(~np.isfinite(own))
    if len(bad):
        day = factors.dates[bad[0]].astype("datetime64[D]")
        return f"{told} its moves must be finite; that of {day} is {own[bad[0]]}"
    with np.errstate(over="ignore", invalid="ignore"):
        variance = own.var()
    return (
        f"{told} the variance of its moves must be finite and above {SMALLEST_SQUARE:g}; "
        f"got {variance:g}"
    )


def follow(filtered: FilteredFactors, moves: Floats) -> FilteredFactors:
    """Move the window on by new days, the parameters as they are.

    Parameters
    ----------
    filtered : the factors up to the eve of the new days
    moves : (n_new, n_factors) float64, no NaN

    Returns
    -------
    Factors over as many days as before: as many of the oldest are left out.
    """
    own = moves[:, filtered.followed]
    return replace(
        filtered,
        fit=extend_fit(filtered.fit, own).without_first(len(moves)),
        common=None if filtered.common is None else filtered.common.follow(own),
    )


def one_day_moves(filtered: FilteredFactors) -> Floats:
    """Return the next day's moves by each day of the window once, (n_factors, n_days).

    Parameters
    ----------
    filtered : the factors' volatility up to the eve
    """
    moves = rescaled_moves(filtered.fit)
    if filtered.common is not None:
        _halve(moves, filtered.common, filtered.common.one_day_moves())
    return _with_steady(filtered, 1, moves)


def _halve(moves: Floats, common: CommonVolatility, by_common: Floats) -> None:
    """Take the mean of both volatilities' moves for each factor that has both, in place.

    Each errs by itself: the mean of the two is nearer than either.
    """
    moves[common.told] = 0.5 * (moves[common.told] + by_common)


def _with_steady(filtered: FilteredFactors, horizon: int, moves: Floats) -> Floats:
    """Lay the moves of followed factors among those of the others."""
    out = np.empty((len(filtered.followed), moves.shape[1]))
    out[filtered.followed] = moves
    out[~filtered.followed] = horizon * filtered.steady[~filtered.followed, None]
    return out
