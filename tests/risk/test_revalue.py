"""Full revaluation: closed forms, parity, conversion, and the passing of time."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk import RiskPlan, build_market, instrument_losses
from risk.market.bonds import bond_cash_flows
from risk.market.curves import tenor_shares
from risk.market.revalue import TRADING_DAYS, current_values
from risk.scenarios import factor_moves
from tests.oracles import revaluation
from tests.risk.markets import AS_OF, NIGHT, PLAN, bond, curve, mixed_market, option, prices, terms

TENORS = (0.5, 1.0, 2.0, 5.0, 10.0)
# Rounding of a value of a few hundred.
EXACT = {"rtol": 1e-12, "atol": 1e-10}


def market_of(*rows, curves=None, plan=PLAN):
    instruments = terms(("AAA", "equity", {}), *rows)
    return build_market(
        prices(["AAA"]), instruments, curve() if curves is None else curves, AS_OF, plan
    )


def scenario_rates(market, years, moves, curve_id="USD"):
    """Return the curve's rate at ``years`` under each scenario, one at a time."""
    tenors, numbers = market.factors.curve(curve_id)
    shifted = market.factors.levels[numbers][:, None] + moves[numbers]
    return np.array([revaluation.zero_rate(tenors, column, years) for column in shifted.T])


@pytest.mark.parametrize("years", [0.2, 1.0, 3.7, 10.0, 25.0])
def test_a_zero_coupon_bond_is_its_discounted_face(years):
    ahead = round(365 * years)
    market = market_of(bond("ZERO", ahead=ahead, coupon=0.0, frequency=None))
    rate = revaluation.zero_rate(TENORS, [0.03 + 0.002 * t for t in TENORS], ahead / 365)
    expected = 100.0 * math.exp(-rate * ahead / 365)
    assert current_values(market)[1] == pytest.approx(expected, rel=1e-12)


def test_a_coupon_bond_is_the_sum_of_its_flows():
    market = market_of(bond("BOND", ahead=1096, coupon=0.04, frequency=2))
    maturity = NIGHT + pd.Timedelta(days=1096)  # 29 June 2027, so coupons fall on the 29th
    days = pd.to_datetime(
        ["2024-06-29", "2024-12-29", "2025-06-29", "2025-12-29", "2026-06-29", "2026-12-29"]
    )
    total = 0.0
    for day, amount in [*((day, 2.0) for day in days), (maturity, 102.0)]:
        years = (day - NIGHT).days / 365
        rate = revaluation.zero_rate(TENORS, [0.03 + 0.002 * t for t in TENORS], years)
        total += amount * math.exp(-rate * years)
    assert current_values(market)[1] == pytest.approx(total, rel=1e-12)


def test_a_bond_at_its_own_coupon_is_worth_its_face_on_a_flat_curve():
    annual = 0.05
    night = pd.Timestamp("2023-06-30")  # no leap day within, so that years are whole
    flows = bond_cash_flows(night.date(), night + pd.DateOffset(years=4), annual, 1)
    flat = np.exp(-math.log(1.0 + annual) * np.round(flows.years))
    assert flows.amounts @ flat == pytest.approx(1.0, rel=1e-12)
    assert len(flows.amounts) == 4


def test_month_ends_do_not_drift():
    flows = bond_cash_flows(AS_OF, pd.Timestamp("2026-08-31"), 0.04, 2)
    days = [NIGHT + pd.Timedelta(days=round(365 * years)) for years in flows.years]
    assert [f"{day:%m-%d}" for day in days] == ["08-31", "02-28", "08-31", "02-28", "08-31"]


def interpolation_weights(tenors, years):
    """Return the shares of a curve's tenors as a weight of each."""
    shares, rows = tenor_shares(tenors, years), np.arange(len(years))
    weights = np.zeros((len(years), len(tenors)))
    weights[rows, shares.far] = shares.far_share
    weights[rows, shares.near] = shares.near_share
    return weights


@given(st.lists(st.floats(0.01, 40.0), min_size=1, max_size=8))
def test_interpolation_is_linear_and_flat_beyond_the_ends(years):
    weights = interpolation_weights(np.array(TENORS), np.array(years))
    rates = [0.01, 0.03, 0.02, 0.05, 0.04]
    expected = [revaluation.zero_rate(TENORS, rates, t) for t in years]
    np.testing.assert_allclose(weights @ rates, expected, rtol=0, atol=1e-15)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=0, atol=1e-15)


def test_a_curve_of_one_tenor_is_flat():
    weights = interpolation_weights(np.array([2.0]), np.array([0.1, 2.0, 30.0]))
    assert weights.tolist() == [[1.0]] * 3


