"""Full revaluation: every instrument, under every scenario."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kernels.arrays import Floats
from kernels.black_scholes import fill_option_values
from risk.market.bonds import DAYS_IN_YEAR, bond_cash_flows, bond_values, interpolation_weights
from risk.market.market import NO_FACTOR, Market

TRADING_DAYS = 252.0


@dataclass(frozen=True)
class Shifts:
    """Scenarios as moves of the factors.

    Parameters
    ----------
    moves : (n_factors, n_scenarios) float64, log returns of prices, absolute changes of rates
    volatility : (n_instruments, n_scenarios) or (1, 1) float64, relative change of an option's
        implied volatility, fraction
    elapsed : years gone by in every scenario
    """

    moves: Floats
    volatility: Floats
    elapsed: float


def no_shift(market: Market) -> Shifts:
    """Return the one scenario in which nothing moves."""
    return Shifts(np.zeros((len(market.factors.names), 1)), np.zeros((1, 1)), 0.0)


def current_values(market: Market) -> Floats:
    """Return today's value of one unit of each instrument, (n_instruments,), money."""
    return revalue(market, no_shift(market))[:, 0]


def revalue(market: Market, shifts: Shifts) -> Floats:
    """Return the value of one unit of each instrument under each scenario.

    Equities, ETFs and FX are worth their price, bonds their discounted cash flows (zero rates
    interpolated linearly in time, flat beyond the ends), European options the Black-Scholes
    value at their own implied volatility and the curve's rate to expiry (no dividends). All are
    converted at the scenario's exchange rate.

    Parameters
    ----------
    market : instruments and factors
    shifts : scenarios

    Returns
    -------
    (n_instruments, n_scenarios) float64, reporting currency.
    """
    n_scenarios = shifts.moves.shape[1]
    values = np.empty((len(market.terms), n_scenarios))
    for number, row in enumerate(market.terms.to_dict("records")):
        if row["kind"] == "bond":
            values[number] = _bond(market, row, shifts)
        elif row["kind"] == "european_option":
            values[number] = _option(market, number, row, shifts)
        else:
            factor = int(market.price_factor[number])
            values[number] = _multiplier(row) * _price(market, factor, shifts)
        currency = int(market.currency_factor[number])
        if currency != NO_FACTOR:
            values[number] *= _price(market, currency, shifts)
    return values


def _price(market: Market, factor: int, shifts: Shifts) -> Floats:
    return np.asarray(market.factors.levels[factor] * np.exp(shifts.moves[factor]))


def _multiplier(row: Mapping[Any, Any]) -> float:
    given = row.get("multiplier")
    return 1.0 if given is None or np.isnan(given) else float(given)


def _bond(market: Market, row: Mapping[Any, Any], shifts: Shifts) -> Floats:
    flows = bond_cash_flows(
        market.as_of, row["expiry"], float(row["coupon"]), int(row["coupon_frequency"])
    )
    left = np.maximum(flows.years - shifts.elapsed, 0.0)
    rates = _rates(market, str(row["curve_id"]), left, shifts)
    return _multiplier(row) * bond_values(flows, rates, shifts.elapsed)


def _option(market: Market, number: int, row: Mapping[Any, Any], shifts: Shifts) -> Floats:
    spots = _price(market, int(market.price_factor[number]), shifts)
    expiry = (row["expiry"].date() - market.as_of).days / DAYS_IN_YEAR
    years = max(expiry - shifts.elapsed, 0.0)
    if isinstance(row.get("curve_id"), str):
        rates = _rates(market, row["curve_id"], np.array([years]), shifts)[0]
    else:
        rates = np.zeros(len(spots))
    moved = shifts.volatility[number if len(shifts.volatility) > 1 else 0]
    volatilities = np.broadcast_to(float(row["implied_volatility"]) * (1.0 + moved), spots.shape)
    out = np.empty(len(spots))
    sign = 1.0 if row["option_type"] == "call" else -1.0
    fill_option_values(
        spots,
        np.ascontiguousarray(rates),
        np.ascontiguousarray(volatilities),
        float(row["strike"]),
        years,
        sign,
        out,
    )
    return _multiplier(row) * out


def _rates(market: Market, curve_id: str, years: Floats, shifts: Shifts) -> Floats:
    """Return zero rates for each time and scenario, (n_times, n_scenarios)."""
    points = sorted(
        (float(name.rpartition("@")[2]), number)
        for number, name in enumerate(market.factors.names)
        if name.rpartition("@")[0] == curve_id
    )
    numbers = [number for _, number in points]
    weights = interpolation_weights(np.array([tenor for tenor, _ in points]), years)
    levels = market.factors.levels[numbers]
    # Few tenors: a plain sum keeps the result free of how a matrix product is blocked.
    moved = levels[:, None] + shifts.moves[numbers]
    return np.asarray(sum(weights[:, [j]] * moved[j] for j in range(len(numbers))))
