"""The sample's market side: prices, curves, instruments, books, limits and stress scenarios."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from flows.sample.catalogue import (
    BONDS,
    CURRENCIES,
    EQUITIES,
    ETFS,
    FOREIGN,
    OPTIONS,
    SECTORS,
    TENORS,
)
from flows.sample.sizes import AS_OF
from kernels.arrays import Floats

TRADING_DAYS = 756
CRISIS = slice(420, 450)
LATE_STARTERS = {"TEC8": 300, "EMERGING": 180, "CON6": 420}
# Trading days; all else goes by kind and currency.
LIQUIDITY_HORIZONS = {"EMERGING": 20}
DEGREES = 5.0
BOOK_SIZE = 20e6


@dataclass(frozen=True)
class MarketSide:
    """The sample's market inputs, as frames of the input tables."""

    prices: pd.DataFrame
    instruments: pd.DataFrame
    positions: pd.DataFrame
    curves: pd.DataFrame
    limits: pd.DataFrame
    stress_scenarios: pd.DataFrame


def make_market_side(portfolios: int, draws: np.random.Generator) -> MarketSide:
    """Return the market inputs, without dirt.

    Parameters
    ----------
    portfolios : how many books
    draws : random numbers
    """
    days = pd.bdate_range(end=AS_OF, periods=TRADING_DAYS)
    turbulence = _turbulence(draws)
    returns = _returns(turbulence, draws)
    closes = _closes(returns, draws)
    curves = _curves(days, turbulence, draws)
    instruments = _instruments(closes)
    positions = _positions(portfolios, closes, draws)
    return MarketSide(
        _price_rows(days, closes),
        instruments,
        positions,
        curves,
        _limits(positions, closes),
        _stress_scenarios(),
    )


def _turbulence(draws: np.random.Generator) -> Floats:
    """Daily volatility of the market relative to its usual: clustered, with one crisis."""
    shocks = draws.standard_t(DEGREES, TRADING_DAYS) * np.sqrt((DEGREES - 2) / DEGREES)
    variance = np.ones(TRADING_DAYS)
    for t in range(1, TRADING_DAYS):
        variance[t] = 0.04 + 0.10 * variance[t - 1] * shocks[t - 1] ** 2 + 0.86 * variance[t - 1]
    variance[CRISIS] *= 6.0
    return np.sqrt(variance)


def _returns(turbulence: Floats, draws: np.random.Generator) -> dict[str, Floats]:
    """Daily log returns of everything that has a price."""

    def fat(n: int) -> Floats:
        scale = np.sqrt((DEGREES - 2) / DEGREES)
        return np.asarray(draws.standard_t(DEGREES, (TRADING_DAYS, n)) * scale)

    market = 0.0085 * turbulence * fat(1)[:, 0] + 0.0004
    market[CRISIS] -= 0.006
    sector = 0.006 * turbulence[:, None] * fat(len(SECTORS))
    returns = {}
    for number, name in enumerate(EQUITIES):
        beta = draws.uniform(0.7, 1.4)
        own = draws.uniform(0.008, 0.016) * np.sqrt(turbulence) * fat(1)[:, 0]
        returns[name] = beta * market + sector[:, number % len(SECTORS)] + own
    for number, name in enumerate(ETFS):
        own = 0.003 * fat(1)[:, 0]
        returns[name] = draws.uniform(0.8, 1.1) * market + 0.3 * sector[:, number % 6] + own
    returns["GOLDFUND"] = -0.15 * market + 0.009 * fat(1)[:, 0]
    for name in CURRENCIES:
        returns[name] = 0.1 * market + 0.0045 * fat(1)[:, 0]
    return returns


def _closes(returns: dict[str, Floats], draws: np.random.Generator) -> dict[str, Floats]:
    closes = {}
    for name, moves in returns.items():
        last = CURRENCIES.get(name) or float(draws.uniform(20.0, 300.0))
        path = np.exp(np.cumsum(moves))
        digits = 6 if name in CURRENCIES else 2
        closes[name] = np.round(last * path / path[-1], digits)
        closes[name][: LATE_STARTERS.get(name, 0)] = np.nan
    return closes


def _price_rows(days: pd.DatetimeIndex, closes: dict[str, Floats]) -> pd.DataFrame:
    table = pd.DataFrame(closes, index=days).rename_axis("ds").reset_index()
    rows = table.melt("ds", var_name="instrument_id", value_name="close").dropna()
    return rows[["instrument_id", "ds", "close"]].reset_index(drop=True)


