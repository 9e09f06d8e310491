"""Histories that start within the window: filled in, so that no date is lost to the others.

References
----------
Stambaugh (1997), "Analyzing investments whose histories differ in length", Journal of Financial
Economics 45(3): the long histories tell the short ones' moments by regression. Here one regressor
stands for all, and residuals are resampled so that tails survive.
"""

import hashlib

import numpy as np
import pandas as pd

from kernels.arrays import Floats, Integers
from kernels.philox import Stream, uniforms
from risk.errors import MarketError
from risk.market.curves import Note


def backfill_moves(moves: pd.DataFrame, seed: int, notes: list[Note]) -> Floats:
    """Return log returns without NaN.

    Returns before an instrument's first follow its regression on the mean return of the complete
    instruments, plus its own residuals drawn at random, keyed by the instrument's id.

    Parameters
    ----------
    moves : (n_returns, n_instruments) log returns; NaN before an instrument's first
    seed : in [0, 2**32)
    notes : repairs, added to

    Raises
    ------
    MarketError
        Where no instrument covers the window.

    References
    ----------
    Stambaugh (1997), with one regressor.
    """
    values = moves.to_numpy(float, copy=True)
    names = [str(name) for name in moves.columns]
    missing = np.isnan(values)
    complete = ~missing.any(axis=0)
    if not complete.any():
        raise MarketError(f"no instrument has prices on all {len(values) + 1} days of the window")
    market = np.ascontiguousarray(values[:, complete]).mean(axis=1)
    for column in np.flatnonzero(~complete):
        gaps = np.flatnonzero(missing[:, column])
        name = names[column]
        values[gaps, column] = _regressed(market, values[:, column], gaps, name, seed)
        notes.append(_backfilled(name, pd.Timestamp(moves.index[gaps[0]]), len(gaps)))
    return values


def _regressed(market: Floats, own: Floats, gaps: Integers, name: str, seed: int) -> Floats:
    seen = np.setdiff1d(np.arange(len(own)), gaps)
    centred = market[seen] - market[seen].mean()
    variance = float((centred * centred).sum())
    slope = float((centred * own[seen]).sum()) / variance if variance > 0.0 else 0.0
    intercept = own[seen].mean() - slope * market[seen].mean()
    residuals = own[seen] - intercept - slope * market[seen]
    entity = np.array([_identity(name)], np.uint64)
    draws = uniforms(seed, Stream.BACKFILL, entity, 1, len(gaps))[0, 0]
    chosen = residuals[(draws * len(residuals)).astype(np.int64)]
    return np.asarray(intercept + slope * market[gaps] + chosen)


def _identity(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def _backfilled(name: str, first: pd.Timestamp, periods: int) -> Note:
    return {
        "input": "prices",
        "entity": name,
        "ds": first,
        "periods": periods,
        "code": "history_backfilled",
        "column": "close",
        "detail": "returns before its first price: regression on the mean of the complete "
        "instruments, with its own residuals drawn at random",
    }
