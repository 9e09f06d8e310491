"""The market of a night: instruments that can be valued, and the factors that move them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from kernels.arrays import Integers
from risk.errors import Failure, MarketError
from risk.market.factors import Factors, build_factors
from risk.plan import RiskPlan

PRICED_KINDS = ("equity", "etf", "fx")
NO_FACTOR = -1
STAGE = "build market"


@dataclass(frozen=True)
class Market:
    """Instruments and factors of a night.

    Parameters
    ----------
    as_of : the night
    currency : of every value
    terms : one row per instrument that can be valued, sorted by id: the instruments' columns
    price_factor : (n_instruments,) factor of its own price, or of an option's underlying; -1 for
        a bond
    currency_factor : (n_instruments,) factor of its currency; -1 for the reporting currency
    factors : what moves
    prices : closing prices of the instruments that have them
    repairs : what was filled in
    failures : instruments that cannot be valued
    """

    as_of: date
    currency: str
    terms: pd.DataFrame
    price_factor: Integers
    currency_factor: Integers
    factors: Factors
    prices: pd.DataFrame
    repairs: pd.DataFrame
    failures: tuple[Failure, ...]

    def numbers(self) -> dict[str, int]:
        """Return the number of each instrument."""
        return {str(name): n for n, name in enumerate(self.terms["instrument_id"])}


def build_market(
    prices: pd.DataFrame,
    instruments: pd.DataFrame,
    curves: pd.DataFrame | None,
    as_of: date,
    plan: RiskPlan,
) -> Market:
    """Align prices and curves, and say which instruments can be valued.

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
        Where no scenario can be made at all.
    """
    if prices.empty or instruments.empty:
        raise MarketError("there are no prices or no instruments")
    factors = build_factors(prices, curves, plan)
    by_currency = _currency_factors(instruments, factors, plan.currency)
    rows, failures = [], []
    price_factor, currency_factor = [], []
    for row in instruments.sort_values("instrument_id").to_dict("records"):
        problem = _problem(row, factors, by_currency)
        if problem is not None:
            name = str(row["instrument_id"])
            failures.append(Failure(name, STAGE, MarketError.__name__, problem))
            continue
        rows.append(row)
        price_factor.append(_price_factor(row, factors))
        currency_factor.append(by_currency[str(row["currency"])])
    return Market(
        as_of,
        plan.currency,
        pd.DataFrame(rows, columns=instruments.columns).reset_index(drop=True),
        np.array(price_factor, dtype=np.int64),
        np.array(currency_factor, dtype=np.int64),
        factors,
        prices,
        factors.repairs,
        tuple(failures),
    )


def _currency_factors(
    instruments: pd.DataFrame, factors: Factors, reporting: str
) -> dict[str, int]:
    found = {reporting: NO_FACTOR}
    for row in instruments.to_dict("records"):
        number = factors.number(str(row["instrument_id"]))
        if row["kind"] == "fx" and row["currency"] == reporting and number is not None:
            found[str(row["underlying"])] = number
    return found


def _price_factor(row: Mapping[Any, Any], factors: Factors) -> int:
    if row["kind"] == "bond":
        return NO_FACTOR
    named = row["underlying"] if row["kind"] == "european_option" else row["instrument_id"]
    number = factors.number(str(named))
    assert number is not None
    return number


def _problem(
    row: Mapping[Any, Any], factors: Factors, by_currency: Mapping[str, int]
) -> str | None:
    kind, currency = row["kind"], row["currency"]
    if currency not in by_currency:
        return f"there is no exchange rate of its currency {currency!r} to the reporting currency"
    if kind in PRICED_KINDS and factors.number(str(row["instrument_id"])) is None:
        return "there are no prices of it"
    if kind == "european_option" and factors.number(str(row["underlying"])) is None:
        return f"there are no prices of its underlying {row['underlying']!r}"
    curve = row.get("curve_id")
    if isinstance(curve, str) and not any(name.startswith(f"{curve}@") for name in factors.names):
        return f"there are no rates of its curve {curve!r}"
    if kind == "bond" and not isinstance(curve, str):
        return "a bond needs a curve"
    return None
