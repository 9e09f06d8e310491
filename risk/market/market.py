"""The market of a night: instruments that can be valued, and the factors that move them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kernels.arrays import Integers
from risk.errors import Failure, MarketError
from risk.market.curves import Note, screen_curves
from risk.market.factors import Factors, build_factors, repairs_frame
from risk.market.prices import Problems, screen_prices
from risk.market.terms import DERIVED_KINDS, PRICED_KINDS, term_problem
from risk.plan import RiskPlan

NO_FACTOR = -1
STAGE = "build market"
NEEDED = {
    "prices": ("instrument_id", "ds", "close"),
    "instruments": ("instrument_id", "kind", "currency"),
    "curves": ("curve_id", "ds", "tenor", "zero_rate"),
}


@dataclass(frozen=True)
class Market:
    """Instruments and factors of a night.

    Parameters
    ----------
    as_of : the night
    currency : of every value
    terms : one row per instrument that can be valued, sorted by id: the instruments' columns
    price_factor : (n_instruments,) factor of its own price, or of the underlying of an option or
        forward; -1 for a bond
    carry : per instrument, what an option's or forward's underlying yields: "spot", "future" or
        "fx", the underlying's side of the cost of carry; "" for the other kinds
    currency_factor : (n_instruments,) factor of its currency; -1 for the reporting currency
    factors : what moves
    prices : closing prices, as they came
    repairs : what was filled in: REPAIRS without the running number
    failures : instruments that cannot be valued
    unusable : ids of those instruments, and of the curves that cannot be used
    """

    as_of: date
    currency: str
    terms: pd.DataFrame
    price_factor: Integers
    carry: tuple[str, ...]
    currency_factor: Integers
    factors: Factors
    prices: pd.DataFrame
    repairs: pd.DataFrame
    failures: tuple[Failure, ...]
    unusable: frozenset[str]

    @cached_property
    def rows(self) -> tuple[Mapping[Any, Any], ...]:
        """The terms of each instrument by column."""
        return tuple(self.terms.to_dict("records"))

    def numbers(self) -> dict[str, int]:
        """Return the number of each instrument."""
        return {str(name): n for n, name in enumerate(self.terms["instrument_id"])}


@dataclass(frozen=True)
class _Sources:
    """What the factors offer an instrument, and why something is missing."""

    factors: Factors
    by_currency: Mapping[str, int]
    terms: Mapping[str, Mapping[Any, Any]]
    prices: Problems
    curves: Problems


def build_market(
    prices: pd.DataFrame,
    instruments: pd.DataFrame,
    curves: pd.DataFrame | None,
    as_of: date,
    plan: RiskPlan,
) -> Market:
    """Align prices and curves, and say which instruments can be valued.

    Factors are the log prices of equities, ETFs, FX and futures in their own currency, and the
    zero rates of every curve's tenors. An FX instrument's price is the reporting currency per unit
    of the currency its ``underlying`` names, and converts whatever is quoted in that currency.

    Parameters
    ----------
    prices : instrument_id, ds, close in the instrument's currency
    instruments : terms of each instrument
    curves : curve_id, ds, tenor, zero_rate; None is none
    as_of : the night; expiries count from it
    plan : currency and window

    Raises
    ------
    MarketError
        Where no scenario can be made at all, or a table lacks a column that it needs, or
        has one more than once.
    """
    for what, table in (("prices", prices), ("instruments", instruments), ("curves", curves)):
        _refuse_other_columns(what, table)
    if prices.empty or instruments.empty:
        raise MarketError("there are no prices or no instruments")
    refused: Problems = {}
    sources, notes = _align(prices, instruments, curves, as_of, plan, refused)
    rows, failures = _split(instruments, sources, as_of)
    while idle := _idle_prices(rows, failures, sources):
        # What is refused moves nothing: the calendar and scenarios of the others have none of it.
        refused |= {each.entity: each.message for each in failures if each.entity in idle}
        try:
            sources, notes = _align(prices, instruments, curves, as_of, plan, refused)
        except MarketError:
            # Nothing else has prices: the days of a market of bonds are theirs.
            break
        rows, failures = _split(instruments, sources, as_of)
    factors, by_currency = sources.factors, sources.by_currency
    return Market(
        as_of,
        plan.currency,
        pd.DataFrame(rows, columns=instruments.columns).reset_index(drop=True),
        np.array([_price_factor(row, factors) for row in rows], dtype=np.int64),
        tuple(_carry(row, sources.terms) for row in rows),
        np.array([by_currency[str(row["currency"])] for row in rows], dtype=np.int64),
        factors,
        prices,
        repairs_frame(notes),
        tuple(failures),
        frozenset({failure.entity for failure in failures} | set(sources.curves)),
    )


def _refuse_other_columns(what: str, table: pd.DataFrame | None) -> None:
    if table is None:
        return
    for name in dict.fromkeys([*NEEDED[what], *table.columns]):
        if (times := list(table.columns).count(name)) != 1:
            raise MarketError(f"{what} must have one column {name!r}; they have {times}")


def _align(
    prices: pd.DataFrame,
    instruments: pd.DataFrame,
    curves: pd.DataFrame | None,
    as_of: date,
    plan: RiskPlan,
    refused: Problems,
) -> tuple[_Sources, list[Note]]:
    """Return what the factors offer, without the prices of what is ``refused``, and repairs."""
    notes: list[Note] = []
    quoted = instruments.loc[instruments["kind"].isin(PRICED_KINDS), "instrument_id"]
    used = prices["instrument_id"].isin(quoted) & ~prices["instrument_id"].isin(refused)
    table, problems = screen_prices(prices.loc[used], as_of, plan)
    rates, curve_problems = screen_curves(curves, pd.DatetimeIndex(table.index), notes)
    try:
        factors = build_factors(table, rates, plan, notes)
    except MarketError as error:
        raise MarketError(f"{error}{_told_first(instruments, problems, as_of)}") from error
    terms = {str(row["instrument_id"]): row for row in instruments.to_dict("records")}
    by_currency = _currency_factors(instruments, factors, plan.currency)
    return _Sources(factors, by_currency, terms, {**problems, **refused}, curve_problems), notes


def _told_first(instruments: pd.DataFrame, problems: Problems, as_of: date) -> str:
    """Return why the first refused instrument is: what a market with too little lacks."""
    rows = instruments.to_dict("records")
    found = [(str(row["instrument_id"]), term_problem(row, as_of)) for row in rows]
    refused = sorted({**{name: told for name, told in found if told}, **problems}.items())
    if not refused:
        return ""
    name, told = refused[0]
    return f"; {len(refused)} of the instruments are refused, the first, {name!r}: {told}"


def _split(
    instruments: pd.DataFrame, sources: _Sources, as_of: date
) -> tuple[list[dict[Any, Any]], list[Failure]]:
    """Part the instruments that can be valued from those that cannot."""
    twice = set(instruments.loc[instruments["instrument_id"].duplicated(), "instrument_id"])
    rows, failures = [], []
    named = instruments.sort_values("instrument_id", kind="stable")
    for row in named.drop_duplicates("instrument_id").to_dict("records"):
        problem = "it has two rows of terms" if row["instrument_id"] in twice else None
        problem = problem or term_problem(row, as_of) or _market_problem(row, sources)
        if problem is None:
            rows.append(row)
        else:
            name = str(row["instrument_id"])
            failures.append(Failure(name, STAGE, MarketError.__name__, problem))
    return rows, failures


def _idle_prices(
    rows: list[dict[Any, Any]], failures: list[Failure], sources: _Sources
) -> list[str]:
    """Return refused instruments that have a price which nothing that is valued needs."""
    needed = {str(row["underlying"]) for row in rows if row["kind"] in DERIVED_KINDS}
    currencies = set(sources.by_currency.values())
    refused = {failure.entity: sources.factors.price(failure.entity) for failure in failures}
    return [
        name
        for name, number in refused.items()
        if number is not None and name not in needed and number not in currencies
    ]


def _currency_factors(
    instruments: pd.DataFrame, factors: Factors, reporting: str
) -> dict[str, int]:
    found = {reporting: NO_FACTOR}
    rows = instruments.sort_values("instrument_id", kind="stable").to_dict("records")
    for row in rows:
        number = factors.price(str(row["instrument_id"]))
        if row["kind"] == "fx" and row["currency"] == reporting and number is not None:
            found.setdefault(str(row["underlying"]), number)
    return found


def _price_factor(row: Mapping[Any, Any], factors: Factors) -> int:
    if row["kind"] == "bond":
        return NO_FACTOR
    named = row["underlying"] if row["kind"] in DERIVED_KINDS else row["instrument_id"]
    number = factors.price(str(named))
    assert number is not None
    return number


def _carry(row: Mapping[Any, Any], terms: Mapping[str, Mapping[Any, Any]]) -> str:
    if row["kind"] not in DERIVED_KINDS:
        return ""
    kind = terms[str(row["underlying"])]["kind"]
    return str(kind) if kind in {"future", "fx"} else "spot"


def _market_problem(row: Mapping[Any, Any], sources: _Sources) -> str | None:
    kind, currency = row["kind"], str(row["currency"])
    if currency not in sources.by_currency:
        return f"there is no exchange rate of its currency {currency!r} to the reporting currency"
    if kind in PRICED_KINDS:
        return _price_problem(str(row["instrument_id"]), "", sources)
    for term in ("curve_id", "foreign_curve_id"):
        curve = row.get(term)
        if isinstance(curve, str) and sources.factors.curve(curve) is None:
            why = sources.curves.get(curve, "there are no rates of it")
            return f"its curve {curve!r} cannot be used: {why}"
    if kind == "bond":
        return None if isinstance(row.get("curve_id"), str) else "a bond needs a curve"
    return _underlying_problem(row, sources)


def _underlying_problem(row: Mapping[Any, Any], sources: _Sources) -> str | None:
    underlying = str(row["underlying"])
    problem = _price_problem(underlying, f"its underlying {underlying!r} cannot be used: ", sources)
    if problem is not None:
        return problem
    terms = sources.terms[underlying]
    if terms["currency"] != row["currency"]:
        return (
            f"an option or forward must be in its underlying's currency {terms['currency']!r}; "
            f"got {row['currency']!r}"
        )
    if row["kind"] == "fx_forward" and terms["kind"] != "fx":
        return f"the underlying of an fx forward must be an fx instrument; got {terms['kind']!r}"
    if terms["kind"] == "fx":
        return _foreign_problem(row)
    return None


def _foreign_problem(row: Mapping[Any, Any]) -> str | None:
    if not isinstance(row.get("foreign_curve_id"), str):
        return "an option or forward on a currency needs the foreign rate: give foreign_curve_id"
    if not isinstance(row.get("curve_id"), str):
        return "an option or forward on a currency needs the domestic rate: give curve_id"
    return None


def _price_problem(name: str, prefix: str, sources: _Sources) -> str | None:
    if sources.factors.price(name) is not None:
        return None
    return prefix + sources.prices.get(name, "there are no prices of it")
