"""Risk figures of today's books on past days, each from the returns known on its eve.

References
----------
Basel Committee (2019), MAR32: a backtest of hypothetical losses holds positions fixed.
McNeil, Frey & Embrechts (2015), "Quantitative risk management", ch. 9.3. Acerbi & Tasche (2002),
"On the coherence of expected shortfall", Journal of Banking & Finance 26(7).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kernels.arrays import Dates, Flags, Floats
from kernels.book_losses import book_losses
from risk.books import Book
from risk.errors import PlanError
from risk.market.factors import Factors
from risk.market.market import Market
from risk.market.revalue import TRADING_DAYS, Shifts, current_values, revalue
from risk.measures.many_tails import ManyTails, measure_many_tails
from risk.measures.portfolios import instrument_losses
from risk.plan import QUASI_METHODS, Method, RiskPlan
from risk.scenarios.filtered_historical import (
    FilteredFactors,
    filter_factors,
    follow,
    one_day_moves,
)

FIGURES = ManyTails._fields
# Laws are fitted, and scenario sets that do not follow the volatility of the day made, weekly.
REFRESH_DAYS = 5


@dataclass(frozen=True)
class RollingFigures:
    """What each book lost on each judged day, and what had been said of that day on its eve.

    Parameters
    ----------
    dates : (n_days,) judged days
    losses : (n_days, n_books) float64, money, of the books as they are today; a loss is positive
    value_at_risk, expected_shortfall : (n_levels, n_days, n_books) float64, money, one day ahead
    value_at_risk_error, expected_shortfall_error : (n_levels, n_days, n_books) float64, money,
        their standard errors
    """

    dates: Dates
    losses: Floats
    value_at_risk: Floats
    expected_shortfall: Floats
    value_at_risk_error: Floats
    expected_shortfall_error: Floats

    def finite(self) -> Flags:
        """Return which books have no infinite or NaN figure or loss on any day, (n_books,)."""
        figures = [getattr(self, name) for name in FIGURES]
        whole = np.concatenate([*figures, self.losses[None]])
        return np.asarray(np.isfinite(whole).all(axis=(0, 1)))

    def of_books(self, chosen: Flags) -> "RollingFigures":
        """Return the figures of some books alone.

        Parameters
        ----------
        chosen : (n_books,) bool
        """
        figures = {name: getattr(self, name)[..., chosen] for name in FIGURES}
        return replace(self, losses=self.losses[:, chosen], **figures)


def judged_days(market: Market, window: int) -> int:
    """Return how many of the market's returns have a whole window before them.

    Parameters
    ----------
    market : factors over all days
    window : returns that each figure comes from

    Raises
    ------
    PlanError
        Where none has.
    """
    days = len(market.factors.moves) - window
    if days < 1:
        raise PlanError(
            f"backtest window must be below the {len(market.factors.moves)} returns there are; "
            f"got {window}"
        )
    return days


def rolling_figures(
    market: Market,
    books: Sequence[Book],
    method: Method,
    plan: RiskPlan,
    window: int,
    days: range,
) -> RollingFigures:
    """Return value at risk and expected shortfall of every book for each judged day.

    Terms and positions are today's on every day; only the returns are those of the time. A day's
    figures come from the ``window`` returns before it, by the very scenarios that a night makes;
    sets of Monte Carlo scenarios serve five days, and fitted laws of volatility, which follow
    each day's return, as many. So no figure knows its day's return.

    Parameters
    ----------
    market : instruments, and factors over all days
    books : what is judged
    method : how scenarios are made
    plan : levels, scenarios, degrees of freedom and seed
    window : returns that each figure comes from
    days : judged days, numbered from the first with a whole window before it; where it starts
        changes no figure if it is a multiple of `REFRESH_DAYS`

    Returns
    -------
    RollingFigures, money, a loss is positive, by the conventions of
    `risk.measures.tail.measure_tails`; errors are of independent scenarios, and of quasi-random
    ones from the spread of their randomisations. A book whose losses, or their squares, overflow
    has infinite or NaN figures.

    Raises
    ------
    PlanError
        Where the window leaves no day to judge.
    MarketError
        Where a window does not allow the method.

    References
    ----------
    Basel Committee (2019), MAR32; McNeil, Frey & Embrechts (2015), section 9.3.
    """
    judged_days(market, window)
    first = window + days.start
    figures = np.empty((len(FIGURES), len(plan.levels), len(days), len(books)))
    dealt = plan.randomisations if method in QUASI_METHODS else None
    moves = market.factors.moves
    values = current_values(market)
    known = _losses(market, values, books, moves[first - window : window + days.stop].T)
    filtered = None
    for number in range(len(days)):
        if method == "historical":
            scenarios = known[number : number + window]
        elif method == "filtered_historical":
            past = market.factors.between(slice(first + number - window, first + number))
            filtered = _filtered(filtered if number % REFRESH_DAYS else None, past, plan)
            scenarios = _losses(market, values, books, one_day_moves(filtered))
        elif number % REFRESH_DAYS == 0:
            eve = _as_known(market, slice(first + number - window, first + number))
            scenarios = _book_losses(instrument_losses(eve, method, 1, plan), books)
        else:
            figures[:, :, number] = figures[:, :, number - 1]
            continue
        with np.errstate(over="ignore", invalid="ignore"):
            figures[:, :, number] = measure_many_tails(scenarios, plan.levels, dealt)
    dates = market.factors.dates[first : window + days.stop]
    return RollingFigures(dates, known[window:], *figures)


def _as_known(market: Market, days: slice) -> Market:
    """Return today's market with the returns of these days alone."""
    return replace(market, factors=market.factors.between(days))


def _filtered(eve: FilteredFactors | None, past: Factors, plan: RiskPlan) -> FilteredFactors:
    """Return the factors' volatility to the end of the window, by the law of the eve if any."""
    return filter_factors(past, plan) if eve is None else follow(eve, past.moves[-1:])


def _losses(market: Market, values: Floats, books: Sequence[Book], moves: Floats) -> Floats:
    """Return what each book would lose under each day's moves, (n_factors, n_days)."""
    shifts = Shifts(np.ascontiguousarray(moves), np.zeros((1, 1)), 1.0 / TRADING_DAYS)
    return _book_losses(values[:, None] - revalue(market, shifts), books)


def _book_losses(losses: Floats, books: Sequence[Book]) -> Floats:
    """Return (n_scenarios, n_books) losses."""
    out = np.empty((losses.shape[1], len(books)))
    for number, book in enumerate(books):
        out[:, number] = book_losses(losses, book.instruments, book.quantities)
    return out
