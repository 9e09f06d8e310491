"""Terms of instruments: what a row must say before it can be valued."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

PRICED_KINDS = ("equity", "etf", "fx", "future")
OPTION_KINDS = ("european_option", "american_option")
KINDS = (*PRICED_KINDS, "bond", *OPTION_KINDS, "fx_forward")
DERIVED_KINDS = (*OPTION_KINDS, "fx_forward")
FREQUENCIES = (1, 2, 3, 4, 6, 12)
OPTION_TYPES = ("call", "put")
# Trading days, of MAR33.12.
LIQUIDITY_HORIZONS = (10, 20, 40, 60, 120)
# Of what is most liquid: the one that shortfalls are measured over.
BASE_HORIZON = LIQUIDITY_HORIZONS[0]


def multiplier(row: Mapping[Any, Any]) -> float:
    """Return units of underlying or face per one of quantity; 1 where the row says nothing."""
    given = row.get("multiplier")
    return 1.0 if _is_missing(given) else float(given)  # type: ignore[arg-type]


def own_liquidity_horizon(row: Mapping[Any, Any]) -> int | None:
    """Return an instrument's own liquidity horizon, trading days; None where it names none.

    Parameters
    ----------
    row : the instruments' columns
    """
    given = row.get("liquidity_horizon")
    return None if _is_missing(given) else int(given)  # type: ignore[arg-type]


def term_problem(row: Mapping[Any, Any], as_of: date) -> str | None:
    """Return why an instrument's own terms do not allow a value, or None.

    Parameters
    ----------
    row : the instruments' columns
    as_of : the night; a bond, an option or a forward must end after it
    """
    kind = row["kind"]
    if kind not in KINDS:
        return f"kind must be one of {', '.join(KINDS)}; got {kind!r}"
    common = _liquidity_problem(row) or _multiplier_problem(row)
    if common is not None:
        return common
    if kind == "bond":
        return _expiry_problem(row, as_of) or _bond_problem(row)
    if kind in OPTION_KINDS:
        return _expiry_problem(row, as_of) or _option_problem(row)
    if kind == "fx_forward":
        return _expiry_problem(row, as_of) or _positive_problem(row, "strike")
    return None


def _liquidity_problem(row: Mapping[Any, Any]) -> str | None:
    horizon = own_liquidity_horizon(row)
    if horizon is None or row["liquidity_horizon"] in LIQUIDITY_HORIZONS:
        return None
    listed = ", ".join(map(str, LIQUIDITY_HORIZONS))
    given = f"{row['liquidity_horizon']:g}"
    return f"liquidity_horizon must be one of {listed} trading days; got {given}"


def _multiplier_problem(row: Mapping[Any, Any]) -> str | None:
    if _is_positive(multiplier(row)):
        return None
    return f"multiplier must be positive; got {row['multiplier']}"


def _expiry_problem(row: Mapping[Any, Any], as_of: date) -> str | None:
    expiry = row.get("expiry")
    if _is_missing(expiry):
        return "it needs an expiry"
    if pd.Timestamp(expiry).date() <= as_of:  # type: ignore[arg-type]
        return f"it expired on {expiry:%Y-%m-%d}; the night is {as_of}"
    return None


def _bond_problem(row: Mapping[Any, Any]) -> str | None:
    coupon, frequency = row.get("coupon"), row.get("coupon_frequency")
    if _is_missing(coupon) or not 0.0 <= float(coupon) < np.inf:  # type: ignore[arg-type]
        return f"coupon must be a fraction of face, 0 or more; got {coupon}"
    if float(coupon) > 0.0 and (_is_missing(frequency) or frequency not in FREQUENCIES):  # type: ignore[arg-type]
        listed = ", ".join(str(number) for number in FREQUENCIES)
        return f"coupon_frequency must be one of {listed} a year; got {frequency}"
    return None


def _option_problem(row: Mapping[Any, Any]) -> str | None:
    problem = _positive_problem(row, "strike") or _positive_problem(row, "implied_volatility")
    if problem is not None:
        return problem
    if row.get("option_type") not in OPTION_TYPES:
        return f"option_type must be call or put; got {row.get('option_type')!r}"
    return None


def _positive_problem(row: Mapping[Any, Any], term: str) -> str | None:
    return None if _is_positive(row.get(term)) else f"{term} must be positive; got {row.get(term)}"


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or value != value  # noqa: PLR0124 - NaN


def _is_positive(value: object) -> bool:
    return not _is_missing(value) and 0.0 < float(value) < np.inf  # type: ignore[arg-type]
