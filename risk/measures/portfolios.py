"""Value at risk, expected shortfall and its components, book by book.

References
----------
McNeil, Frey & Embrechts (2015), "Quantitative risk management", section 9.2; Acerbi & Tasche
(2002), "On the coherence of expected shortfall", Journal of Banking & Finance 26(7); L'Ecuyer &
Lemieux (2002), "Recent advances in randomized quasi-Monte Carlo methods", section 1; Glasserman
(2004), "Monte Carlo methods in financial engineering", section 9.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from kernels.arrays import Floats, Integers
from kernels.on_device import book_losses_on, keep_losses_on
from risk.controls import Control, Controls, book_control, build_controls, controls_without
from risk.errors import BookError, Failure, PlanError
from risk.market.delta_gamma import expand_values
from risk.market.market import Market
from risk.market.revalue import TRADING_DAYS, Shifts, current_values, revalue
from risk.measures.allocation import Allocation, allocate
from risk.measures.loss_quantiles import PROBABILITIES, LossQuantiles, measure_quantiles
from risk.measures.randomised_errors import randomised_errors
from risk.measures.tail import Tail, measure_tails
from risk.plan import QUASI_METHODS, Method, RiskPlan
from risk.scenarios import factor_moves
from risk.scenarios.control_variates import corrected_tails
from risk.scenarios.quadratic_law import quadratic_tails

STAGE = "measure portfolios"
VALUE_AT_RISK, EXPECTED_SHORTFALL = "value_at_risk", "expected_shortfall"
_MEASURES = np.array([VALUE_AT_RISK, EXPECTED_SHORTFALL], dtype=object)
POSITION_COLUMNS = ("portfolio_id", "instrument_id", "quantity")
RISK_COLUMNS = [
    "portfolio_id",
    "measure",
    "level",
    "horizon",
    "method",
    "value",
    "standard_error",
    "market_value",
    "currency",
]
CONTRIBUTION_COLUMNS = [
    "portfolio_id",
    "instrument_id",
    "measure",
    "level",
    "horizon",
    "method",
    "market_value",
    "value",
    "standard_error",
    "marginal",
    "incremental",
    "incremental_standard_error",
    "currency",
]
QUANTILE_COLUMNS = [
    "portfolio_id",
    "horizon",
    "method",
    "probability",
    "loss",
    "standard_error",
    "currency",
]


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


@dataclass(frozen=True)
class Book:
    """One portfolio on a market.

    Parameters
    ----------
    portfolio_id : its id
    instruments : (n_positions,) int64, numbers of the instruments, in the order of their ids
    quantities : (n_positions,) float64, units, negative is short
    """

    portfolio_id: str
    instruments: Integers
    quantities: Floats


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


def books_of(market: Market, positions: pd.DataFrame) -> tuple[list[Book], list[Failure]]:
    """Return the books in ``positions``, and those that hold what cannot be valued.

    Parameters
    ----------
    market : instruments
    positions : portfolio_id, instrument_id, quantity; a NaN or infinite quantity, two positions
        in one instrument, or an instrument that cannot be valued fails its book alone

    Returns
    -------
    Books by their ids, and failures that name the instrument.

    Raises
    ------
    BookError
        Where positions lack one of these columns, or have it twice.
    """
    for column in POSITION_COLUMNS:
        if (times := list(positions.columns).count(column)) != 1:
            raise BookError(f"positions must have one column {column!r}; they have {times}")
    numbers = market.numbers()
    reasons = {failure.entity: failure.message for failure in market.failures}
    books, failures = [], []
    for portfolio_id, rows in positions.sort_values("instrument_id").groupby(
        "portfolio_id", sort=True
    ):
        name = str(portfolio_id)
        try:
            books.append(_book(name, rows, numbers, reasons))
        except BookError as error:
            failures.append(_failure(name, error))
    return books, failures


def _book(name: str, rows: pd.DataFrame, numbers: dict[str, int], reasons: dict[str, str]) -> Book:
    held = [str(instrument) for instrument in rows["instrument_id"]]
    for instrument in held:
        if instrument not in numbers:
            why = reasons.get(instrument, "it is not among the instruments")
            raise BookError(f"instrument {instrument!r} cannot be valued: {why}")
    if len(set(held)) != len(held):
        twice = next(instrument for instrument in held if held.count(instrument) > 1)
        raise BookError(f"instrument {twice!r} is held in two positions")
    quantities = rows["quantity"].to_numpy(float)
    if not np.isfinite(quantities).all():
        bad = int(np.flatnonzero(~np.isfinite(quantities))[0])
        raise BookError(f"quantity of {held[bad]!r} must be finite; got {quantities[bad]}")
    return Book(name, np.array([numbers[i] for i in held], dtype=np.int64), quantities)


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
    with keep_losses_on(plan.device)(losses):
        return _measure_books(market, books, failures, losses, method, horizon, plan)


def _measure_books(
    market: Market,
    books: Sequence[Book],
    failures: list[Failure],
    losses: Floats,
    method: Method,
    horizon: int,
    plan: RiskPlan,
) -> PortfolioMeasures:
    values = current_values(market)
    ids = market.terms["instrument_id"].to_numpy(dtype=object)
    controls = build_controls(market, method, horizon, plan, losses.shape[1])
    risk: list[dict[str, Any]] = []
    contributions: list[dict[str, Any]] = []
    quantiles: list[dict[str, Any]] = []
    add_up = book_losses_on(plan.device)
    for book in books:
        total = add_up(losses, book.instruments, book.quantities)
        with np.errstate(over="ignore"):
            worth = book.quantities * values[book.instruments]
        if overflows(total) or overflows(worth):
            failures.append(_failure(book.portfolio_id, BookError("its value or loss overflows")))
            continue
        common = {
            "portfolio_id": book.portfolio_id,
            "horizon": horizon,
            "method": method,
            "currency": plan.currency,
        }
        held, shared = (book.instruments, book.quantities), overlap_of(method, horizon)
        dealt = plan.randomisations if method in QUASI_METHODS else None
        try:
            with keep_losses_on(plan.device)(total):
                control = control_of(controls, book)
                tails = measure_book_tails(total, method, horizon, plan, control)
                without = None if controls is None else controls_without(controls, *held, control)
                parts = allocate(
                    losses, *held, total, tails, plan.levels, shared, dealt, without, plan.device
                )
                spread = measure_quantiles(total, shared, dealt, plan.device)
        except PlanError as error:
            failures.append(_failure(book.portfolio_id, BookError(f"it has no control: {error}")))
            continue
        for level, tail in zip(plan.levels, tails, strict=True):
            risk += _risk_rows(common, level, tail, float(worth.sum()))
        contributions.append(
            _contributions(common, plan.levels, parts, worth, ids[book.instruments])
        )
        quantiles.append(_quantiles(common, spread))
    return PortfolioMeasures(
        pd.DataFrame(risk, columns=RISK_COLUMNS),
        _stacked(contributions, CONTRIBUTION_COLUMNS),
        _stacked(quantiles, QUANTILE_COLUMNS),
        failures,
    )


def overflows(amounts: Floats) -> bool:
    """Whether amounts, or their squares, of which errors are made, are infinite or NaN.

    Parameters
    ----------
    amounts : float64 of any shape, money, a loss is positive
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return not np.isfinite((amounts**2).sum())


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


