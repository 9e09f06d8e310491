"""Risk factors: what moves, its history, and its level today."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kernels.arrays import Dates, Floats, Integers
from kernels.philox import Stream, uniforms
from risk.errors import MarketError
from risk.plan import FEWEST_RETURNS, RiskPlan


@dataclass(frozen=True)
class Factors:
    """Risk factors over a window of days.

    Parameters
    ----------
    names : (n_factors,) instrument ids, or "curve@tenor"
    is_rate : (n_factors,) bool; a rate moves by differences, a price by log returns
    dates : (n_returns,) day on which each move ends
    moves : (n_returns, n_factors) float64, log return or absolute change, no NaN
    levels : (n_factors,) float64, price (own currency) or zero rate (annual fraction) today
    repairs : frame of what was filled in
    """

    names: Sequence[str]
    is_rate: np.ndarray
    dates: Dates
    moves: Floats
    levels: Floats
    repairs: pd.DataFrame

    def number(self, name: str) -> int | None:
        """Return the number of a factor, or None."""
        return self._numbers.get(name)

    @property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names)}


def rate_name(curve_id: str, tenor: float) -> str:
    """Return the name of a curve's point."""
    return f"{curve_id}@{tenor:g}"


def build_factors(prices: pd.DataFrame, curves: pd.DataFrame | None, plan: RiskPlan) -> Factors:
    """Return price and rate factors on the prices' calendar.

    A factor that starts within the window is backfilled: its moves follow its regression on the
    mean move of the complete price factors, with its own residuals drawn at random. A curve
    without a rate on a trading day keeps the last one. Both are recorded as repairs.

    Parameters
    ----------
    prices : instrument_id, ds, close, sorted; on one calendar, without holes once started
    curves : curve_id, ds, tenor, zero_rate; None is none
    plan : the window's length, and the seed of the residuals

    Raises
    ------
    MarketError
        Where there are fewer than 31 trading days, or no factor covers the window.
    """
    table = prices.pivot(index="ds", columns="instrument_id", values="close").sort_index()
    if len(table) <= FEWEST_RETURNS:
        raise MarketError(
            f"prices must cover more than {FEWEST_RETURNS} trading days; they cover {len(table)}"
        )
    moves = np.log(table).diff().iloc[1:].tail(plan.history)
    notes: list[dict[str, object]] = []
    filled = _backfill(moves, plan.seed, notes)
    levels = table.ffill().iloc[-1]
    names, is_rate = [str(name) for name in table.columns], np.zeros(table.shape[1], dtype=bool)
    if curves is None or curves.empty:
        return Factors(
            names, is_rate, _dates(moves), filled, levels.to_numpy(float), _repairs(notes)
        )
    rates = _rates(curves, table.index, notes)
    rate_moves = rates.diff().iloc[1:].tail(plan.history).fillna(0.0)
    return Factors(
        [*names, *rates.columns],
        np.concatenate([is_rate, np.ones(rates.shape[1], dtype=bool)]),
        _dates(moves),
        np.ascontiguousarray(np.hstack([filled, rate_moves.to_numpy(float)])),
        np.concatenate([levels.to_numpy(float), rates.iloc[-1].to_numpy(float)]),
        _repairs(notes),
    )


def _dates(moves: pd.DataFrame) -> Dates:
    return np.asarray(moves.index.to_numpy(dtype="datetime64[us]"))


def _backfill(moves: pd.DataFrame, seed: int, notes: list[dict[str, object]]) -> Floats:
    values = moves.to_numpy(float, copy=True)
    missing = np.isnan(values)
    complete = ~missing.any(axis=0)
    if not complete.any():
        raise MarketError(f"no instrument has prices on all {len(values) + 1} days of the window")
    market = values[:, complete].mean(axis=1)
    for column in np.flatnonzero(~complete):
        gaps = np.flatnonzero(missing[:, column])
        seen = np.flatnonzero(~missing[:, column])
        name = str(moves.columns[column])
        values[gaps, column] = _regressed(market, values[:, column], seen, gaps, name, seed)
        notes.append(
            {
                "input": "prices",
                "entity": name,
                "ds": pd.Timestamp(moves.index[gaps[0]]),
                "periods": len(gaps),
                "code": "history_backfilled",
                "column": "close",
                "detail": "returns before its first price: regression on the mean of the complete "
                "instruments, with its own residuals drawn at random",
            }
        )
    return values


def _regressed(
    market: Floats, own: Floats, seen: Integers, gaps: Integers, name: str, seed: int
) -> Floats:
    centred = market[seen] - market[seen].mean()
    variance = float(centred @ centred)
    slope = float(centred @ own[seen]) / variance if variance > 0.0 else 0.0
    intercept = own[seen].mean() - slope * market[seen].mean()
    residuals = own[seen] - intercept - slope * market[seen]
    entity = np.array([_identity(name)], np.uint64)
    draws = uniforms(seed, Stream.BACKFILL, entity, 1, len(gaps))[0, 0]
    chosen = residuals[(draws * len(residuals)).astype(np.int64)]
    return np.asarray(intercept + slope * market[gaps] + chosen)


def _identity(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def _rates(curves: pd.DataFrame, days: pd.Index, notes: list[dict[str, object]]) -> pd.DataFrame:
    named = curves.assign(
        name=[
            rate_name(curve, tenor)
            for curve, tenor in zip(curves["curve_id"], curves["tenor"], strict=True)
        ]
    )
    table = named.pivot(index="ds", columns="name", values="zero_rate").sort_index()
    aligned = table.reindex(table.index.union(days)).ffill().reindex(days).bfill()
    for curve_id, group in curves.groupby("curve_id", sort=True):
        absent = days.difference(pd.Index(group["ds"].unique()))
        if len(absent):
            notes.append(
                {
                    "input": "curves",
                    "entity": str(curve_id),
                    "ds": pd.Timestamp(absent[0]),
                    "periods": len(absent),
                    "code": "rates_carried",
                    "column": "zero_rate",
                    "detail": "no rates on these trading days: the nearest earlier ones, or the "
                    "first ones, are taken",
                }
            )
    return aligned


def _repairs(notes: list[dict[str, object]]) -> pd.DataFrame:
    columns = ["input", "entity", "ds", "periods", "code", "column", "detail"]
    frame = pd.DataFrame(notes, columns=columns)
    return frame.astype({"ds": "datetime64[us]"}) if notes else frame