def _curves(days: pd.DatetimeIndex, turbulence: Floats, draws: np.random.Generator) -> pd.DataFrame:
    tenors = np.array(TENORS)
    parts = []
    for curve_id, low, high in (("USD-GOV", 0.039, 0.044), ("EUR-GOV", 0.020, 0.030)):
        level = np.cumsum(0.00045 * turbulence * draws.normal(size=len(days)))
        slope = np.cumsum(0.00030 * draws.normal(size=len(days)))
        base = low + (high - low) * (1.0 - np.exp(-tenors / 8.0))
        bend = np.exp(-tenors / 5.0)
        rates = base + (level - level[-1])[:, None] + np.outer(slope - slope[-1], bend)
        table = pd.DataFrame(rates.round(6), index=days, columns=tenors).rename_axis("ds")
        long = table.reset_index().melt("ds", var_name="tenor", value_name="zero_rate")
        parts.append(long.assign(curve_id=curve_id))
    columns = ["curve_id", "ds", "tenor", "zero_rate"]
    return pd.concat(parts, ignore_index=True)[columns].sort_values(columns[:3], ignore_index=True)


def _instruments(closes: dict[str, Floats]) -> pd.DataFrame:
    night = pd.Timestamp(AS_OF)
    rows: list[dict[str, object]] = [
        {"instrument_id": name, "kind": "equity", "currency": FOREIGN.get(name, "USD")}
        for name in EQUITIES
    ]
    rows += [
        {
            "instrument_id": name,
            "kind": "etf",
            "currency": "USD",
            "liquidity_horizon": LIQUIDITY_HORIZONS.get(name),
        }
        for name in ETFS
    ]
    rows += [
        {"instrument_id": name, "kind": "fx", "currency": "USD", "underlying": name[:3]}
        for name in CURRENCIES
    ]
    rows += [
        {
            "instrument_id": name,
            "kind": "bond",
            "currency": currency,
            "coupon": coupon,
            "coupon_frequency": 2 if currency == "USD" else 1,
            "expiry": night + pd.Timedelta(days=round(365.25 * years)),
            "curve_id": curve,
            "multiplier": 100.0,
        }
        for name, (curve, years, coupon, currency) in BONDS.items()
    ]
    rows += [
        {
            "instrument_id": name,
            "kind": "european_option",
            "currency": FOREIGN.get(underlying, "USD"),
            "underlying": underlying,
            "strike": round(float(closes[underlying][-1]) * moneyness, 2),
            "option_type": option_type,
            "expiry": night + pd.Timedelta(days=days),
            "implied_volatility": volatility,
            "curve_id": "USD-GOV",
            "multiplier": 100.0,
        }
        for name, (underlying, option_type, moneyness, days, volatility) in OPTIONS.items()
    ]
    frame = pd.DataFrame(rows)
    whole = {"coupon_frequency": "Int64", "liquidity_horizon": "Int64"}
    return frame.astype(whole)


def _rate(name: str) -> float:
    """Dollars per unit of an equity's currency."""
    return CURRENCIES.get(f"{FOREIGN.get(name, 'USD')}USD", 1.0)


def _positions(
    portfolios: int, closes: dict[str, Floats], draws: np.random.Generator
) -> pd.DataFrame:
    """Books of five characters, in turn."""
    makers = (_long_equity, _long_short, _balanced, _currency_carry, _option_overlay)
    names = ("equity-income", "long-short", "balanced", "fx-carry", "overlay")
    rows: list[tuple[str, str, float]] = []
    for number in range(portfolios):
        kind = number % len(makers)
        book = f"{names[kind]}-{number // len(makers) + 1:02d}"
        amount = BOOK_SIZE * float(draws.lognormal(0.0, 0.6))
        rows += [(book, *held) for held in makers[kind](amount, closes, draws)]
    return pd.DataFrame(rows, columns=["portfolio_id", "instrument_id", "quantity"])


def _spread(
    names: list[str], amount: float, closes: dict[str, Floats], draws: np.random.Generator
) -> list[tuple[str, float]]:
    weights = draws.dirichlet(np.full(len(names), 4.0))
    return [
        (name, float(np.round(weight * amount / (closes[name][-1] * _rate(name)))))
        for name, weight in zip(names, weights, strict=True)
    ]


def _pick(pool: tuple[str, ...], n: int, draws: np.random.Generator) -> list[str]:
    return [str(name) for name in draws.choice(np.array(pool), n, replace=False)]


def _long_equity(
    amount: float, closes: dict[str, Floats], draws: np.random.Generator
) -> list[tuple[str, float]]:
    return _spread(_pick(EQUITIES, int(draws.integers(15, 29)), draws), amount, closes, draws)


