"""Delta, gamma, vega, theta, rho and DV01 of every position and of every book.

References
----------
Hull (2015), "Options, futures, and other derivatives", 9th ed., Pearson, chapter 19 (the Greek
letters); Tuckman & Serrat (2012), "Fixed income securities", 3rd ed., Wiley, chapter 4 (DV01).
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kernels.arrays import Floats, Integers
from risk.books import books_of
from risk.errors import BookError, Failure
from risk.greeks.bumps import (
    VOLATILITY_STEP,
    day_changes,
    price_slopes,
    rate_slopes,
    volatility_slopes,
)
from risk.market.delta_gamma import PRICE_STEP, RATE_STEP
from risk.market.market import NO_FACTOR, Market
from risk.market.terms import OPTION_KINDS

Sensitivity = Literal["delta", "gamma", "vega", "theta", "rho", "dv01"]
SENSITIVITIES: tuple[Sensitivity, ...] = get_args(Sensitivity)
STAGE = "sensitivities"
BOOK = "*"
TIME = "time"
COLUMNS = [
    "portfolio_id",
    "instrument_id",
    "sensitivity",
    "factor",
    "value",
    "unit",
    "currency",
]
UNITS: dict[Sensitivity, str] = {
    "delta": "money per 100% of the price",
    "gamma": "delta per 100% of the price",
    "vega": "money per point of volatility",
    "theta": "money per calendar day",
    "rho": "money per 100% of the rate",
    "dv01": "money per basis point down",
}


def sensitivities(market: Market, positions: pd.DataFrame) -> tuple[pd.DataFrame, list[Failure]]:
    """Return what each position and each book gains as one thing moves; a gain is positive.

    All come from full revaluation by central differences, in the reporting currency:

    - delta, gamma: to each price, the option's underlying or the exchange rate, by 1% up and down,
      as money per relative change: delta x 1% is the first-order gain if the price rises by 1%,
      gamma x (1%)^2 / 2 the second-order one;
    - vega: to an option's own implied volatility, by 1% of itself, per point (0.01) of volatility;
    - theta: over one calendar day in which nothing moves, coupons counting as cash;
    - rho: to a parallel shift of a curve, by a basis point up and down, per unit of the rate, for
      options and forwards; dv01: the gain as the curve falls by a basis point, for everything.

    A sensitivity of exactly zero is left out.

    Parameters
    ----------
    market : instruments and factors
    positions : portfolio_id, instrument_id, quantity

    Returns
    -------
    table : portfolio_id, instrument_id ("*" is the whole book), sensitivity, factor (a price, a
        curve, an option's underlying for vega, or "time"), value, unit, currency; no NaN
    failures : books that could not be valued, or of which a sensitivity is infinite or NaN

    References
    ----------
    Hull (2015), chapter 19; Tuckman & Serrat (2012), chapter 4.
    """
    books, failures = books_of(market, positions)
    ids = market.terms["instrument_id"].to_numpy(dtype=object)
    slopes = list(_slopes(market))
    units = np.array([own for _, _, own in slopes]).reshape(len(slopes), len(ids))
    parts = []
    for book in books:
        with np.errstate(over="ignore", invalid="ignore"):
            held = np.ascontiguousarray(book.quantities * units[:, book.instruments])
            whole = held.sum(axis=1)
        sound = np.isfinite(whole)
        if not sound.all():
            name, factor, _ = slopes[int(np.argmin(sound))]
            error = BookError(f"its {name} to {factor!r} overflows")
            failures.append(Failure(book.portfolio_id, STAGE, type(error).__name__, str(error)))
            continue
        # The book stands behind its positions, wherever one of them is moved.
        touched = np.column_stack([held != 0.0, held.any(axis=1)])
        slope, place = np.nonzero(touched)
        names = np.append(ids[book.instruments], BOOK)
        values = np.column_stack([held, whole])[slope, place]
        parts.append(_Part(book.portfolio_id, names[place], slope, values))
    table = _table(slopes, parts, market.currency)
    return table.sort_values(["portfolio_id", "instrument_id"], kind="stable"), failures


class _Part(NamedTuple):
    """Sensitivities of one book.

    Parameters
    ----------
    instruments : (n_rows,) object, ids, or `BOOK`
    slopes : (n_rows,) int64, numbers of the sensitivities
    figures : (n_rows,) float64
    """

    portfolio_id: str
    instruments: NDArray[np.object_]
    slopes: Integers
    figures: Floats


def _table(
    slopes: Sequence[tuple[Sensitivity, str, Floats]], parts: Sequence[_Part], currency: str
) -> pd.DataFrame:
    names = np.array([name for name, _, _ in slopes], object)
    factors = np.array([factor for _, factor, _ in slopes], object)
    own = _end_to_end([part.slopes for part in parts], int)
    told = names[own]
    return pd.DataFrame(
        {
            "portfolio_id": np.repeat(
                np.array([part.portfolio_id for part in parts], object),
                [len(part.slopes) for part in parts],
            ),
            "instrument_id": _end_to_end([part.instruments for part in parts], object),
            "sensitivity": told,
            "factor": factors[own],
            "value": _end_to_end([part.figures for part in parts], float),
            "unit": np.array([UNITS[name] for name in told], object),
            "currency": currency,
        },
        columns=COLUMNS,
    )


def _end_to_end(parts: Sequence[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, kind)


def _slopes(market: Market) -> Iterator[tuple[Sensitivity, str, Floats]]:
    """Yield each sensitivity of one unit of every instrument to one factor."""
    yield from _deltas(market)
    yield from _vegas(market)
    yield "theta", TIME, day_changes(market)
    derived = ~market.terms["kind"].eq("bond").to_numpy()
    for curve_id in market.factors.curve_ids:
        points = market.factors.curve(curve_id)
        assert points is not None
        rate = rate_slopes(market, points[1])
        yield "rho", curve_id, np.where(derived, rate.first / RATE_STEP, 0.0)
        yield "dv01", curve_id, -rate.first


def _deltas(market: Market) -> Iterator[tuple[Sensitivity, str, Floats]]:
    """Yield deltas and gammas: all prices that convert nothing move in one revaluation.

    An instrument hangs on one price and one exchange rate, so what moved it is known.
    """
    prices = np.arange(len(market.factors.prices))
    rates = np.unique(market.currency_factor[market.currency_factor != NO_FACTOR])
    own = price_slopes(market, np.setdiff1d(prices, rates))
    for factor in prices:
        name = market.factors.prices[factor]
        touched = market.price_factor == factor
        slopes = own
        if factor in rates:
            slopes, touched = price_slopes(market, np.array([factor])), np.full(len(touched), True)
        yield "delta", name, np.where(touched, slopes.first / PRICE_STEP, 0.0)
        curvature = _without_rounding(slopes.second, slopes.first) / PRICE_STEP**2
        yield "gamma", name, np.where(touched, curvature, 0.0)


def _vegas(market: Market) -> Iterator[tuple[Sensitivity, str, Floats]]:
    options = market.terms["kind"].isin(OPTION_KINDS).to_numpy()
    if not options.any():
        return
    level = market.terms["implied_volatility"].to_numpy(float)
    slope = volatility_slopes(market).first / VOLATILITY_STEP
    vega = np.where(options, 0.01 * slope / np.where(options, level, 1.0), 0.0)
    for underlying in sorted(market.terms.loc[options, "underlying"].unique()):
        own = (market.terms["underlying"] == underlying).to_numpy() & options
        yield "vega", str(underlying), np.where(own, vega, 0.0)


def _without_rounding(second: Floats, first: Floats) -> Floats:
    """Return second differences, zero where they are rounding of what is linear."""
    return np.where(np.abs(second) > 1e-10 * np.abs(first), second, 0.0)
