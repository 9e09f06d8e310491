"""Full revaluation: every instrument, under every scenario.

References
----------
Black & Scholes (1973), "The pricing of options and corporate liabilities", Journal of Political
Economy 81(3); Black (1976), "The pricing of commodity contracts", Journal of Financial Economics
3(1-2); Garman & Kohlhagen (1983), "Foreign currency option values", Journal of International Money
and Finance 2(3).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kernels.american import make_workspace
from kernels.arrays import Floats
from kernels.device import Device
from kernels.on_device import (
    american_values_on,
    bond_values_on,
    forward_values_on,
    future_values_on,
    option_values_on,
)
from kernels.scenario_values import RatePoint, convert_values, fill_prices, fill_rates
from risk.market.bonds import DAYS_IN_YEAR, bond_cash_flows, flows_on_curve
from risk.market.curves import tenor_shares
from risk.market.market import NO_FACTOR, Market
from risk.market.terms import OPTION_KINDS, multiplier

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
    """Return the one scenario in which nothing of the ``market`` moves, and no time passes."""
    return Shifts(np.zeros((len(market.factors.levels), 1)), np.zeros((1, 1)), 0.0)


def current_values(market: Market) -> Floats:
    """Return today's value of one unit of each instrument of the ``market``, by `revalue`.

    Returns
    -------
    (n_instruments,) float64, reporting currency.
    """
    return revalue(market, no_shift(market))[:, 0]


def revalue(market: Market, shifts: Shifts, device: Device = "cpu") -> Floats:
    """Return the value of one unit of each instrument under each scenario.

    Equities, ETFs and FX are worth their price; futures, settled to margin tonight, what their
    price has moved since; bonds their discounted cash flows (zero rates
    interpolated linearly in time, flat beyond the ends), coupons paid meanwhile counting as cash;
    options their value at their own implied volatility and their curve's rate to expiry, zero
    without a curve, and no dividends: Black-Scholes on spot, Black (1976) on futures, Garman &
    Kohlhagen (1983) on currencies, American ones by collocation (`kernels.american`); an option
    that expires meanwhile pays against the scenario's price. FX forwards are worth the foreign
    unit less the agreed rate, each discounted on its own curve. All are converted at the
    scenario's exchange rate.

    Parameters
    ----------
    market : instruments and factors
    shifts : scenarios
    device : where options, futures, forwards and bonds are valued; prices are the processor's

    Returns
    -------
    (n_instruments, n_scenarios) float64, reporting currency; infinite or NaN where a value
    overflows.

    References
    ----------
    Black & Scholes (1973); Black (1976); Garman & Kohlhagen (1983).
    """
    shifts = replace(shifts, moves=np.ascontiguousarray(shifts.moves))
    values = np.empty((len(market.terms), shifts.moves.shape[1]))
    for number, row in enumerate(market.rows):
        out = values[number]
        if row["kind"] == "bond":
            _fill_bond(market, row, shifts, device, out)
        elif row["kind"] in OPTION_KINDS:
            _fill_option(market, number, row, shifts, device, out)
        elif row["kind"] == "fx_forward":
            _fill_forward(market, number, row, shifts, device, out)
        elif row["kind"] == "future":
            future_values_on(device)(*_price(market, int(market.price_factor[number]), shifts), out)
        else:
            fill_prices(*_price(market, int(market.price_factor[number]), shifts), out)
        currency = int(market.currency_factor[number])
        if currency == NO_FACTOR:
            out *= multiplier(row)
        else:
            convert_values(out, multiplier(row), *_price(market, currency, shifts))
    return values


def _price(market: Market, factor: int, shifts: Shifts) -> tuple[Floats, float]:
    """Return the moves of a price, and its level today."""
    return shifts.moves[factor], float(market.factors.levels[factor])


def _fill_bond(
    market: Market, row: Mapping[Any, Any], shifts: Shifts, device: Device, out: Floats
) -> None:
    coupon = float(row["coupon"])
    frequency = int(row["coupon_frequency"]) if coupon > 0.0 else 1
    flows = bond_cash_flows(market.as_of, row["expiry"], coupon, frequency)
    points = market.factors.curve(str(row["curve_id"]))
    assert points is not None
    placed = flows_on_curve(flows, *points, shifts.elapsed)
    bond_values_on(device)(shifts.moves, market.factors.levels, placed, out)


def _fill_forward(
    market: Market,
    number: int,
    row: Mapping[Any, Any],
    shifts: Shifts,
    device: Device,
    out: Floats,
) -> None:
    moves, level = _price(market, int(market.price_factor[number]), shifts)
    years = _years_left(market, row, shifts)
    domestic = _rate_to(market, row, "curve_id", years, shifts)
    foreign = _rate_to(market, row, "foreign_curve_id", years, shifts)
    agreed = float(row["strike"])
    forward_values_on(device)(moves, domestic, foreign, level, agreed, years, out)


def _fill_option(
    market: Market,
    number: int,
    row: Mapping[Any, Any],
    shifts: Shifts,
    device: Device,
    out: Floats,
) -> None:
    spots = np.empty(len(out))
    fill_prices(*_price(market, int(market.price_factor[number]), shifts), spots)
    years = _years_left(market, row, shifts)
    rates = _rate_to(market, row, "curve_id", years, shifts)
    carries = _carries(market, number, row, years, shifts, rates)
    moved = shifts.volatility[number if len(shifts.volatility) > 1 else 0]
    volatility = float(row["implied_volatility"])
    volatilities = np.full(len(spots), volatility * (1.0 + moved))
    contract = (float(row["strike"]), years, 1.0 if row["option_type"] == "call" else -1.0)
    if row["kind"] == "european_option":
        option_values_on(device)(spots, rates, carries, volatilities, *contract, out)
        return
    still = no_shift(market)
    rate = _rate_to(market, row, "curve_id", years, still)
    carry = _carries(market, number, row, years, still, rate)
    today = np.array([rate[0], carry[0], volatility])
    american_values_on(device)(
        spots, rates, carries, volatilities, *contract, today, make_workspace(), out
    )


def _carries(
    market: Market,
    number: int,
    row: Mapping[Any, Any],
    years: float,
    shifts: Shifts,
    rates: Floats,
) -> Floats:
    """Return the cost of carry of an option's underlying under each scenario."""
    if market.carry[number] == "future":
        return np.zeros(len(rates))
    if market.carry[number] == "fx":
        return rates - _rate_to(market, row, "foreign_curve_id", years, shifts)
    return rates


def _years_left(market: Market, row: Mapping[Any, Any], shifts: Shifts) -> float:
    expiry: float = (row["expiry"].date() - market.as_of).days / DAYS_IN_YEAR
    return max(expiry - shifts.elapsed, 0.0)


def _rate_to(
    market: Market, row: Mapping[Any, Any], curve: str, years: float, shifts: Shifts
) -> Floats:
    """Return the rate of a curve to one time under each scenario; zero without a curve."""
    n_scenarios = shifts.moves.shape[1]
    if not isinstance(row.get(curve), str):
        return np.zeros(n_scenarios)
    points = market.factors.curve(row[curve])
    assert points is not None
    tenors, numbers = points
    shares = tenor_shares(tenors, np.array([years]))
    near, far = numbers[shares.near[0]], numbers[shares.far[0]]
    levels, rates = market.factors.levels, np.empty(n_scenarios)
    point = RatePoint(
        float(levels[near]),
        float(levels[far]),
        float(shares.near_share[0]),
        float(shares.far_share[0]),
    )
    fill_rates(shifts.moves[near], shifts.moves[far], point, rates)
    return rates
