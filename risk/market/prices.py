"""Prices on one calendar, and why an instrument's are not usable."""

from datetime import date

import numpy as np
import pandas as pd

from kernels.arrays import Flags
from risk.plan import FEWEST_RETURNS, RiskPlan

Problems = dict[str, str]


def screen_prices(
    prices: pd.DataFrame, as_of: date, plan: RiskPlan
) -> tuple[pd.DataFrame, Problems]:
    """Lay prices on one calendar, and set aside the instruments that cannot be used.

    The calendar is every day on which at least half of the instruments then listed have a price, up
    to the day that is the last of most of them; the instrument that has the most holes in it loses
    its say, and so on until all that have one agree. Nothing is filled in: an instrument with a
    hole, a stale end, two prices of one day, or a price that is not a positive number is set aside
    whole, with its reason.

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
    known = table.notna().to_numpy()
    listed = np.logical_or.accumulate(known) & np.logical_or.accumulate(known[::-1])[::-1]
    trading, dates = _trading_days(known, listed), pd.DatetimeIndex(table.index)
    for number, name in enumerate(table.columns):
        problem = _alignment(known[:, number], listed[:, number], trading, dates, plan)
        if problem is not None:
            problems[str(name)] = problem
    usable = np.array([str(name) not in problems for name in table.columns], bool)
    if usable.any():
        trading &= known[:, usable].any(axis=1)
    return table.loc[trading, usable].astype(float), problems


def _trading_days(known: Flags, listed: Flags) -> Flags:
    """Return the days on which at least half of the instruments that agree on them have a price.

    Days on which none of these is listed count too: nothing speaks against them.

    Parameters
    ----------
    known, listed : (n_days, n_instruments) bool, with a price, and between the first and the last
    """
    voters, days = np.arange(known.shape[1]), np.arange(len(known))
    while len(voters):
        own, could = known[:, voters], listed[:, voters]
        voted = 2 * own.sum(axis=1) >= could.sum(axis=1)
        last = _last_day(own, voted)
        trading = voted & (days <= last)
        holes = (could & ~own & trading[:, None]).sum(axis=0) + ~own[last]
        strays = (own & ~trading[:, None]).sum(axis=0)
        if not (holes.any() or strays.any()):
            return np.asarray(trading)
        # Prices are lost more often than made up: those without holes are the last to go.
        worst = np.lexsort((own.sum(axis=0) / could.sum(axis=0), -strays, -holes))[0]
        voters = np.delete(voters, worst)
    return np.full(len(known), True)


def _last_day(known: Flags, trading: Flags) -> int:
    """Return the trading day after which the fewest prices are, and before which the fewest end.

    Parameters
    ----------
    known : (n_days, n_instruments) bool, each with a price at least
    trading : (n_days,) bool
    """
    n_days, have = len(known), known.sum(axis=1)
    ends = n_days - 1 - np.argmax(known[::-1], axis=0)
    ended = np.bincount(ends + 1, minlength=n_days + 1).cumsum()[:n_days]
    later = have[::-1].cumsum()[::-1] - have
    against = np.where(trading, ended + later, have.sum() + len(ends))
    return int(n_days - 1 - np.argmin(against[::-1]))


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
    known: Flags, listed: Flags, trading: Flags, dates: pd.DatetimeIndex, plan: RiskPlan
) -> str | None:
    """Return why an instrument's days do not fit the calendar, or None.

    Parameters
    ----------
    known, listed : (n_days,) bool, with a price, and between the first and the last
    trading : (n_days,) bool, the calendar
    dates : of the days
    plan : the window
    """
    stray, holes = known & ~trading, trading & listed & ~known
    if stray.any():
        day = dates[int(np.argmax(stray))]
        return f"it has a price of {day:%Y-%m-%d}, when most of the market has none"
    if holes.any():
        day = dates[int(np.argmax(holes))]
        return f"it has no price of {day:%Y-%m-%d}, a trading day after its first"
    ends = [dates[np.flatnonzero(own)[-1]] for own in (known, trading)]
    if ends[0] != ends[1]:
        return f"its last price is of {ends[0]:%Y-%m-%d}, the market's of {ends[1]:%Y-%m-%d}"
    returns = min(int(known.sum()), plan.history + 1) - 1
    if returns < FEWEST_RETURNS:
        return f"it has {returns} returns in the window; {FEWEST_RETURNS} are needed at least"
    return None
