"""Prices on one calendar, and why an instrument's are not usable."""

from datetime import date

import numpy as np
import pandas as pd

from risk.plan import FEWEST_RETURNS, RiskPlan

Problems = dict[str, str]


def screen_prices(
    prices: pd.DataFrame, as_of: date, plan: RiskPlan
) -> tuple[pd.DataFrame, Problems]:
    """Lay prices on one calendar, and set aside the instruments that cannot be used.

    The calendar is every day on which at least half of the instruments then listed have a price.
    Nothing is filled in: an instrument with a hole, a stale end, two prices of one day, or a
    price that is not a positive number is set aside whole, with its reason.

    Parameters
    ----------
    prices : instrument_id, ds, close in the instrument's currency
    as_of : the night; a later price cannot be known
    plan : the window

    Returns
    -------
    table : (n_days, n_instruments) closes by day and sorted id; NaN before the first price
    problems : reason by instrument
    """
    problems = _bad_rows(prices, as_of)
    sound = prices.loc[~prices["instrument_id"].isin(problems)]
    # pivot_table would average duplicates; there are none here, and an average would be silent.
    table = sound.pivot(index="ds", columns="instrument_id", values="close").sort_index()
    known = table.notna()
    listed = table.ffill().notna() & table.bfill().notna()
    trading = 2 * known.sum(axis=1) >= listed.sum(axis=1)
    calendar = pd.DatetimeIndex(table.index[trading])
    for name in table.columns:
        problem = _alignment(known[name], listed[name], calendar, plan)
        if problem is not None:
            problems[str(name)] = problem
    usable = [name for name in table.columns if str(name) not in problems]
    return table.loc[trading, usable].astype(float), problems


def _bad_rows(prices: pd.DataFrame, as_of: date) -> Problems:
    close = prices["close"].to_numpy(float)
    night = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    checks = (
        (~(np.isfinite(close) & (close > 0.0)), "its price of {day} must be positive; got {close}"),
        (prices.duplicated(["instrument_id", "ds"]).to_numpy(), "it has two prices of {day}"),
        ((prices["ds"] >= night).to_numpy(), f"it has a price of {{day}}, after {as_of}"),
    )
    problems: Problems = {}
    for wrong, message in checks:
        for row in prices.loc[wrong].drop_duplicates("instrument_id").itertuples(index=False):
            told = message.format(day=f"{row.ds:%Y-%m-%d}", close=row.close)
            problems.setdefault(str(row.instrument_id), told)
    return problems


def _alignment(
    known: "pd.Series[bool]", listed: "pd.Series[bool]", calendar: pd.DatetimeIndex, plan: RiskPlan
) -> str | None:
    days = pd.DatetimeIndex(known.index[known])
    stray = days.difference(calendar)
    if len(stray):
        return f"it has a price of {stray[0]:%Y-%m-%d}, when most of the market has none"
    holes = calendar.intersection(pd.DatetimeIndex(known.index[listed & ~known]))
    if len(holes):
        return f"it has no price of {holes[0]:%Y-%m-%d}, a trading day after its first"
    if days[-1] != calendar[-1]:
        return f"its last price is of {days[-1]:%Y-%m-%d}, the market's of {calendar[-1]:%Y-%m-%d}"
    returns = min(len(days), plan.history + 1) - 1
    if returns < FEWEST_RETURNS:
        return f"it has {returns} returns in the window; {FEWEST_RETURNS} are needed at least"
    return None
