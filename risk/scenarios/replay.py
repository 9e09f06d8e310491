"""Crises replayed: the moves of past days, applied to today's levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from kernels.arrays import Flags, Floats
from risk.errors import MarketError
from risk.market.factors import Factors


@dataclass(frozen=True)
class Replay:
    """A stretch of trading days whose moves happen again, at once.

    Parameters
    ----------
    name : of the crisis
    first, last : days on which its first and its last move end
    """

    name: str
    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise MarketError(
                f"replay {self.name!r} must not end before it starts; "
                f"got {self.first} to {self.last}"
            )


# The days of the fall itself, by the closes of US shares.
CRISES: tuple[Replay, ...] = (
    Replay("black_monday_1987", date(1987, 10, 14), date(1987, 10, 19)),
    Replay("russia_1998", date(1998, 8, 26), date(1998, 8, 31)),
    Replay("september_11_2001", date(2001, 9, 17), date(2001, 9, 21)),
    Replay("lehman_2008", date(2008, 9, 15), date(2008, 9, 17)),
    Replay("crash_2008", date(2008, 10, 6), date(2008, 10, 10)),
    Replay("flash_crash_2010", date(2010, 5, 6), date(2010, 5, 7)),
    Replay("us_downgrade_2011", date(2011, 8, 4), date(2011, 8, 8)),
    Replay("china_2015", date(2015, 8, 20), date(2015, 8, 25)),
    Replay("brexit_2016", date(2016, 6, 24), date(2016, 6, 27)),
    Replay("volatility_2018", date(2018, 2, 2), date(2018, 2, 5)),
    Replay("covid_2020", date(2020, 3, 9), date(2020, 3, 16)),
)


def replay_moves(factors: Factors, replays: Sequence[Replay]) -> Floats:
    """Return the sum of every factor's moves over each replay's days.

    A factor whose history starts later moves as its history was filled in, which the market's
    repairs say.

    Parameters
    ----------
    factors : history; the days must lie in it
    replays : what to replay

    Returns
    -------
    (n_factors, n_replays) float64, log returns of prices and absolute changes of rates.

    Raises
    ------
    MarketError
        Where a replay reaches beyond the history, or no trading day lies in it: a crisis that is
        replayed in part must not look like a whole one.
    """
    moves = [factors.moves[_days(factors, replay)].sum(axis=0) for replay in replays]
    return np.ascontiguousarray(np.array(moves).reshape(-1, len(factors.levels)).T)


def crises_within(factors: Factors, crises: Sequence[Replay] = CRISES) -> tuple[Replay, ...]:
    """Return those crises whose days all lie in the factors' history.

    Parameters
    ----------
    factors : history
    crises : to choose from
    """
    first, last = _ends(factors)
    return tuple(crisis for crisis in crises if first <= crisis.first and crisis.last <= last)


def worst_stretches(factors: Factors, length: int, count: int) -> tuple[Replay, ...]:
    """Return the stretches of ``length`` days in which prices fell most, none overlapping.

    Parameters
    ----------
    factors : history
    length : trading days, at least 1
    count : at most so many

    Returns
    -------
    Replays named by their last day, the worst first; the fall is of the mean log return of all
    price factors.

    Raises
    ------
    MarketError
        Where there are no prices, or the history is shorter than ``length``.
    """
    n_prices = len(factors.prices)
    if n_prices == 0 or not 1 <= length <= len(factors.moves):
        raise MarketError(
            f"stretches need prices, and a length of 1 to {len(factors.moves)} days; got {length}"
        )
    market = np.ascontiguousarray(factors.moves[:, :n_prices]).mean(axis=1)
    falls = np.convolve(market, np.ones(length), mode="valid")
    days = factors.dates.astype("datetime64[D]").tolist()
    found: list[Replay] = []
    taken = np.zeros(len(falls), dtype=bool)
    for start in np.argsort(falls, kind="stable"):
        if len(found) == count:
            break
        if not taken[start]:
            first, last = days[start], days[start + length - 1]
            found.append(Replay(f"worst_{length}_days_to_{last}", first, last))
            taken[max(0, start - length + 1) : start + length] = True
    return tuple(found)


def _ends(factors: Factors) -> tuple[date, date]:
    days = factors.dates.astype("datetime64[D]").tolist()
    return days[0], days[-1]


def _days(factors: Factors, replay: Replay) -> Flags:
    first, last = _ends(factors)
    if replay.first < first or last < replay.last:
        raise MarketError(
            f"replay {replay.name!r} of {replay.first} to {replay.last} reaches beyond the "
            f"history of {first} to {last}"
        )
    days = factors.dates.astype("datetime64[D]")
    within = (days >= np.datetime64(replay.first)) & (days <= np.datetime64(replay.last))
    if not within.any():
        raise MarketError(
            f"replay {replay.name!r}: no trading day lies in {replay.first} to {replay.last}"
        )
    return np.asarray(within)
