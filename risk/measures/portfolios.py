"""Value at risk, expected shortfall and its components, book by book.

References
----------
McNeil, Frey & Embrechts (2015), "Quantitative risk management", section 9.2; Acerbi & Tasche
(2002), "On the coherence of expected shortfall", Journal of Banking & Finance 26(7); L'Ecuyer &
Lemieux (2002), "Recent advances in randomized quasi-Monte Carlo methods", section 1; Glasserman
(2004), "Monte Carlo methods in financial engineering", section 9.2.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kernels.arrays import Floats
from kernels.on_device import book_losses_on, keep_losses_on
from risk.books import Book, book_failure, books_of, overflows
from risk.controls import Control, Controls, book_control, build_controls, controls_without
from risk.errors import BookError, Failure, PlanError
from risk.market.delta_gamma import expand_values
from risk.market.market import Market
from risk.market.revalue import TRADING_DAYS, Shifts, current_values, revalue
from risk.measures.allocation import allocate
from risk.measures.loss_quantiles import measure_quantiles
from risk.measures.randomised_errors import randomised_errors
from risk.measures.tail import Tail, measure_tails
from risk.plan import QUASI_METHODS, Method, RiskPlan
from risk.portfolio_rows import (
    BookRows,
    contribution_columns,
    contribution_frame,
    quantile_columns,
    quantile_frame,
    risk_frame,
    risk_rows,
)
from risk.scenarios import factor_moves
from risk.scenarios.control_variates import corrected_tails
from risk.scenarios.quadratic_law import quadratic_tails


@dataclass(frozen=True)
class PortfolioMeasures:
    """Measures of books under one set of scenarios.

    Parameters
    ----------
    risk : frame of `RISK_COLUMNS`: VaR and ES at every level, with standard errors, money
    contributions : frame of `CONTRIBUTION_COLUMNS`: component (``value``) and incremental VaR and
        ES of every position, with standard errors, money; marginal ones, money per money held
    loss_quantiles : frame of `QUANTILE_COLUMNS`: the distribution of each book's loss, money, as
        of `risk.measures.loss_quantiles.measure_quantiles`, with standard errors
    failures : books that could not be measured
    """

    risk: pd.DataFrame
    contributions: pd.DataFrame
    loss_quantiles: pd.DataFrame
    failures: list[Failure]


def instrument_losses(market: Market, method: Method, horizon: int, plan: RiskPlan) -> Floats:
    """Return the loss of one unit of each instrument under each common scenario.

    Time passes: bonds and options are valued ``horizon`` trading days (of 252 a year) later.
    Implied volatilities stay as they are.

    Parameters
    ----------
    market : instruments and factors
    method : how scenarios are made
    horizon : trading days
    plan : settings of the scenarios

    Returns
    -------
    (n_instruments, n_scenarios) float64, reporting currency, a loss is positive; infinite or NaN
    where a value overflows, which fails the books that hold it.

    Raises
    ------
    MarketError
        Where the window is too short for the horizon, or a law cannot be fitted.
    PlanError
        Where the method is unknown, or the horizon is out of range.

    References
    ----------
    McNeil, Frey & Embrechts (2015), section 9.1 (losses as functions of risk factors).
    """
    moves = factor_moves(market.factors, method, horizon, plan)
    shifts = Shifts(moves, np.zeros((1, 1)), horizon / TRADING_DAYS)
    full = plan.revaluation == "full"
    values = revalue(market, shifts, plan.device) if full else expand_values(market, shifts)
    return np.subtract(current_values(market)[:, None], values, out=values)


def measure_portfolios(
    market: Market,
    positions: pd.DataFrame,
    losses: Floats,
    method: Method,
    horizon: int,
    plan: RiskPlan,
) -> PortfolioMeasures:
    """Measure every book under one set of common scenarios; each by itself.

    Parameters
    ----------
    market : instruments and factors
    positions : portfolio_id, instrument_id, quantity
    losses : (n_instruments, n_scenarios) float64, money, as `instrument_losses` gives them
    method, horizon : what the scenarios are
    plan : levels, currency and device

    Returns
    -------
    PortfolioMeasures, reporting currency, a loss is positive; by the conventions of
    `risk.measures.tail.measure_tails` and `risk.measures.allocation.allocate`. A book whose value
    or loss is NaN or infinite in any scenario, or too large for its square, is a failure.

    References
    ----------
    Acerbi & Tasche (2002), def. 2.6; McNeil, Frey & Embrechts (2015), section 9.2.
    """
    books, failures = books_of(market, positions)
    controls = build_controls(market, method, horizon, plan, losses.shape[1])
    values, measured = current_values(market), []
    with keep_losses_on(plan.device)(losses):
        for book in books:
            try:
                rows = _measure_book(book, market, values, losses, controls, method, horizon, plan)
            except BookError as error:
                failures.append(book_failure(book.portfolio_id, error))
            else:
                measured.append(rows)
    frames = risk_frame(measured), contribution_frame(measured), quantile_frame(measured)
    return PortfolioMeasures(*frames, failures)


def _measure_book(
    book: Book,
    market: Market,
    values: Floats,
    losses: Floats,
    controls: Controls | None,
    method: Method,
    horizon: int,
    plan: RiskPlan,
) -> BookRows:
    """Return what is told of a book; a BookError says why it cannot be measured."""
    held, levels, device = (book.instruments, book.quantities), plan.levels, plan.device
    total = book_losses_on(device)(losses, *held)
    with np.errstate(over="ignore"):
        worth = book.quantities * values[book.instruments]
    if overflows(total) or overflows(worth):
        raise BookError("its value or loss overflows")
    shared = overlap_of(method, horizon)
    dealt = plan.randomisations if method in QUASI_METHODS else None
    try:
        with keep_losses_on(device)(total):
            control = control_of(controls, book)
            tails = measure_book_tails(total, method, horizon, plan, control)
            without = None if controls is None else controls_without(controls, *held, control)
            parts = allocate(losses, *held, total, tails, levels, shared, dealt, without, device)
            spread = measure_quantiles(total, shared, dealt, device)
    except PlanError as error:
        raise BookError(f"it has no control: {error}") from error
    common = {
        "portfolio_id": book.portfolio_id,
        "horizon": horizon,
        "method": method,
        "currency": plan.currency,
    }
    ids = market.terms["instrument_id"].to_numpy(dtype=object)[book.instruments]
    return BookRows(
        risk_rows(common, levels, tails, float(worth.sum())),
        contribution_columns(common, levels, parts, worth, ids),
        quantile_columns(common, spread),
    )


def control_of(controls: Controls | None, book: Book) -> Control | None:
    """Return a book's control, or None where ``controls`` are None or it does not move."""
    return None if controls is None else book_control(controls, book.instruments, book.quantities)


