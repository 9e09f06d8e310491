"""Instruments derived from prices: the listed themselves, options on them, and bonds."""

import numpy as np
import pandas as pd

from flows.spec import ListedInstruments

BOND_YEARS = (2, 5, 10, 30)
OPTION_DAYS = (91, 182)
OUT_OF_THE_MONEY = 0.05
FACE = 100.0


def list_instruments(quoted: pd.DataFrame, source: ListedInstruments) -> pd.DataFrame:
    """Return the instruments that a job derives from its prices.

    Parameters
    ----------
    quoted : instrument_id, last_price, last (day), volatility (annual fraction), current (whether
        its prices go on to the last day and reach back far enough), sorted by id
    source : kind, currency, and how many options and bonds

    Returns
    -------
    Frame of the instruments table, without the columns that no row needs.
    """
    shares = pd.DataFrame(
        {
            "instrument_id": quoted["instrument_id"],
            "kind": source.instrument_kind,
            "currency": source.currency,
        }
    )
    parts = [shares]
    if source.options:
        parts.append(_options(quoted, source))
    if source.bonds:
        parts.append(_bonds(quoted["last"].max(), source))
    return pd.concat(parts, ignore_index=True)


def _options(quoted: pd.DataFrame, source: ListedInstruments) -> pd.DataFrame:
    written = quoted[quoted["current"] & (quoted["volatility"] > 0.0)]
    places = np.unique(np.linspace(0, len(written) - 1, min(source.options, len(written))).round())
    rows = []
    for number, row in enumerate(written.iloc[places.astype(int)].to_dict("records")):
        call = number % 2 == 0
        moneyness = 1.0 + OUT_OF_THE_MONEY if call else 1.0 - OUT_OF_THE_MONEY
        strike = round(row["last_price"] * moneyness, 2)
        expiry = row["last"].normalize() + pd.Timedelta(days=OPTION_DAYS[number // 2 % 2])
        rows.append(
            {
                "instrument_id": f"{row['instrument_id']}-{'C' if call else 'P'}{strike:g}",
                "kind": "european_option",
                "currency": source.currency,
                "underlying": row["instrument_id"],
                "strike": strike,
                "option_type": "call" if call else "put",
                "expiry": expiry,
                "implied_volatility": round(row["volatility"], 4),
                "curve_id": source.curve_id,
                "multiplier": FACE,
            }
        )
    return pd.DataFrame(rows)


def _bonds(last: pd.Timestamp, source: ListedInstruments) -> pd.DataFrame:
    years = [
        BOND_YEARS[number] if number < len(BOND_YEARS) else number + 1
        for number in range(source.bonds)
    ]
    return pd.DataFrame(
        {
            "instrument_id": [f"BOND-{n + 1:02d}-{year}Y" for n, year in enumerate(years)],
            "kind": "bond",
            "currency": source.currency,
            "coupon": source.coupon,
            "coupon_frequency": 2,
            "expiry": [last.normalize() + pd.DateOffset(years=year) for year in years],
            "curve_id": source.curve_id,
            "multiplier": FACE,
        }
    )
