"""Full revaluation: every instrument, under every scenario."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kernels.arrays import Floats
from kernels.black_scholes import fill_option_values
from risk.market.bonds import DAYS_IN_YEAR, bond_cash_flows, bond_values
from risk.market.curves import interpolation_weights
from risk.market.market import NO_FACTOR, Market
from risk.market.terms import multiplier

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
    return Shifts(np.zeros((len(market.factors.levels), 1)), np.zeros((1, 1)), 0.0)


def current_values(market: Market) -> Floats:
    """Return today's value of one unit of each instrument, (n_instruments,), money."""
    return revalue(market, no_shift(market))[:, 0]


def revalue(market: Market, shifts: Shifts) -> Floats:
    """Return the value of one unit of each instrument under each scenario.

    Equities, ETFs and FX are worth their price; bonds their discounted cash flows (zero rates
    interpolated linearly in time, flat beyond the ends), coupons paid meanwhile counting as cash;
    European options the Black-Scholes value at their own implied volatility and their curve's
    rate to expiry, zero without a curve, and no dividends; an option that expires meanwhile pays
    against the scenario's price. All are converted at the scenario's exchange rate.

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
            values[number] = _price(market, int(market.price_factor[number]), shifts)
        values[number] *= multiplier(row)
        currency = int(market.currency_factor[number])
        if currency != NO_FACTOR:
            values[number] *= _price(market, currency, shifts)
    return values


def _price(market: Market, factor: int, shifts: Shifts) -> Floats:
    return np.asarray(market.factors.levels[factor] * np.exp(shifts.moves[factor]))


def _bond(market: Market, row: Mapping[Any, Any], shifts: Shifts) -> Floats:
    coupon = float(row["coupon"])
    frequency = int(row["coupon_frequency"]) if coupon > 0.0 else 1
    flows = bond_cash_flows(market.as_of, row["expiry"], coupon, frequency)
    left = np.maximum(flows.years - shifts.elapsed, 0.0)
    rates = _rates(market, str(row["curve_id"]), left, shifts)
    return bond_values(flows, rates, shifts.elapsed)


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
    fill_option_values(
        spots,
        rates,
        np.ascontiguousarray(volatilities),
        float(row["strike"]),
        years,
        1.0 if row["option_type"] == "call" else -1.0,
        out,
    )
    return out


def _rates(market: Market, curve_id: str, years: Floats, shifts: Shifts) -> Floats:
    """Return zero rates for each time and scenario, (n_times, n_scenarios)."""
    points = market.factors.curve(curve_id)
    assert points is not None
    tenors, numbers = points
    weights = interpolation_weights(tenors, years)
    moved = market.factors.levels[numbers][:, None] + shifts.moves[numbers]
    rates = np.zeros((len(years), moved.shape[1]))
    # Tenor by tenor: a matrix product's sum could depend on the number of threads.
    for weight, rate in zip(weights.T, moved, strict=True):
        rates += weight[:, None] * rate
    return rates