def measure_book_tails(
    total: Floats,
    method: Method,
    horizon: int,
    plan: RiskPlan,
    control: Control | None = None,
) -> list[Tail]:
    """Return a book's tails at every level; their errors allow for how scenarios were made.

    Parameters
    ----------
    total : (n_scenarios,) float64, the book's losses, money, a loss is positive; no NaN
    method, horizon : of the scenarios: historical ones of several days overlap; the errors of
        quasi-random ones come from their randomisations
    plan : levels, randomisations, and the device that puts losses in order
    control : the book's loss whose law is known, by which the tails are corrected; None has none

    Returns
    -------
    One tail for each of the plan's levels, by the conventions of `measure_tails`, money; with a
    control by those of `risk.scenarios.control_variates.corrected_tails`.

    Raises
    ------
    PlanError
        Where no scenario lies beyond the control's value at risk.

    References
    ----------
    Acerbi & Tasche (2002), def. 2.6; L'Ecuyer & Lemieux (2002), section 1, for the errors of
    quasi-random scenarios; Glasserman (2004), section 9.2, for controls.
    """
    if control is not None:
        known = quadratic_tails(control.law, plan.levels)
        return corrected_tails(total, control.losses, plan.levels, known, plan.device)
    tails = measure_tails(total, plan.levels, overlap_of(method, horizon), plan.device)
    if method not in QUASI_METHODS:
        return tails
    errors = randomised_errors(total, plan.levels, plan.randomisations).tolist()
    return [
        replace(tail, value_at_risk_error=quantile, expected_shortfall_error=shortfall)
        for tail, (quantile, shortfall) in zip(tails, errors, strict=True)
    ]


def overlap_of(method: Method, horizon: int) -> int:
    """Return how many days neighbouring scenarios of a method over a horizon share, 1 for none."""
    return horizon if method == "historical" else 1
