"""Full revaluation: every instrument, under every scenario.

References
----------
Black & Scholes (1973), "The pricing of options and corporate liabilities", Journal of Political
Economy 81(3); Black (1976), "The pricing of commodity contracts", Journal of Financial Economics
3(1-2); Garman & Kohlhagen (1983), "Foreign currency option values", Journal of International Money
and Finance 2(3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kernels.american import fill_american_values, make_workspace
from kernels.arrays import Floats
from kernels.device import Device
from kernels.on_device import option_values_on
from risk.market.bonds import DAYS_IN_YEAR, bond_cash_flows, bond_values
from risk.market.curves import interpolation_weights
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
    device : where European options are valued; the rest is the processor's

    Returns
    -------
    (n_instruments, n_scenarios) float64, reporting currency; infinite or NaN where a value
    overflows.

    References
    ----------
    Black & Scholes (1973); Black (1976); Garman & Kohlhagen (1983).
    """
    n_scenarios = shifts.moves.shape[1]
    values = np.empty((len(market.terms), n_scenarios))
    for number, row in enumerate(market.terms.to_dict("records")):
        if row["kind"] == "bond":
            values[number] = _bond(market, row, shifts)
        elif row["kind"] in OPTION_KINDS:
            values[number] = _option(market, number, row, shifts, device)
        elif row["kind"] == "fx_forward":
            values[number] = _forward(market, number, row, shifts)
        elif row["kind"] == "future":
            factor = int(market.price_factor[number])
            values[number] = _price(market, factor, shifts) - market.factors.levels[factor]
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


def _forward(market: Market, number: int, row: Mapping[Any, Any], shifts: Shifts) -> Floats:
    spots = _price(market, int(market.price_factor[number]), shifts)
    years = _years_left(market, row, shifts)
    domestic = _rate_to(market, row, "curve_id", years, shifts)
    foreign = _rate_to(market, row, "foreign_curve_id", years, shifts)
    agreed = float(row["strike"])
    return np.asarray(spots * np.exp(-foreign * years) - agreed * np.exp(-domestic * years))


def _option(
    market: Market, number: int, row: Mapping[Any, Any], shifts: Shifts, device: Device
) -> Floats:
    spots = _price(market, int(market.price_factor[number]), shifts)
    years = _years_left(market, row, shifts)
    rates = _rate_to(market, row, "curve_id", years, shifts)
    carries = _carries(market, number, row, years, shifts, rates)
    moved = shifts.volatility[number if len(shifts.volatility) > 1 else 0]
    volatility = float(row["implied_volatility"])
    volatilities = np.full(len(spots), volatility) * (1.0 + moved)
    contract = (float(row["strike"]), years, 1.0 if row["option_type"] == "call" else -1.0)
    out = np.empty(len(spots))
    if row["kind"] == "european_option":
        option_values_on(device)(spots, rates, carries, volatilities, *contract, out)
        return out
    still = no_shift(market)
    rate = _rate_to(market, row, "curve_id", years, still)
    carry = _carries(market, number, row, years, still, rate)
    today = np.array([rate[0], carry[0], volatility])
    fill_american_values(
        spots, rates, carries, volatilities, *contract, today, make_workspace(), out
    )
    return out


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
    if not isinstance(row.get(curve), str):
        return np.zeros(shifts.moves.shape[1])
    return np.ascontiguousarray(_rates(market, row[curve], np.array([years]), shifts)[0])


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