@pytest.mark.parametrize("method", PLAN.methods)
@pytest.mark.parametrize("horizon", [1, 10])
def test_every_kind_is_revalued_by_its_formula_under_every_scenario(method, horizon):
    market = mixed_market()
    numbers, factors = market.numbers(), market.factors
    moves = factor_moves(factors, method, horizon, PLAN)
    losses = instrument_losses(market, method, horizon, PLAN)
    today = current_values(market)

    def price(name):
        number = factors.price(name)
        return factors.levels[number] * np.exp(moves[number])

    elapsed = horizon / TRADING_DAYS
    years = 182 / 365 - elapsed
    rates = scenario_rates(market, years, moves, "EUR")
    call = [
        revaluation.option_value(spot, 48.0, rate, rate, 0.25, years, 1.0)
        for spot, rate in zip(price("EEE"), rates, strict=True)
    ]
    flows = bond_cash_flows(AS_OF, NIGHT + pd.Timedelta(days=1096), 0.04, 1)
    bond_value = np.zeros(moves.shape[1])
    for t, amount in zip(flows.years, flows.amounts, strict=True):
        left = max(t - elapsed, 0.0)
        bond_value += amount * np.exp(-scenario_rates(market, left, moves, "EUR") * left)
    expected = {
        "AAA": price("AAA"),
        "EURUSD": price("EURUSD"),
        "EEE": price("EEE") * price("EURUSD"),
        "EECALL": np.array(call) * price("EURUSD"),
        "EURBOND": 100.0 * bond_value * price("EURUSD"),
    }
    for name, values in expected.items():
        number = numbers[name]
        np.testing.assert_allclose(losses[number], today[number] - values, **EXACT)


@settings(max_examples=10)
@given(st.floats(60.0, 160.0), st.integers(20, 700), st.sampled_from(PLAN.methods))
def test_call_less_put_is_stock_less_bond_under_every_scenario(strike, ahead, method):
    plan = RiskPlan(history=250, scenarios=300)
    market = market_of(
        option("CALL", strike=strike, ahead=ahead),
        option("PUT", strike=strike, ahead=ahead, option_type="put"),
        bond("STRIKE", ahead=ahead, coupon=0.0, multiplier=strike),
        plan=plan,
    )
    losses = instrument_losses(market, method, 1, plan)
    stock, call, put, strike_bond = (
        losses[market.numbers()[name]] for name in ("AAA", "CALL", "PUT", "STRIKE")
    )
    np.testing.assert_allclose(call - put, stock - strike_bond, rtol=0, atol=1e-10)


def test_an_option_that_expires_within_the_horizon_pays_its_intrinsic_value():
    market = market_of(option("CALL", ahead=3))
    moves = factor_moves(market.factors, "gaussian", 10, PLAN)
    spots = market.factors.levels[0] * np.exp(moves[0])
    number = market.numbers()["CALL"]
    losses = instrument_losses(market, "gaussian", 10, PLAN)[number]
    paid = np.maximum(spots - 100.0, 0.0)
    np.testing.assert_allclose(losses, current_values(market)[number] - paid, **EXACT)


def test_time_passes_within_the_horizon():
    still = prices(["AAA"])
    still["close"] = 100.0
    rates = curve()
    rates["zero_rate"] = 0.04
    instruments = terms(
        ("AAA", "equity", {}), bond("ZERO", ahead=730, coupon=0.0), option("CALL", strike=100.0)
    )
    market = build_market(still, instruments, rates, AS_OF, PLAN)
    losses = instrument_losses(market, "historical", 10, PLAN)[:, 0]
    numbers, today = market.numbers(), current_values(market)
    # Nothing moves: the bond earns its rate, and the option loses its time value.
    carried = today[numbers["ZERO"]] * math.exp(0.04 * 10 / TRADING_DAYS)
    assert losses[numbers["ZERO"]] == pytest.approx(today[numbers["ZERO"]] - carried, rel=1e-9)
    assert losses[numbers["CALL"]] > 0.0


def test_a_coupon_paid_within_the_horizon_counts_as_cash():
    still = prices(["AAA"])
    rates = curve()
    rates["zero_rate"] = 0.0
    instruments = terms(("AAA", "equity", {}), bond("BOND", ahead=184 + 3, coupon=0.06))
    market = build_market(still, instruments, rates, AS_OF, PLAN)
    losses = instrument_losses(market, "historical", 10, PLAN)
    # At rates of zero a bond is the sum of its flows, before and after one is paid.
    np.testing.assert_allclose(losses[market.numbers()["BOND"]], 0.0, rtol=0, atol=1e-10)


def test_a_multiplier_scales_the_value():
    single, many = market_of(option("CALL")), market_of(option("CALL", multiplier=100.0))
    assert current_values(many)[1] == pytest.approx(100.0 * current_values(single)[1], rel=1e-15)
