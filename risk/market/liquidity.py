"""Liquidity horizons: how long what moves a book takes to be sold.

References
----------
Basel Committee (2019), MAR33.4 and MAR33.12.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kernels.arrays import Integers
from risk.market.market import Market
from risk.market.terms import BASE_HORIZON, PRICED_KINDS, own_liquidity_horizon

# MAR33.12: what is liquid enough for ten days; all else waits for twenty.
LIQUID_CURRENCIES = frozenset(
    {"AUD", "BRL", "CAD", "CHF", "CNY", "EUR", "GBP", "HKD", "INR", "JPY", "KRW", "MXN"}
    | {"NOK", "NZD", "RUB", "SEK", "SGD", "TRY", "USD", "ZAR"}
)
LIQUID_RATES = ("AUD", "CAD", "EUR", "GBP", "JPY", "SEK", "USD")


def liquidity_horizons(market: Market) -> Integers:
    """Return the liquidity horizon of each factor, trading days, by MAR33.12.

    A price has the horizon that its instrument names. Where it names none, equities, ETFs and
    futures count as of large companies and their indices, 10 days. An exchange
    rate has 10 days between two currencies that the standard names, and 20 otherwise. Zero rates
    have 10 days in those that it names and in the reporting currency, which counts as the bank's
    own, and 20 in others; a curve is of the currency of the instruments that are discounted on it,
    or whose foreign currency is. One that nothing is discounted on has 10.

    Parameters
    ----------
    market : instruments and factors

    Returns
    -------
    (n_factors,) int64, trading days.

    References
    ----------
    Basel Committee (2019), MAR33.12.
    """
    factors = market.factors
    horizons = np.full(len(factors.levels), BASE_HORIZON, np.int64)
    rows = market.rows
    pairs = {
        str(row["instrument_id"]): {row["underlying"], row["currency"]}
        for row in rows
        if row["kind"] == "fx"
    }
    named = {str(row["instrument_id"]): own_liquidity_horizon(row) for row in rows}
    for number, name in enumerate(factors.prices):
        if not pairs.get(name, set()) <= LIQUID_CURRENCIES:
            horizons[number] = 20
        horizons[number] = named.get(name) or horizons[number]
    liquid = {*LIQUID_RATES, market.currency}
    currencies = _curve_currencies(rows)
    for number, (curve_id, _) in enumerate(factors.points, start=len(factors.prices)):
        if not currencies.get(curve_id, set()) <= liquid:
            horizons[number] = 20
    return horizons


def position_horizons(market: Market) -> Integers:
    """Return the liquidity horizons that bonds, options and forwards name for themselves.

    All that moves such an instrument then waits as long as it: its curves, its underlying's price
    and its exchange rate.

    Parameters
    ----------
    market : instruments and factors

    Returns
    -------
    (n_instruments,) int64, trading days; 0 where its factors' own hold.

    References
    ----------
    Basel Committee (2019), MAR33.4: shocks of each position's own set of factors.
    """
    rows = market.rows
    own = (None if row["kind"] in PRICED_KINDS else own_liquidity_horizon(row) for row in rows)
    return np.array([horizon or 0 for horizon in own], np.int64)


def _curve_currencies(rows: Sequence[Mapping[Any, Any]]) -> dict[str, set[str]]:
    """Return the currencies of what each curve discounts."""
    foreign = {str(row["instrument_id"]): row["underlying"] for row in rows if row["kind"] == "fx"}
    found: dict[str, set[str]] = {}
    for row in rows:
        if isinstance(row.get("curve_id"), str):
            found.setdefault(row["curve_id"], set()).add(str(row["currency"]))
        if isinstance(row.get("foreign_curve_id"), str) and str(row["underlying"]) in foreign:
            own = str(foreign[str(row["underlying"])])
            found.setdefault(row["foreign_curve_id"], set()).add(own)
    return found
