"""Small markets for tests: prices from a seed, and terms in a few words."""

from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from risk import RiskPlan, build_market

AS_OF = date(2024, 6, 28)
NIGHT = pd.Timestamp(AS_OF)
PLAN = RiskPlan(history=250, scenarios=2000, seed=5)
TERM_COLUMNS = (
    "instrument_id",
    "kind",
    "currency",
    "underlying",
    "strike",
    "option_type",
    "expiry",
    "implied_volatility",
    "coupon",
    "coupon_frequency",
    "curve_id",
    "foreign_curve_id",
    "multiplier",
)


def days(n):
    return pd.bdate_range(end=NIGHT, periods=n)


def closes(name, values):
    return pd.DataFrame({"instrument_id": name, "ds": days(len(values)), "close": values})


def prices(names, n_days=251, seed=1, level=100.0, volatility=0.01):
    """Return prices with one common and one own shock a day, fat tailed."""
    draws = np.random.default_rng(seed)
    scale = volatility / np.sqrt(2.0)
    common = draws.standard_t(5, n_days) * np.sqrt(0.6) * scale
    parts = []
    for name in names:
        own = draws.standard_t(5, n_days) * np.sqrt(0.6) * scale
        parts.append(closes(name, level * np.exp(np.cumsum(common + own))))
    return pd.concat(parts, ignore_index=True)


def alternating(name, volatility, n_returns=250, level=100.0):
    """Return prices whose log returns have mean zero and exactly this sample deviation."""
    step = volatility * np.sqrt((n_returns - 1) / n_returns)
    signs = np.tile([1.0, -1.0], n_returns // 2)
    return closes(name, level * np.exp(np.concatenate([[0.0], np.cumsum(step * signs)])))


def curve(curve_id="USD", n_days=251, tenors=(0.5, 1.0, 2.0, 5.0, 10.0), seed=2, level=0.03):
    """Return a curve that slopes up and wanders in parallel."""
    wander = np.cumsum(np.random.default_rng(seed).normal(0.0, 0.0005, n_days))
    parts = [
        pd.DataFrame(
            {
                "curve_id": curve_id,
                "ds": days(n_days),
                "tenor": tenor,
                "zero_rate": level + 0.002 * tenor + wander - wander[-1],
            }
        )
        for tenor in tenors
    ]
    return pd.concat(parts, ignore_index=True)


def terms(*rows, columns=()):
    """Return instruments; a row is (id, kind, other terms), with further columns if named."""
    made = [
        {"instrument_id": name, "kind": kind, "currency": "USD", **others}
        for name, kind, others in rows
    ]
    frame = pd.DataFrame(made).reindex(columns=[*TERM_COLUMNS, *columns])
    return frame.astype({"coupon_frequency": "Int64", "expiry": "datetime64[us]"})


def stocks(*names):
    return terms(*((name, "equity", {}) for name in names))


def option(name, underlying="AAA", strike=100.0, option_type="call", ahead=182, **others):
    return (
        name,
        "european_option",
        {
            "underlying": underlying,
            "strike": strike,
            "option_type": option_type,
            "expiry": NIGHT + pd.Timedelta(days=ahead),
            "implied_volatility": 0.25,
            "curve_id": "USD",
            **others,
        },
    )


def bond(name, ahead=1096, coupon=0.04, frequency=2, **others):
    return (
        name,
        "bond",
        {
            "expiry": NIGHT + pd.Timedelta(days=ahead),
            "coupon": coupon,
            "coupon_frequency": frequency,
            "curve_id": "USD",
            "multiplier": 100.0,
            **others,
        },
    )


def american(name, **others):
    return (name, "american_option", option(name, **others)[2])


def forward(name, strike=1.1, ahead=182, **others):
    return (
        name,
        "fx_forward",
        {
            "underlying": "EURUSD",
            "strike": strike,
            "expiry": NIGHT + pd.Timedelta(days=ahead),
            "curve_id": "USD",
            "foreign_curve_id": "EUR",
            **others,
        },
    )


@cache
def mixed_market(plan=PLAN):
    """Return a market with every kind of instrument, two currencies and one late starter.

    Many tests share it, and none may change it.
    """
    names = ("AAA", "BBB", "CCC", "FUND")
    late = prices(["NEW"], n_days=120, seed=8)
    rate = prices(["EURUSD"], seed=9, level=1.1, volatility=0.005)
    foreign = prices(["EEE"], seed=10, level=50.0)
    instruments = terms(
        *((name, "equity", {}) for name in ("AAA", "BBB", "CCC", "NEW")),
        ("FUND", "etf", {}),
        ("EURUSD", "fx", {"underlying": "EUR"}),
        ("EEE", "equity", {"currency": "EUR"}),
        bond("BOND"),
        bond("EURBOND", currency="EUR", curve_id="EUR", frequency=1),
        option("CALL"),
        option("PUT", option_type="put"),
        option("EECALL", underlying="EEE", strike=48.0, currency="EUR", curve_id="EUR"),
    )
    return build_market(
        pd.concat([prices(names), late, rate, foreign], ignore_index=True),
        instruments,
        pd.concat([curve(), curve("EUR", seed=3, level=0.02)], ignore_index=True),
        AS_OF,
        plan,
    )


def positions(**books):
    """Return positions; each book is a mapping of instrument to quantity."""
    rows = [(book, name, float(q)) for book, held in books.items() for name, q in held.items()]
    return pd.DataFrame(rows, columns=["portfolio_id", "instrument_id", "quantity"])


BOOKS = {
    "equity": {"AAA": 100, "BBB": 50, "CCC": -30, "NEW": 20},
    "mixed": {"AAA": 10, "BOND": 3, "CALL": -5, "EEE": 8, "EURUSD": 200, "FUND": 12},
    "options": {"CALL": 10, "PUT": -10, "EECALL": 4},
    "rates": {"BOND": 5, "EURBOND": -4},
}
