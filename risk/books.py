"""Portfolios as books of positions on a market."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kernels.arrays import Floats, Integers
from risk.errors import BookError, Failure
from risk.market.market import Market

STAGE = "measure portfolios"
POSITION_COLUMNS = ("portfolio_id", "instrument_id", "quantity")


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
            failures.append(book_failure(name, error))
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


def overflows(amounts: Floats) -> bool:
    """Whether amounts, or their squares, of which errors are made, are infinite or NaN.

    Parameters
    ----------
    amounts : float64 of any shape, money, a loss is positive
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return not np.isfinite((amounts**2).sum())


def book_failure(portfolio_id: str, error: BookError) -> Failure:
    """Return the failure of a book.

    Parameters
    ----------
    portfolio_id : its id
    error : what is wrong with it
    """
    return Failure(portfolio_id, STAGE, type(error).__name__, str(error))
