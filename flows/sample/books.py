"""Portfolios generated from a list of instruments, for trying the risk side on real prices."""

import numpy as np
import pandas as pd

from kernels.arrays import Floats

FEWEST, MOST = 10, 40
SMALLEST, LARGEST = 5e6, 50e6


def generate_books(
    instrument_ids: np.ndarray, last_prices: Floats, portfolios: int, seed: int
) -> pd.DataFrame:
    """Return positions of generated books: two thirds long only, one third long and short.

    Parameters
    ----------
    instrument_ids : (n,) object
    last_prices : (n,) float64, money
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
        parts.append(
            pd.DataFrame(
                {
                    "portfolio_id": f"{kind}-{number + 1:0{width}d}",
                    "instrument_id": instrument_ids[chosen],
                    "quantity": quantity,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
