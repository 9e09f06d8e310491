"""Sensitivities: closed forms, the value's own change, sums over positions, failures."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from risk import book_sensitivities, build_market, current_values, instrument_sensitivities
from risk.market.revalue import Shifts, revalue
from tests.risk.markets import AS_OF, PLAN, curve, option, prices, terms

CALL = option("CALL")
BOND = ("BOND", "bond", {"coupon": 0.0, "expiry": pd.Timestamp("2029-06-28"), "curve_id": "USD"})
FOREIGN = ("FOR", "equity", {"currency": "EUR"})
RATE = ("EURUSD", "fx", {"underlying": "EUR"})


@pytest.fixture(scope="module")
def market():
    quoted = pd.concat([prices(["AAA", "FOR"]), prices(["EURUSD"], seed=8, level=1.1)])
    instruments = terms(("AAA", "equity", {}), FOREIGN, RATE, CALL, BOND)
    return build_market(quoted, instruments, curve(), AS_OF, PLAN)


@pytest.fixture(scope="module")
def own(market):
    assert not market.failures
    return instrument_sensitivities(market)


def of(market, name):
    return market.numbers()[name]


def black_scholes(market):
    """Spot, d1, d2, years, rate, volatility and strike of the call."""
    row = market.terms.set_index("instrument_id").loc["CALL"]
    spot = market.factors.levels[market.factors.price("AAA")]
    years = (row["expiry"].date() - AS_OF).days / 365.0
    tenors, numbers = market.factors.curve("USD")
    rate = np.interp(years, tenors, market.factors.levels[numbers])
    volatility, strike = float(row["implied_volatility"]), float(row["strike"])
    d1 = (np.log(spot / strike) + (rate + volatility**2 / 2) * years) / volatility / np.sqrt(years)
    return spot, d1, d1 - volatility * np.sqrt(years), years, rate, volatility, strike


def test_an_option_has_the_greeks_of_black_and_scholes(market, own):
    spot, d1, d2, years, rate, volatility, strike = black_scholes(market)
    call, factor = of(market, "CALL"), market.factors.price("AAA")
    # Differences with a step of 0.1% are off by its square; the density's curvature is of order 1.
    assert_allclose(own.delta[call, factor], 0.01 * spot * stats.norm.cdf(d1), rtol=1e-4)
    density = stats.norm.pdf(d1)
    gamma = density / (spot * volatility * np.sqrt(years))
    assert_allclose(own.gamma[call, factor], (0.01 * spot) ** 2 * gamma, rtol=1e-3)
    assert_allclose(own.vega[call], 0.01 * spot * np.sqrt(years) * density, rtol=1e-6)
    rho = strike * years * np.exp(-rate * years) * stats.norm.cdf(d2)
    assert_allclose(own.dv01[call].sum(), -1e-4 * rho, rtol=1e-5)


def test_a_share_has_its_price_and_no_curvature(market, own):
    share, factor = of(market, "AAA"), market.factors.price("AAA")
    assert_allclose(own.delta[share, factor], 0.01 * current_values(market)[share], rtol=1e-9)
    assert own.gamma[share, factor] == own.vega[share] == own.theta[share] == 0.0


def test_a_foreign_share_moves_with_its_price_and_its_currency(market, own):
    share = of(market, "FOR")
    value = current_values(market)[share]
    for factor in ("FOR", "EURUSD"):
        assert_allclose(own.delta[share, market.factors.price(factor)], 0.01 * value, rtol=1e-9)


def test_a_zero_bond_gains_its_years_for_a_fall_of_rates(market, own):
    bond = of(market, "BOND")
    years = (pd.Timestamp("2029-06-28").date() - AS_OF).days / 365.0
    value = current_values(market)[bond]
    assert_allclose(own.dv01[bond].sum(), 1e-4 * years * value, rtol=0.01)
    assert own.theta[bond] > 0.0


def test_delta_and_gamma_tell_a_small_move(market, own):
    factor, call = market.factors.price("AAA"), of(market, "CALL")
    moves = np.zeros((len(market.factors.levels), 1))
    moves[factor] = np.log1p(0.02)
    moved = revalue(market, Shifts(moves, np.zeros((1, 1)), 0.0))[call, 0]
    told = 2.0 * own.delta[call, factor] + 0.5 * 4.0 * own.gamma[call, factor]
    gained = moved - current_values(market)[call]
    # Left over: a third derivative times the cube of 2%.
    assert gained == pytest.approx(told, rel=0.01)


def test_a_book_is_the_sum_of_its_positions(market, own):
    held = pd.DataFrame(
        [("book", "AAA", 3.0), ("book", "CALL", -2.0), ("bonds", "BOND", 1.0)],
        columns=["portfolio_id", "instrument_id", "quantity"],
    )
    frame, failures = book_sensitivities(market, held)
    assert failures == []
    found = frame.set_index(["portfolio_id", "sensitivity", "factor"])["value"]
    factor = market.factors.price("AAA")
    share, call, bond = (of(market, name) for name in ("AAA", "CALL", "BOND"))
    expected = 3.0 * own.delta[share, factor] - 2.0 * own.delta[call, factor]
    assert_allclose(found["book", "delta", "AAA"], expected)
    assert_allclose(found["book", "vega", "AAA"], -2.0 * own.vega[call])
    assert_allclose(found["book", "theta", "time"], -2.0 * own.theta[call])
    assert_allclose(found["bonds", "dv01", "USD"], own.dv01[bond].sum())
    assert ("bonds", "delta", "AAA") not in found.index
    assert set(frame["currency"]) == {"USD"}
    assert not frame.duplicated(["portfolio_id", "sensitivity", "factor"]).any()


def test_a_book_that_cannot_be_valued_is_a_failure(market):
    held = pd.DataFrame(
        [("bad", "ZZZ", 1.0), ("good", "AAA", 1.0)],
        columns=["portfolio_id", "instrument_id", "quantity"],
    )
    frame, failures = book_sensitivities(market, held)
    assert set(frame["portfolio_id"]) == {"good"}
    assert [failure.entity for failure in failures] == ["bad"]
