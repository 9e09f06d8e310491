"""Losses under named shifts of the market, by full revaluation."""

import numpy as np
import pandas as pd

from risk.errors import Failure, RiskError
from risk.market.market import Market
from risk.market.revalue import Shifts, current_values, revalue
from risk.measures.portfolios import books_of

COLUMNS = ["portfolio_id", "scenario_id", "loss", "market_value", "currency"]
EVERYTHING = "*"


class StressError(RiskError, ValueError):
    """A scenario shifts something that is not in the market, or below nothing."""


def stress_losses(
    market: Market, positions: pd.DataFrame, scenarios: pd.DataFrame
) -> tuple[pd.DataFrame, list[Failure]]:
    """Return the loss of every book under every scenario, at once and without time passing.

    Parameters
    ----------
    market : instruments and factors
    positions : portfolio_id, instrument_id, quantity
    scenarios : scenario_id, target_kind, target, shift; the rows of a scenario apply together,
        a named instrument over its kind. Prices and volatilities shift by a fraction, rates by
        an absolute amount; "*" is every target of the kind

    Returns
    -------
    losses : frame, reporting currency, a loss is positive
    failures : books that could not be valued

    Raises
    ------
    StressError
        Where a price or volatility falls by 100% or more, or a target is unknown.
    """
    names = sorted(scenarios["scenario_id"].unique())
    shifts = _shifts(market, scenarios, names)
    losses = current_values(market)[:, None] - revalue(market, shifts)
    values = current_values(market)
    books, failures = books_of(market, positions)
    rows = [
        {
            "portfolio_id": book.portfolio_id,
            "scenario_id": name,
            "loss": float((book.quantities * losses[book.instruments, number]).sum()),
            "market_value": float((book.quantities * values[book.instruments]).sum()),
            "currency": market.currency,
        }
        for book in books
        for number, name in enumerate(names)
    ]
    return pd.DataFrame(rows, columns=COLUMNS), failures


def _shifts(market: Market, scenarios: pd.DataFrame, names: list[str]) -> Shifts:
    moves = np.zeros((len(market.factors.names), len(names)))
    volatility = np.zeros((len(market.terms), len(names)))
    # A shift of a kind comes first, so that one of a named instrument overrides it.
    order = {"kind": 0, "instrument": 1, "curve": 2, "volatility": 3}
    ranked = scenarios.assign(rank=scenarios["target_kind"].map(order)).sort_values(
        ["rank", "target"], kind="stable"
    )
    for row in ranked.itertuples(index=False):
        column = names.index(str(row.scenario_id))
        shift = float(row.shift)
        if row.target_kind != "curve" and shift <= -1.0:
            raise StressError(
                f"scenario {row.scenario_id!r}: a shift of {row.target_kind} must be above -1; "
                f"got {shift}"
            )
        if row.target_kind == "volatility":
            volatility[_options(market, str(row.target)), column] = shift
        elif row.target_kind == "curve":
            moves[_rates(market, str(row.target)), column] = shift
        else:
            moves[_prices(market, str(row.target_kind), str(row.target)), column] = np.log1p(shift)
    return Shifts(moves, volatility, 0.0)


def _options(market: Market, target: str) -> np.ndarray:
    terms = market.terms
    options = terms["kind"] == "european_option"
    if target != EVERYTHING:
        options &= (terms["underlying"] == target) | (terms["instrument_id"] == target)
    return np.asarray(np.flatnonzero(options))


def _rates(market: Market, target: str) -> np.ndarray:
    factors = market.factors
    chosen = [
        number
        for number, name in enumerate(factors.names)
        if factors.is_rate[number] and target in {EVERYTHING, name.rpartition("@")[0]}
    ]
    return np.array(chosen, dtype=np.int64)


def _prices(market: Market, target_kind: str, target: str) -> np.ndarray:
    terms, factors = market.terms, market.factors
    column = "kind" if target_kind == "kind" else "instrument_id"
    named = terms if target == EVERYTHING else terms.loc[terms[column] == target]
    numbers = [factors.number(str(name)) for name in named["instrument_id"]]
    return np.array([number for number in numbers if number is not None], dtype=np.int64)
