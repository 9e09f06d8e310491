"""Profiles: what a book is like, over the past days of its market.

References
----------
McNeil, Frey & Embrechts (2015), "Quantitative risk management", section 9.2 (historical losses of
today's positions); Basel Committee (2019), MAR33.4 and MAR33.5 (liquidity horizons).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kernels.arrays import Flags, Floats
from kernels.book_losses import book_losses
from risk.books import Book, books_of, overflows
from risk.covariance.sample import moving
from risk.errors import BookError, Failure, PlanError
from risk.market.liquidity import liquidity_horizons, position_horizons
from risk.market.market import NO_FACTOR, Market
from risk.market.revalue import TRADING_DAYS, Shifts, current_values, revalue
from risk.market.terms import BASE_HORIZON, LIQUIDITY_HORIZONS
from risk.measures.allocation import diversification_ratio
from risk.measures.dependence import (
    Betas,
    measure_betas,
    tail_dependence,
    tail_dependence_errors,
)
from risk.measures.deviation import deviation_errors, diversification_error, measure_deviations
from risk.measures.drawdown import measure_drawdowns
from risk.measures.exposures import unit_exposures
from risk.measures.liquidity import liquidity_horizon_error, liquidity_horizon_shortfall
from risk.measures.selected_tails import select_tails
from risk.plan import RiskPlan
from risk.scenarios import factor_moves

STAGE = "profile portfolios"
LIQUIDITY_LEVEL = 0.975
DEPENDENCE_LEVEL = 0.95
# What positions that cancel leave of their moves: options are good to 1e-14 of spot and strike.
_ROUNDING = 1e-9
COLUMNS = [
    "portfolio_id",
    "positions",
    "market_value",
    "gross_value",
    "gross_exposure",
    "volatility",
    "volatility_standard_error",
    "diversification_ratio",
    "diversification_ratio_standard_error",
    "beta",
    "beta_standard_error",
    "beta_exposure",
    "beta_exposure_standard_error",
    "explained",
    "explained_standard_error",
    "tail_dependence",
    "tail_dependence_standard_error",
    "max_drawdown",
    "mean_drawdown",
    "conditional_drawdown",
    "longest_drawdown",
    "liquidity_horizon_shortfall",
    "liquidity_horizon_shortfall_standard_error",
    "days",
    "currency",
]


@dataclass(frozen=True)
class Profiles:
    """What books are like, and those that cannot be told.

    Parameters
    ----------
    profiles : frame of `COLUMNS`, one row per book
    failures : books that could not be valued
    """

    profiles: pd.DataFrame
    failures: list[Failure]


def profile_portfolios(
    market: Market, positions: pd.DataFrame, plan: RiskPlan, benchmark: str | None = None
) -> Profiles:
    """Describe every book by what today's positions would have made on the window's days.

    Parameters
    ----------
    market : instruments, and factors over the window
    positions : portfolio_id, instrument_id, quantity of all books: tail dependence is with all
        the others together
    plan : currency and window
    benchmark : instrument whose log returns are the market of betas; None takes the mean of all
        equities and ETFs

    Returns
    -------
    Profiles. Volatility is annual (252 days), money, of daily losses about their mean over
    n_days - 1; diversification_ratio is the positions' own volatilities over it; beta_exposure is
    the money gained for a market return of one, and beta that over the gross exposure, which
    counts a future or an FX forward by its notional (`risk.measures.exposures`): that of an index
    future to its index is 1;
    tail_dependence is the share of a book's worst 5% of days that are among the worst 5% of all
    others (see `risk.measures.dependence`); drawdowns are money over the window, positive, the
    conditional one of its worst 5% of days; liquidity_horizon_shortfall is expected shortfall at
    97.5% by MAR33.4 from historical ten-day moves that happen at once, a loss is positive: what
    does not move in a set of factors adds nothing, whatever time does. Standard errors are of
    independent days, and of ten-day moves that overlap; drawdowns, of the one path that the window
    is, have none. A figure that the books do not allow (no market, no other book, nothing that
    moves or is held, too short a window) is NaN.

    Raises
    ------
    PlanError
        Where the benchmark has no price factor.

    References
    ----------
    McNeil, Frey & Embrechts (2015), section 9.2; Basel Committee (2019), MAR33.4; and those of
    `risk.measures`.
    """
    books, failures = books_of(market, positions)
    one_day, values = _losses(market, market.factors.moves.T, 1), current_values(market)
    with np.errstate(over="ignore", invalid="ignore"):
        apart = np.ptp(one_day, axis=1)
    sound: list[Book] = []
    parts = []
    for book in books:
        losses = book_losses(one_day, book.instruments, book.quantities)
        with np.errstate(over="ignore", invalid="ignore"):
            worth = book.quantities * values[book.instruments]
            # Of fourth order is the error of a volatility.
            squares = losses**2
        if not (overflows(worth) or overflows(squares)):
            sound.append(book)
            parts.append(
                _without_rounding(losses, float(np.abs(book.quantities) @ apart[book.instruments]))
            )
        else:
            error = BookError("its value or loss overflows")
            failures.append(Failure(book.portfolio_id, STAGE, type(error).__name__, str(error)))
    if not sound:
        return Profiles(pd.DataFrame(columns=COLUMNS), failures)
    losses = np.array(parts).T
    return Profiles(_frame(market, sound, one_day, losses, plan, benchmark), failures)


def _without_rounding(losses: Floats, moved: float) -> Floats:
    """Return a book's losses, all the same where its positions cancel but for rounding.

    Parameters
    ----------
    losses : (n_days,) float64, money, a loss is positive; no NaN
    moved : money between the least and the largest losses of its positions, added up
    """
    if np.ptp(losses) > _ROUNDING * moved:
        return losses
    mean = float(losses.mean())
    return np.full(len(losses), mean if abs(mean) > _ROUNDING * moved else 0.0)


def _losses(market: Market, moves: Floats, horizon: int) -> Floats:
    shifts = Shifts(np.ascontiguousarray(moves), np.zeros((1, 1)), horizon / TRADING_DAYS)
    values = revalue(market, shifts)
    return np.asarray(current_values(market)[:, None] - values)


def _frame(
    market: Market,
    books: Sequence[Book],
    one_day: Floats,
    losses: Floats,
    plan: RiskPlan,
    benchmark: str | None,
) -> pd.DataFrame:
    values = current_values(market)
    worth = [book.quantities * values[book.instruments] for book in books]
    gross = np.array([np.abs(own).sum() for own in worth])
    held = unit_exposures(market)
    exposed = np.array([np.abs(book.quantities * held[book.instruments]).sum() for book in books])
    drawdowns = measure_drawdowns(losses)
    betas = _betas(market, losses, benchmark)
    deviations = measure_deviations(losses)
    diversified, diversified_errors = _diversification(books, one_day, losses, deviations)
    shared = _tail_dependence(losses)
    shortfalls, shortfall_errors = _liquidity_shortfalls(market, books, plan)
    return pd.DataFrame(
        {
            "portfolio_id": [book.portfolio_id for book in books],
            "positions": [len(book.instruments) for book in books],
            "market_value": [float(own.sum()) for own in worth],
            "gross_value": gross,
            "gross_exposure": exposed,
            "volatility": deviations * np.sqrt(TRADING_DAYS),
            "volatility_standard_error": deviation_errors(losses) * np.sqrt(TRADING_DAYS),
            "diversification_ratio": diversified,
            "diversification_ratio_standard_error": diversified_errors,
            "beta": _over(betas.exposure, exposed),
            "beta_standard_error": _over(betas.standard_error, exposed),
            "beta_exposure": betas.exposure,
            "beta_exposure_standard_error": betas.standard_error,
            "explained": betas.explained,
            "explained_standard_error": betas.explained_error,
            "tail_dependence": shared,
            "tail_dependence_standard_error": _dependence_errors(shared, len(losses)),
            "max_drawdown": drawdowns.deepest,
            "mean_drawdown": drawdowns.mean,
            "conditional_drawdown": drawdowns.conditional,
            "longest_drawdown": drawdowns.longest,
            "liquidity_horizon_shortfall": shortfalls,
            "liquidity_horizon_shortfall_standard_error": shortfall_errors,
            "days": len(losses),
            "currency": plan.currency,
        }
    )[COLUMNS]


def _over(amounts: Floats, exposures: Floats) -> Floats:
    unknown = np.full(len(amounts), np.nan)
    return np.asarray(np.divide(amounts, exposures, out=unknown, where=exposures > 0.0))


def _diversification(
    books: Sequence[Book], one_day: Floats, losses: Floats, deviations: Floats
) -> tuple[list[float], list[float]]:
    """Return the diversification of each book, and its standard error."""
    alone = measure_deviations(one_day.T)
    ratios, errors = [], []
    for book, total, together in zip(books, losses.T, deviations, strict=True):
        own = np.abs(book.quantities) * alone[book.instruments]
        ratios.append(diversification_ratio(own, float(together)))
        parts = book.quantities[:, None] * one_day[book.instruments]
        errors.append(diversification_error(np.ascontiguousarray(parts.T), total))
    return ratios, errors


def _dependence_errors(shares: Floats, n_days: int) -> Floats:
    known = ~np.isnan(shares)
    errors = np.full(len(shares), np.nan)
    if known.any():
        errors[known] = tail_dependence_errors(shares[known], n_days, DEPENDENCE_LEVEL)
    return errors


def _betas(market: Market, losses: Floats, benchmark: str | None) -> Betas:
    chosen = _market_factors(market, benchmark)
    if not chosen.any():
        unknown = np.full(losses.shape[1], np.nan)
        return Betas(unknown, unknown, unknown, unknown)
    return measure_betas(losses, market.factors.moves[:, chosen].mean(axis=1))


def _market_factors(market: Market, benchmark: str | None) -> Flags:
    chosen = np.zeros(len(market.factors.levels), bool)
    if benchmark is not None:
        number = market.factors.price(benchmark)
        if number is None:
            raise PlanError(f"benchmark {benchmark!r} has no prices that the window covers")
        chosen[number] = True
        return chosen
    shares = market.terms["kind"].isin(("equity", "etf")).to_numpy()
    numbers = market.price_factor[shares]
    chosen[numbers[numbers != NO_FACTOR]] = True
    return chosen


def _tail_dependence(losses: Floats) -> Floats:
    others = losses.sum(axis=1, keepdims=True) - losses
    known = losses.shape[1] > 1 and len(losses) * (1.0 - DEPENDENCE_LEVEL) >= 1.0
    if not known:
        return np.full(losses.shape[1], np.nan)
    found = tail_dependence(losses, others, DEPENDENCE_LEVEL)
    # Whether the others move is not asked of their sum, which has a rounding of the book's own.
    own = moving(losses)
    return np.where(own & (own.sum() > own), found, np.nan)


def _liquidity_shortfalls(
    market: Market, books: Sequence[Book], plan: RiskPlan
) -> tuple[Floats, Floats]:
    """Return expected shortfall over liquidity horizons of each book, and its standard error."""
    if len(market.factors.moves) < 2 * BASE_HORIZON:
        return np.full(len(books), np.nan), np.full(len(books), np.nan)
    moves = factor_moves(market.factors, "historical", BASE_HORIZON, plan)
    totals = np.zeros((len(books), len(LIQUIDITY_HORIZONS), moves.shape[1]))
    for place, losses in enumerate(_losses_by_horizon(market, moves)):
        for number, book in enumerate(books):
            totals[number, place] = book_losses(losses, book.instruments, book.quantities)
    shortfalls = np.zeros(totals.shape[:2])
    for number, place in np.argwhere(totals.any(axis=2)):
        own = totals[number, place]
        shortfalls[number, place] = select_tails(own, (LIQUIDITY_LEVEL,))[1][0]
    errors = [liquidity_horizon_error(own, LIQUIDITY_LEVEL, BASE_HORIZON) for own in totals]
    return liquidity_horizon_shortfall(shortfalls), np.array(errors)


def _losses_by_horizon(market: Market, moves: Floats) -> Iterator[Floats]:
    """Yield what instruments lose when only what waits for each horizon moves, up to the last."""
    waiting, own = liquidity_horizons(market), position_horizons(market)
    whole = _losses(market, moves, 0)
    for horizon in LIQUIDITY_HORIZONS:
        moved = waiting >= horizon
        if not (moved.any() or (own >= horizon).any()):
            return
        losses = _losses(market, np.where(moved[:, None], moves, 0.0), 0)
        named = np.where((own >= horizon)[:, None], whole, 0.0)
        yield np.where((own > 0)[:, None], named, losses)
