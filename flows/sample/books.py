"""Portfolios generated from a list of instruments, for trying the risk side on real prices."""

import numpy as np
import pandas as pd

from kernels.arrays import Floats

FEWEST, MOST = 10, 40
SMALLEST, LARGEST = 5e6, 50e6
OPTIONS_HELD = 6
# One contract for so much of a book's gross value; bonds for this share of it, at 100 a face.
CONTRACT_MONEY = 2e6
BOND_SHARE, FACE = 0.4, 100.0


def generate_books(
    instrument_ids: np.ndarray,
    last_prices: Floats,
    derived: pd.DataFrame,
    portfolios: int,
    seed: int,
) -> pd.DataFrame:
    """Return positions of generated books: two thirds long only, one third long and short.

    Where there are options and bonds, every fourth book is overlaid with options (calls sold,
    puts bought), and every fifth is balanced with bonds.

    Parameters
    ----------
    instrument_ids : (n,) object
    last_prices : (n,) float64, money
    derived : instrument_id, kind, option_type of options and bonds; may be empty
    portfolios : how many books, of 10 to 40 names and 5 to 50 million gross
    seed : of every draw

    Returns
    -------
    Frame of portfolio_id, instrument_id, quantity (whole units, negative is short).
    """
    draws = np.random.Generator(np.random.PCG64(seed))
    parts = []
    width = len(str(portfolios))
    for number in range(portfolios):
        names = min(int(draws.integers(FEWEST, MOST + 1)), len(instrument_ids))
        chosen = np.sort(draws.choice(len(instrument_ids), names, replace=False))
        gross = float(np.exp(draws.uniform(np.log(SMALLEST), np.log(LARGEST))))
        weights = draws.dirichlet(np.full(names, 3.0))
        signs = np.where(draws.random(names) < 0.4, -1.0, 1.0) if number % 3 == 2 else 1.0
        quantity = np.maximum(np.round(weights * gross / last_prices[chosen]), 1.0) * signs
        kind = "long-short" if number % 3 == 2 else "long"
        name = f"{kind}-{number + 1:0{width}d}"
        held = pd.DataFrame({"instrument_id": instrument_ids[chosen], "quantity": quantity})
        extra = _overlay(derived, number, gross, draws) if len(derived) else []
        parts.append(pd.concat([held, *extra]).assign(portfolio_id=name))
    whole = pd.concat(parts, ignore_index=True)
    return whole[["portfolio_id", "instrument_id", "quantity"]]


def _overlay(
    derived: pd.DataFrame, number: int, gross: float, draws: np.random.Generator
) -> list[pd.DataFrame]:
    """Return the options and bonds of one book."""
    options = derived[derived["kind"] == "european_option"]
    bonds = derived[derived["kind"] == "bond"]
    parts = []
    if number % 4 == 3 and len(options):
        chosen = np.sort(draws.choice(len(options), min(OPTIONS_HELD, len(options)), replace=False))
        mine = options.iloc[chosen]
        contracts = np.maximum(np.round(gross / CONTRACT_MONEY), 1.0)
        signed = np.where(mine["option_type"] == "call", -contracts, contracts)
        parts.append(mine[["instrument_id"]].assign(quantity=signed))
    if number % 5 == 4 and len(bonds):
        held = draws.integers(len(bonds), size=1)
        face = np.round(BOND_SHARE * gross / FACE)
        parts.append(bonds.iloc[held][["instrument_id"]].assign(quantity=face))
    return parts