def _failure(portfolio_id: str, error: BookError) -> Failure:
    return Failure(portfolio_id, STAGE, type(error).__name__, str(error))


def _risk_rows(
    common: dict[str, Any], level: float, tail: Tail, worth: float
) -> list[dict[str, Any]]:
    measured = (
        (VALUE_AT_RISK, tail.value_at_risk, tail.value_at_risk_error),
        (EXPECTED_SHORTFALL, tail.expected_shortfall, tail.expected_shortfall_error),
    )
    return [
        {
            **common,
            "measure": measure,
            "level": level,
            "value": value,
            "standard_error": error,
            "market_value": worth,
        }
        for measure, value, error in measured
    ]


def _contributions(
    common: dict[str, Any],
    levels: Sequence[float],
    parts: Allocation,
    worth: Floats,
    held: np.ndarray,
) -> dict[str, Any]:
    """Return a book's columns: an array each, or what is of all its rows."""
    n_positions, n_levels = len(held), len(levels)
    components = _both(parts.value_at_risk, parts.expected_shortfall)
    values = np.tile(worth, 2 * n_levels)
    with np.errstate(divide="ignore", invalid="ignore"):
        marginal = np.where(values != 0.0, components / values, np.nan)
    added = parts.incremental
    return {
        **common,
        "instrument_id": np.tile(held, 2 * n_levels),
        "measure": np.repeat(_MEASURES, n_levels * n_positions),
        "level": np.tile(np.repeat(levels, n_positions), 2),
        "market_value": values,
        "value": components,
        "standard_error": _both(parts.value_at_risk_error, parts.expected_shortfall_error),
        "marginal": marginal,
        "incremental": _both(added.value_at_risk, added.expected_shortfall),
        "incremental_standard_error": _both(
            added.value_at_risk_error, added.expected_shortfall_error
        ),
    }


def _both(value_at_risk: Floats, expected_shortfall: Floats) -> Floats:
    """Return a column of both measures, each by level and position."""
    return np.concatenate([value_at_risk.ravel(), expected_shortfall.ravel()])


def _quantiles(common: dict[str, Any], found: LossQuantiles) -> dict[str, Any]:
    return {
        **common,
        "probability": PROBABILITIES,
        "loss": found.losses,
        "standard_error": found.errors,
    }


def _stacked(books: Sequence[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    """Return the rows of all books, as `_contributions` and `_quantiles` give those of one."""
    lengths = [len(book["standard_error"]) for book in books]
    return pd.DataFrame(
        {name: _joined([book[name] for book in books], lengths) for name in columns}
    )


def _joined(parts: list[Any], lengths: list[int]) -> np.ndarray:
    """Return a column: arrays end to end, or each of other values as often as its book has rows."""
    if parts and isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    kind = np.int64 if parts and isinstance(parts[0], int) else object
    return np.repeat(np.array(parts, dtype=kind), lengths)
