"""Sensitivities: closed forms, additivity, and what a small move then costs."""

import math
from functools import cache

import numpy as np
import pytest

from risk.greeks import SENSITIVITIES, sensitivities
from risk.market.bonds import bond_cash_flows
from risk.market.revalue import Shifts, current_values, revalue
from tests.oracles import revaluation
from tests.oracles.revaluation import (
    option_delta,
    option_gamma,
    option_rho,
    option_theta,
    option_vega,
)
from tests.risk.markets import AS_OF, BOOKS, NIGHT, mixed_market, positions

MARKET = mixed_market()
YEARS = 182 / 365


@cache
def computed():
    return sensitivities(MARKET, positions(**BOOKS, call={"CALL": 1.0}, bond={"BOND": 1.0}))


def table():
    return computed()[0]


def found(book, name, factor, instrument="*"):
    rows = table()[
        (table()["portfolio_id"] == book)
        & (table()["sensitivity"] == name)
        & (table()["factor"] == factor)
        & (table()["instrument_id"] == instrument)
    ]
    assert len(rows) == 1
    return float(rows["value"].iloc[0])


def call_terms():
    tenors, numbers = MARKET.factors.curve("USD")
    rate = revaluation.zero_rate(tenors, MARKET.factors.levels[numbers], YEARS)
    spot = MARKET.factors.levels[MARKET.factors.price("AAA")]
    return spot, 100.0, rate, rate, 0.25, YEARS


def test_no_book_fails():
    assert computed()[1] == []
    assert set(table()["sensitivity"]) == set(SENSITIVITIES)


def test_an_options_sensitivities_are_the_closed_forms():
    case = call_terms()
    spot = case[0]
    # Central differences of 1% of the price and the volatility: the next term of the series is
    # step squared / 6 of a value of the same size as the slope, at most a few times 1e-4 of it.
    near = {"rel": 2e-3}
    assert found("call", "delta", "AAA") == pytest.approx(spot * option_delta(*case, 1.0), **near)
    gamma = spot * spot * option_gamma(*case)
    assert found("call", "gamma", "AAA") == pytest.approx(gamma, **near)
    assert found("call", "vega", "AAA") == pytest.approx(0.01 * option_vega(*case), rel=1e-4)
    rho = option_rho(*case, 1.0)
    assert found("call", "rho", "USD") == pytest.approx(rho, rel=1e-6)
    assert found("call", "dv01", "USD") == pytest.approx(-1e-4 * rho, rel=1e-6)


def test_theta_is_the_closed_form_over_a_day():
    theta = option_theta(*call_terms(), 1.0) / 365.0
    # One-sided over a day of 182: the curvature in time is theta / (4 x 182) of itself; and the
    # rate to a day less lies on the flat end of the curve.
    assert found("call", "theta", "time") == pytest.approx(theta, rel=5e-3)


def test_a_bonds_dv01_is_its_discounted_duration():
    flows = bond_cash_flows(AS_OF, NIGHT.replace(year=2027, day=29), 0.04, 2)
    tenors, numbers = MARKET.factors.curve("USD")
    levels = MARKET.factors.levels[numbers]
    duration = sum(
        100.0 * amount * years * math.exp(-revaluation.zero_rate(tenors, levels, years) * years)
        for amount, years in zip(flows.amounts, flows.years, strict=True)
    )
    assert found("bond", "dv01", "USD") == pytest.approx(1e-4 * duration, rel=1e-6)
    assert not ((table()["portfolio_id"] == "bond") & (table()["sensitivity"] == "rho")).any()


def test_a_stock_gains_its_value_and_has_no_curvature():
    price = MARKET.factors.levels[MARKET.factors.price("AAA")]
    assert found("equity", "delta", "AAA") == pytest.approx(100.0 * price, rel=1e-12)
    equity = table()[table()["portfolio_id"] == "equity"]
    assert set(equity["sensitivity"]) == {"delta"}


def test_a_foreign_stock_moves_with_its_price_and_its_currency_alike():
    value = current_values(MARKET)[MARKET.numbers()["EEE"]] * 8.0
    assert found("mixed", "delta", "EEE", "EEE") == pytest.approx(value, rel=1e-12)
    assert found("mixed", "delta", "EURUSD", "EEE") == pytest.approx(value, rel=1e-12)


def test_a_books_sensitivity_is_the_sum_of_its_positions():
    keys = ["portfolio_id", "sensitivity", "factor"]
    whole = table()[table()["instrument_id"] == "*"].set_index(keys)["value"]
    parts = table()[table()["instrument_id"] != "*"].groupby(keys)["value"].sum()
    np.testing.assert_allclose(parts.reindex(whole.index), whole, rtol=1e-12, atol=1e-9)


def test_delta_and_gamma_tell_what_a_small_move_of_a_price_gains():
    moves = np.zeros((len(MARKET.factors.levels), 1))
    moves[MARKET.factors.price("AAA")] = np.log1p(0.005)
    numbers = [MARKET.numbers()[name] for name in ("CALL", "PUT")]
    change = revalue(MARKET, Shifts(moves, np.zeros((1, 1)), 0.0))[:, 0] - current_values(MARKET)
    gain = 10.0 * change[numbers[0]] - 10.0 * change[numbers[1]]
    delta, gamma = found("options", "delta", "AAA"), 0.0
    rows = table()[(table()["portfolio_id"] == "options") & (table()["sensitivity"] == "gamma")]
    own = rows[(rows["factor"] == "AAA") & (rows["instrument_id"] == "*")]["value"]
    gamma = float(own.sum())
    assert gain == pytest.approx(0.005 * delta + 0.5 * 0.005**2 * gamma, rel=1e-4)


def test_a_book_that_cannot_be_valued_fails_and_leaves_the_rest_as_they_are():
    table, failures = sensitivities(MARKET, positions(bad={"GHOST": 1.0}, **BOOKS))
    assert [failure.entity for failure in failures] == ["bad"]
    alone, _ = sensitivities(MARKET, positions(**BOOKS))
    assert table.reset_index(drop=True).equals(alone.reset_index(drop=True))


def test_a_book_whose_sensitivity_overflows_is_named_and_leaves_the_rest_as_they_are():
    table, failures = sensitivities(MARKET, positions(vast={"AAA": 1e307, "BBB": 1e307}, **BOOKS))
    (failure,) = failures
    assert (failure.entity, failure.stage, failure.error_type) == (
        "vast",
        "sensitivities",
        "BookError",
    )
    assert failure.message == "its delta to 'AAA' overflows"
    alone, _ = sensitivities(MARKET, positions(**BOOKS))
    assert table.reset_index(drop=True).equals(alone.reset_index(drop=True))
