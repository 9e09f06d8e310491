"""Forwards, futures, and options on futures and currencies: closed forms, parity, refusals."""

import math

import numpy as np
import pandas as pd
import pytest

from risk import build_market, instrument_losses, stress_losses
from risk.market.revalue import Shifts, current_values, no_shift, revalue
from tests.oracles import revaluation
from tests.oracles.american import smooth_value
from tests.risk.markets import (
    AS_OF,
    PLAN,
    american,
    curve,
    forward,
    option,
    positions,
    prices,
    terms,
)

YEARS = 182 / 365
TENORS = (0.5, 1.0, 2.0, 5.0, 10.0)
FX = {"underlying": "EURUSD", "strike": 1.1, "foreign_curve_id": "EUR"}


def market_of(*rows):
    instruments = terms(
        ("AAA", "equity", {}),
        ("EURUSD", "fx", {"underlying": "EUR"}),
        ("F", "future", {"multiplier": 50.0}),
        *rows,
    )
    frames = [
        prices(["AAA"]),
        prices(["EURUSD"], seed=9, level=1.1, volatility=0.005),
        prices(["F"], seed=10, level=90.0),
    ]
    curves = pd.concat([curve(), curve("EUR", seed=3, level=0.02)], ignore_index=True)
    return build_market(pd.concat(frames, ignore_index=True), instruments, curves, AS_OF, PLAN)


def value_of(market, name):
    return current_values(market)[market.numbers()[name]]


def rate(level):
    return revaluation.zero_rate(TENORS, [level + 0.002 * t for t in TENORS], YEARS)


def spot(market, name):
    return market.factors.levels[market.factors.price(name)]


def test_a_forward_at_the_covered_rate_is_worth_nothing():
    market = market_of(forward("FORWARD"))
    fair = spot(market, "EURUSD") * math.exp((rate(0.03) - rate(0.02)) * YEARS)
    at_par = market_of(forward("FORWARD", strike=fair))
    assert value_of(at_par, "FORWARD") == pytest.approx(0.0, abs=1e-14)
    expected = (fair - 1.1) * math.exp(-rate(0.03) * YEARS)
    assert value_of(market, "FORWARD") == pytest.approx(expected, rel=1e-11)


def test_call_less_put_on_a_currency_is_the_forward_under_every_scenario():
    market = market_of(
        forward("FORWARD"), option("CALL", **FX), option("PUT", option_type="put", **FX)
    )
    numbers = market.numbers()
    losses = instrument_losses(market, "gaussian", 10, PLAN)
    parity = losses[numbers["CALL"]] - losses[numbers["PUT"]]
    np.testing.assert_allclose(parity, losses[numbers["FORWARD"]], rtol=0, atol=1e-13)


def test_a_future_is_settled_tonight_and_moves_by_its_multiplier():
    market = market_of()
    number, factor = market.numbers()["F"], market.factors.price("F")
    moves = no_shift(market).moves.repeat(3, axis=1)
    moves[factor] = [-0.1, 0.0, 0.1]
    values = revalue(market, Shifts(moves, np.zeros((1, 1)), 0.0))[number]
    expected = 50.0 * spot(market, "F") * np.expm1([-0.1, 0.0, 0.1])
    np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-10)
    assert value_of(market, "F") == 0.0


def test_an_option_on_a_future_is_blacks():
    market = market_of(option("CALL", underlying="F", strike=95.0))
    # Black (1976): no cost of carry.
    expected = revaluation.option_value(spot(market, "F"), 95.0, rate(0.03), 0.0, 0.25, YEARS, 1.0)
    assert value_of(market, "CALL") == pytest.approx(expected, rel=1e-11)


def test_an_option_on_a_currency_is_garman_and_kohlhagens():
    market = market_of(option("PUT", option_type="put", **FX))
    domestic, foreign = rate(0.03), rate(0.02)
    expected = revaluation.option_value(
        spot(market, "EURUSD"), 1.1, domestic, domestic - foreign, 0.25, YEARS, -1.0
    )
    assert value_of(market, "PUT") == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(
    ("underlying", "strike"),
    [("AAA", 110.0), ("F", 95.0), ("EURUSD", 1.1)],
)
def test_an_american_put_is_a_lattices(underlying, strike):
    extra = {"foreign_curve_id": "EUR"} if underlying == "EURUSD" else {}
    put = american("PUT", underlying=underlying, strike=strike, option_type="put", **extra)
    market = market_of(put)
    domestic = rate(0.03)
    carry = {"AAA": domestic, "F": 0.0, "EURUSD": domestic - rate(0.02)}[underlying]
    case = (spot(market, underlying), strike, domestic, carry, 0.25, YEARS, -1.0)
    # The lattice of 1,000 steps is good to about 2e-5 of the strike here.
    assert value_of(market, "PUT") == pytest.approx(smooth_value(*case), abs=1e-4 * strike)


def test_an_american_option_is_worth_no_less_than_the_european_under_every_scenario():
    put = {"option_type": "put", "strike": 105.0}
    market = market_of(option("EUROPEAN", **put), american("AMERICAN", **put))
    numbers, today = market.numbers(), current_values(market)
    losses = instrument_losses(market, "student_t", 10, PLAN)
    values = {name: today[n] - losses[n] for name, n in numbers.items()}
    assert (values["AMERICAN"] >= values["EUROPEAN"] - 1e-9).all()
    stocks = values["AAA"]
    assert (values["AMERICAN"] >= 105.0 - stocks - 1e-9).all()


def test_a_shift_of_the_currency_moves_what_is_written_on_it():
    market = market_of(forward("FORWARD"), american("PUT", option_type="put", **FX))
    scenarios = pd.DataFrame(
        [("S", "instrument", "EURUSD", -0.1), ("V", "volatility", "PUT", 0.5)],
        columns=["scenario_id", "target_kind", "target", "shift"],
    )
    held = positions(fx={"FORWARD": 1.0}, option={"PUT": 1.0}, future={"F": 1.0})
    losses, failures = stress_losses(market, held, scenarios)
    found = losses.set_index(["portfolio_id", "scenario_id"])["loss"]
    assert failures == []
    discounted = 0.1 * spot(market, "EURUSD") * math.exp(-rate(0.02) * YEARS)
    assert found["fx", "S"] == pytest.approx(discounted)
    assert found["option", "S"] < 0.0
    assert found["option", "V"] < 0.0
    assert (found["future"] == 0.0).all()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (forward("BAD", underlying="AAA"), "must be an fx instrument; got 'equity'"),
        (forward("BAD", foreign_curve_id=None), "give foreign_curve_id"),
        (forward("BAD", curve_id=None), "give curve_id"),
        (forward("BAD", strike=-1.0), "strike must be positive; got -1.0"),
        (forward("BAD", ahead=0), "it expired on 2024-06-28"),
        (forward("BAD", foreign_curve_id="CHF"), "its curve 'CHF' cannot be used"),
        (american("BAD", implied_volatility=0.0), "implied_volatility must be positive; got 0.0"),
        (("BAD", "future", {}), "there are no prices of it"),
    ],
)
def test_impossible_terms_are_a_failure_that_changes_no_other_value(row, message):
    market = market_of(row)
    reasons = {failure.entity: failure.message for failure in market.failures}
    assert message in reasons["BAD"]
    assert current_values(market).tolist() == current_values(market_of()).tolist()