def _long_short(
    amount: float, closes: dict[str, Floats], draws: np.random.Generator
) -> list[tuple[str, float]]:
    names = _pick(EQUITIES, 24, draws)
    bought = _spread(names[:12], amount, closes, draws)
    sold = _spread(names[12:], 0.8 * amount, closes, draws)
    return bought + [(name, -quantity) for name, quantity in sold]


def _balanced(
    amount: float, closes: dict[str, Floats], draws: np.random.Generator
) -> list[tuple[str, float]]:
    funds = _spread(_pick(ETFS, 5, draws), 0.6 * amount, closes, draws)
    bonds = _pick(tuple(BONDS), 4, draws)
    return funds + [(name, float(np.round(0.1 * amount / 100.0))) for name in bonds]


def _currency_carry(
    amount: float, closes: dict[str, Floats], draws: np.random.Generator
) -> list[tuple[str, float]]:
    held = _spread(list(CURRENCIES), amount, closes, draws)
    signs = draws.permutation([1.0, 1.0, 1.0, -1.0, -1.0, -1.0])
    bonds = [("USGOV-2Y", float(np.round(0.5 * amount / 100.0)))]
    pairs = zip(held, signs, strict=True)
    return [(name, sign * quantity) for (name, quantity), sign in pairs] + bonds


def _option_overlay(
    amount: float, closes: dict[str, Floats], draws: np.random.Generator
) -> list[tuple[str, float]]:
    """Stocks with options on them: calls sold, puts bought."""
    underlyings = sorted({underlying for underlying, *_ in OPTIONS.values()})
    stocks = _spread(underlyings, amount, closes, draws)
    held = dict(stocks)
    options = []
    for name in _pick(tuple(OPTIONS), 5, draws):
        underlying, option_type, *_ = OPTIONS[name]
        contracts = np.round(held[underlying] / 100.0 * draws.uniform(0.3, 0.8))
        options.append((name, float(-contracts if option_type == "call" else contracts)))
    return stocks + options


def _limits(positions: pd.DataFrame, closes: dict[str, Floats]) -> pd.DataFrame:
    """Limits on each book's own volatility: the later in the list, the more room there is.

    A book's volatility is that of its stocks, funds and currencies; half a percent of its gross
    value is added for what has no price history.
    """
    rows = []
    for number, (book, held) in enumerate(positions.groupby("portfolio_id", sort=True)):
        priced = held[held["instrument_id"].isin(closes)]
        worth = np.array(
            [q * _rate(i) for i, q in zip(priced["instrument_id"], priced["quantity"], strict=True)]
        )
        paths = np.array([closes[name][-251:] for name in priced["instrument_id"]])
        daily = np.diff((worth[:, None] * paths).sum(axis=0))
        gross = float(np.abs(worth * paths[:, -1]).sum())
        deviation = float(daily.std()) + 0.005 * 0.1 * gross
        room = 3.0 + 2.0 * ((7 * number) % 20) / 19.0
        for measure, level, horizon, scale in (
            ("expected_shortfall", 0.975, 1, 1.0),
            ("value_at_risk", 0.99, 10, 10**0.5),
        ):
            limit = float(f"{room * scale * deviation:.2g}")
            rows.append((book, measure, level, horizon, limit))
    return pd.DataFrame(rows, columns=["portfolio_id", "measure", "level", "horizon", "limit"])


def _stress_scenarios() -> pd.DataFrame:
    rows = [
        ("equity-crash", "kind", "equity", -0.20),
        ("equity-crash", "kind", "etf", -0.20),
        ("equity-crash", "volatility", "*", 0.50),
        ("rates-up-100bp", "curve", "*", 0.01),
        ("rates-down-100bp", "curve", "*", -0.01),
        ("dollar-up-10pct", "kind", "fx", -0.0909),
        ("volatility-up-half", "volatility", "*", 0.50),
        ("technology-rout", "instrument", "TEC1", -0.35),
        ("technology-rout", "instrument", "TEC2", -0.35),
        ("technology-rout", "instrument", "TECHFUND", -0.30),
        ("as-in-2008", "kind", "equity", -0.40),
        ("as-in-2008", "kind", "etf", -0.38),
        ("as-in-2008", "kind", "fx", -0.12),
        ("as-in-2008", "curve", "*", -0.012),
        ("as-in-2008", "volatility", "*", 1.2),
    ]
    return pd.DataFrame(rows, columns=["scenario_id", "target_kind", "target", "shift"])
