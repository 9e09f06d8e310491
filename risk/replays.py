"""Losses under crises replayed, by full revaluation.

References
----------
Jorion (2007), "Value at risk", 3rd ed., McGraw-Hill, chapter 14 (stress tests by past events).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from risk.books import books_of
from risk.errors import Failure
from risk.market.market import Market
from risk.market.revalue import Shifts, current_values, revalue
from risk.scenarios.replay import Replay, replay_moves
from risk.stress import scenario_losses


def replay_losses(
    market: Market, positions: pd.DataFrame, replays: Sequence[Replay]
) -> tuple[pd.DataFrame, list[Failure]]:
    """Return the loss of every book under every replay, at once and without time passing.

    Implied volatilities stay as they are: the data hold none of the past.

    Parameters
    ----------
    market : instruments and factors, whose history holds the days of the replays
    positions : portfolio_id, instrument_id, quantity
    replays : what is replayed

    Returns
    -------
    losses : frame of `stress_losses`: portfolio_id, scenario_id (the replay's name), loss,
        market_value, currency; reporting currency, a loss is positive; NaN or infinite where a
        value overflows
    failures : books that could not be valued

    Raises
    ------
    MarketError
        Where a replay reaches beyond the history.

    References
    ----------
    Jorion (2007), chapter 14.
    """
    values = current_values(market)
    shifts = Shifts(replay_moves(market.factors, replays), np.zeros((1, 1)), 0.0)
    losses = values[:, None] - revalue(market, shifts)
    books, failures = books_of(market, positions)
    names = [replay.name for replay in replays]
    return scenario_losses(market, books, names, losses), failures
