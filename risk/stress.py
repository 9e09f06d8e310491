"""Losses under named shifts of the market, by full revaluation.

References
----------
Jorion (2007), "Value at risk", 3rd ed., McGraw-Hill, chapter 14 (stress testing).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kernels.arrays import Floats, Integers
from risk.books import Book, books_of
from risk.errors import Failure, RiskError
from risk.market.market import Market
from risk.market.revalue import Shifts, current_values, revalue
from risk.market.terms import KINDS, OPTION_KINDS

COLUMNS = ["portfolio_id", "scenario_id", "loss", "market_value", "currency"]
EVERYTHING = "*"
TARGET_KINDS = ("kind", "instrument", "curve", "volatility")


class StressError(RiskError, ValueError):
    """A scenario shifts something that is not in the market, or below nothing."""


@dataclass(frozen=True)
class _Shifted:
    """Every scenario's shifts, a column each.

    Parameters
    ----------
    factors : moves of factors and of volatilities
    own_values : (n_instruments, n_scenarios) relative change of a bond's or option's own value
    """

    factors: Shifts
    own_values: Floats


def stress_losses(
    market: Market, positions: pd.DataFrame, scenarios: pd.DataFrame
) -> tuple[pd.DataFrame, list[Failure]]:
    """Return the loss of every book under every scenario, at once and without time passing.

    A shift of a priced instrument, or of the kinds equity, etf, fx or future, moves its price,
    and what is written on it is revalued; a shift of a bond, option or forward scales its own
    value, after everything else. A volatility's target is an option, or the underlying of options.

    Parameters
    ----------
    market : instruments and factors
    positions : portfolio_id, instrument_id, quantity
    scenarios : scenario_id, target_kind, target, shift; the rows of a scenario apply together,
        a named target over "*", an instrument over its kind. Prices and volatilities shift by a
        fraction, rates by an absolute amount

    Returns
    -------
    losses : frame of `COLUMNS`, reporting currency, a loss is positive; NaN or infinite where a
        value overflows
    failures : books that could not be valued

    Raises
    ------
    StressError
        Where a price or volatility falls by 100% or more, or a target is unknown: a scenario
        that does less than it says must not look like one that does no harm.

    References
    ----------
    Jorion (2007), chapter 14.
    """
    for scenario_id, kind, target, shift in _shifts(scenarios):
        _require_possible(scenario_id, kind, target, shift)
    names = sorted(str(name) for name in scenarios["scenario_id"].unique())
    shifted = _shifted(market, scenarios, names)
    values = current_values(market)
    losses = values[:, None] - revalue(market, shifted.factors) * (1.0 + shifted.own_values)
    books, failures = books_of(market, positions)
    return scenario_losses(market, books, names, losses), failures


def scenario_losses(
    market: Market, books: Sequence[Book], names: Sequence[str], losses: Floats
) -> pd.DataFrame:
    """Return what each book loses under each scenario.

    Parameters
    ----------
    market : instruments
    books : what is held
    names : of the scenarios
    losses : (n_instruments, n_scenarios) float64, money, of one unit; a loss is positive

    Returns
    -------
    Frame of `COLUMNS`, reporting currency; NaN or infinite where a value overflows.

    References
    ----------
    Jorion (2007), chapter 14.
    """
    values = current_values(market)
    with np.errstate(over="ignore", invalid="ignore"):
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
    return pd.DataFrame(rows, columns=COLUMNS)


def _shifted(market: Market, scenarios: pd.DataFrame, names: list[str]) -> _Shifted:
    moves = np.zeros((len(market.factors.levels), len(names)))
    volatility = np.zeros((len(market.terms), len(names)))
    values = np.zeros((len(market.terms), len(names)))
    for scenario_id, kind, target, shift in _shifts(_broad_to_narrow(market, scenarios)):
        column = names.index(scenario_id)
        if kind == "curve":
            touched = _rates(market, target)
            moves[touched, column] = shift
        elif kind == "volatility":
            touched = _options(market, target)
            volatility[touched, column] = shift
        else:
            touched = _instruments(market, kind, target)
            priced = _own_factors(market, touched)
            moves[priced[priced >= 0], column] = np.log1p(shift)
            values[touched[priced < 0], column] = shift
        if not (len(touched) or _is_known(market, target)):
            raise StressError(
                f"scenario {scenario_id!r}: there is no {kind} {target!r} in the market"
            )
    return _Shifted(Shifts(moves, volatility, 0.0), values)


def _shifts(scenarios: pd.DataFrame) -> list[tuple[str, str, str, float]]:
    columns = (scenarios[name] for name in ("scenario_id", "target_kind", "target", "shift"))
    return [
        (str(scenario_id), str(kind), str(target), float(shift))
        for scenario_id, kind, target, shift in zip(*columns, strict=True)
    ]


def _broad_to_narrow(market: Market, scenarios: pd.DataFrame) -> pd.DataFrame:
    """Sort shifts so that the narrower one, which comes later, holds."""
    options = market.terms.loc[market.terms["kind"].isin(OPTION_KINDS), "instrument_id"]
    ranked = scenarios.assign(
        named=scenarios["target"] != EVERYTHING,
        breadth=scenarios["target_kind"].map(TARGET_KINDS.index),
        option=scenarios["target"].isin(options),
    )
    return ranked.sort_values(["named", "breadth", "option"], kind="stable")


def _is_known(market: Market, target: str) -> bool:
    return target == EVERYTHING or target in KINDS or target in market.unusable


def _require_possible(scenario_id: str, kind: str, target: str, shift: float) -> None:
    if kind not in TARGET_KINDS:
        known = ", ".join(TARGET_KINDS)
        raise StressError(
            f"scenario {scenario_id!r}: target_kind must be one of {known}; got {kind!r}"
        )
    if not np.isfinite(shift) or (kind != "curve" and shift <= -1.0):
        allowed = "finite" if kind == "curve" else "above -1"
        raise StressError(
            f"scenario {scenario_id!r}: the shift of {kind} {target!r} must be {allowed}; "
            f"got {shift}"
        )


def _rates(market: Market, target: str) -> Integers:
    factors = market.factors
    curves = factors.curve_ids if target == EVERYTHING else (target,)
    found = [points[1] for points in map(factors.curve, curves) if points is not None]
    return np.concatenate([np.empty(0, np.int64), *found])


def _options(market: Market, target: str) -> Integers:
    terms = market.terms
    options = terms["kind"].isin(OPTION_KINDS).to_numpy()
    if target != EVERYTHING:
        options &= ((terms["underlying"] == target) | (terms["instrument_id"] == target)).to_numpy()
    return np.asarray(np.flatnonzero(options))


def _instruments(market: Market, target_kind: str, target: str) -> Integers:
    column = "kind" if target_kind == "kind" else "instrument_id"
    chosen = (market.terms[column] == target).to_numpy() | (target == EVERYTHING)
    return np.asarray(np.flatnonzero(chosen))


def _own_factors(market: Market, instruments: Integers) -> Integers:
    """Return the factor of each instrument's own price; -1 for a bond or an option."""
    named = market.terms["instrument_id"].iloc[instruments]
    found = (market.factors.price(str(name)) for name in named)
    return np.array([-1 if number is None else number for number in found], dtype=np.int64)
