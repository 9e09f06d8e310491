"""Sensitivities of books: delta, gamma, vega, theta and DV01, by revaluation.

References
----------
Hull (2018), "Options, futures, and other derivatives", ch. 19; Basel Committee (2019), MAR21.8
and MAR21.19 (sensitivities to one percentage point and to one basis point).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kernels.arrays import Floats
from risk.errors import Failure
from risk.market.market import Market
from risk.market.revalue import TRADING_DAYS, Shifts, revalue
from risk.measures.portfolios import Book, books_of

COLUMNS = ["portfolio_id", "sensitivity", "factor", "value", "unit", "currency"]
UNITS = {
    "delta": "for a rise of 1%",
    "gamma": "of delta for a rise of 1%",
    "vega": "for a rise of 1 point of volatility",
    "theta": "for one trading day",
    "dv01": "for a fall of 1 basis point",
}
TIME = "time"
# Steps of the central differences: small against what moves in a day, large against rounding.
_PRICE_STEP, _RATE_STEP, _VOLATILITY_STEP = 1e-3, 1e-5, 1e-4
_PERCENT, _BASIS_POINT, _POINT = 1e-2, 1e-4, 1e-2


@dataclass(frozen=True)
class Sensitivities:
    """Change of the value of one unit of each instrument, reporting currency.

    Parameters
    ----------
    delta, gamma : (n_instruments, n_prices) float64, to each price factor
    vega : (n_instruments,) float64, to its own volatility
    theta : (n_instruments,) float64
    dv01 : (n_instruments, n_curves) float64, to each curve's parallel fall
    """

    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    dv01: Floats


def instrument_sensitivities(market: Market) -> Sensitivities:
    """Return the sensitivities of every instrument, in the units of `UNITS`.

    Prices, volatilities and rates are moved up and down by 0.1%, 0.01 points and 0.1 basis points,
    and the difference is scaled; time is moved by a day. Everything is revalued in full, so that
    a sensitivity is that of the night's own model, currency included.

    Parameters
    ----------
    market : instruments and factors
    """
    prices, curves = len(market.factors.prices), market.factors.curve_ids
    base = revalue(market, _still(market, 1))[:, 0]
    up, down = (_moved_prices(market, prices, step) for step in (_PRICE_STEP, -_PRICE_STEP))
    delta = (up - down) * (_PERCENT / (2.0 * _PRICE_STEP))
    gamma = (up - 2.0 * base[:, None] + down) * (_PERCENT / _PRICE_STEP) ** 2
    # Rounding of three values is no curvature.
    gamma[np.abs(gamma) < 1e-8 * np.abs(base)[:, None]] = 0.0
    higher, lower = (_moved_curves(market, curves, step) for step in (_RATE_STEP, -_RATE_STEP))
    dv01 = (lower - higher) * (_BASIS_POINT / (2.0 * _RATE_STEP))
    day = Shifts(np.zeros((len(market.factors.levels), 1)), np.zeros((1, 1)), 1.0 / TRADING_DAYS)
    return Sensitivities(
        delta, gamma, _vega(market), np.asarray(revalue(market, day)[:, 0] - base), dv01
    )


def book_sensitivities(
    market: Market, positions: pd.DataFrame
) -> tuple[pd.DataFrame, list[Failure]]:
    """Return the sensitivities of every book, factor by factor.

    Parameters
    ----------
    market : instruments and factors
    positions : portfolio_id, instrument_id, quantity

    Returns
    -------
    frame : `COLUMNS`; a gain is positive, money of the reporting currency per unit of `UNITS`.
        Delta and gamma are by instrument whose price moves, vega by the underlying of the
        options, DV01 by curve, and theta all in all; what is zero is left out
    failures : books that could not be valued
    """
    books, failures = books_of(market, positions)
    own = instrument_sensitivities(market)
    rows = [row for book in books for row in _book_rows(market, book, own)]
    frame = pd.DataFrame(rows, columns=COLUMNS[:4])
    frame["unit"] = frame["sensitivity"].map(UNITS)
    frame["currency"] = market.currency
    return frame[COLUMNS], failures


def _book_rows(
    market: Market, book: Book, own: Sensitivities
) -> Iterator[tuple[str, str, str, float]]:
    held, quantities = book.instruments, book.quantities
    prices, curves = market.factors.prices, market.factors.curve_ids
    for name, matrix, factors in (
        ("delta", own.delta, prices),
        ("gamma", own.gamma, prices),
        ("dv01", own.dv01, curves),
    ):
        totals = (quantities[:, None] * matrix[held]).sum(axis=0)
        yield from _known(book, name, zip(factors, totals, strict=True))
    vegas: dict[str, float] = {}
    for instrument, quantity in zip(held, quantities, strict=True):
        if own.vega[instrument] != 0.0:
            underlying = str(market.terms["underlying"].iloc[instrument])
            vegas[underlying] = vegas.get(underlying, 0.0) + quantity * own.vega[instrument]
    yield from _known(book, "vega", sorted(vegas.items()))
    yield from _known(book, "theta", [(TIME, float(quantities @ own.theta[held]))])


def _known(
    book: Book, name: str, values: Iterable[tuple[str, float]]
) -> Iterator[tuple[str, str, str, float]]:
    for factor, value in values:
        if value != 0.0 and np.isfinite(value):
            yield book.portfolio_id, name, factor, float(value)


def _still(market: Market, n_scenarios: int) -> Shifts:
    return Shifts(np.zeros((len(market.factors.levels), n_scenarios)), np.zeros((1, 1)), 0.0)


def _moved_prices(market: Market, n_prices: int, step: float) -> Floats:
    """Return values when each price alone moves, (n_instruments, n_prices)."""
    shifts = _still(market, n_prices)
    np.fill_diagonal(shifts.moves[:n_prices], np.log1p(step))
    return revalue(market, shifts)


def _moved_curves(market: Market, curves: tuple[str, ...], step: float) -> Floats:
    """Return values when each curve alone moves in parallel, (n_instruments, n_curves)."""
    shifts = _still(market, len(curves))
    for column, curve_id in enumerate(curves):
        points = market.factors.curve(curve_id)
        assert points is not None
        shifts.moves[points[1], column] = step
    return revalue(market, shifts)


def _vega(market: Market) -> Floats:
    """Return what a point of volatility more makes of each option; 0 of all else."""
    terms = market.terms
    options = (terms["kind"] == "european_option").to_numpy()
    vega = np.zeros(len(terms))
    if not options.any():
        return vega
    implied = np.ones(len(terms))
    implied[options] = terms.loc[options, "implied_volatility"].to_numpy(float)
    relative = np.where(options, _VOLATILITY_STEP / implied, 0.0)[:, None]
    nothing = np.zeros((len(market.factors.levels), 2))
    moved = revalue(market, Shifts(nothing, relative * [1.0, -1.0], 0.0))
    vega[options] = (moved[options, 0] - moved[options, 1]) * (_POINT / (2.0 * _VOLATILITY_STEP))
    return vega
