"""Every bad input by its name: a failure that says what is wrong, and other books to the bit.

Books are measured in the scenarios of every method; what is bad is one instrument, and the book
that holds it, or the book itself.
"""

import numpy as np
import pandas as pd
import pytest

from risk import RiskPlan, build_market, instrument_losses, measure_portfolios
from risk.plan import METHODS
from tests.lanes import slow
from tests.risk.markets import AS_OF, closes, curve, option, positions, prices, stocks, terms

PLAN = RiskPlan(history=250, scenarios=1_024, seed=3, methods=METHODS)
SOUND = ("AAA", "BBB", "CCC")
GOOD = {"one": {"AAA": 100, "CALL": 5}, "two": {"BBB": -40, "CCC": 10, "CALL": -2}}
EQUITY = ("BAD", "equity", {})


def year(**changes):
    """Return a year of prices of BAD, some of them changed by position."""
    frame = prices(["BAD"], seed=4)
    for place, close in changes.items():
        frame.loc[int(place[1:]), "close"] = close
    return frame


def market(bad_prices, row):
    frames = [prices(SOUND)] + ([] if bad_prices is None else [bad_prices])
    rows = terms(option("CALL"), *([] if row is None else [row]))
    instruments = pd.concat([stocks(*SOUND), rows], ignore_index=True)
    return build_market(pd.concat(frames, ignore_index=True), instruments, curve(), AS_OF, PLAN)


def measured(built, books, method):
    losses = instrument_losses(built, method, 1, PLAN)
    return measure_portfolios(built, positions(**books), losses, method, 1, PLAN)


@pytest.fixture(scope="module")
def alone():
    built = market(None, None)
    return {method: measured(built, GOOD, method) for method in METHODS}


def assert_the_others_are_as_they_were(found, expected):
    for table in ("risk", "contributions", "loss_quantiles"):
        ours = getattr(found, table)
        others = ours[ours["portfolio_id"].isin(list(GOOD))].reset_index(drop=True)
        pd.testing.assert_frame_equal(
            others, getattr(expected, table).reset_index(drop=True), check_exact=True
        )


INSTRUMENTS = {
    "NaN price": (year(_7=np.nan), EQUITY, "must be positive; got nan"),
    "infinite price": (year(_7=np.inf), EQUITY, "must be positive; got inf"),
    "negative price": (year(_7=-3.0), EQUITY, "must be positive; got -3.0"),
    "price of zero": (year(_7=0.0), EQUITY, "must be positive; got 0.0"),
    "one observation": (year().iloc[-1:], EQUITY, "it has 0 returns in the window"),
    "unknown instrument": (None, None, "it is not among the instruments"),
    "unknown currency": (year(), ("BAD", "equity", {"currency": "XXX"}), "no exchange rate"),
    "expired option": (None, option("BAD", ahead=-5), "it expired on 2024-06-23"),
    "negative volatility": (
        None,
        option("BAD", implied_volatility=-0.2),
        "implied_volatility must be positive; got -0.2",
    ),
}


@pytest.mark.parametrize(
    ("name", "method"),
    # At the gate each instrument goes through a third of the methods, and each method likewise.
    [
        (name, method) if (row + column) % 3 == 0 else slow(name, method)
        for row, name in enumerate(INSTRUMENTS)
        for column, method in enumerate(METHODS)
    ],
)
def test_a_bad_instrument_fails_its_book_and_changes_no_bit_of_others(alone, name, method):
    bad_prices, row, message = INSTRUMENTS[name]
    found = measured(market(bad_prices, row), {**GOOD, "bad": {"AAA": 1, "BAD": 2}}, method)
    (failure,) = found.failures
    assert failure.entity == "bad"
    assert "'BAD'" in failure.message
    assert message in failure.message
    assert_the_others_are_as_they_were(found, alone[method])


BOOKS = {
    "weights that overflow": ({"AAA": 1e308, "BBB": 1e308}, "its value or loss overflows"),
    "NaN weight": ({"AAA": float("nan")}, "quantity of 'AAA' must be finite; got nan"),
    "infinite weight": ({"AAA": float("inf")}, "quantity of 'AAA' must be finite; got inf"),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", BOOKS)
def test_a_bad_book_fails_alone(alone, name, method):
    held, message = BOOKS[name]
    found = measured(market(None, None), {**GOOD, "bad": held}, method)
    (failure,) = found.failures
    assert failure.entity == "bad"
    assert message in failure.message
    assert_the_others_are_as_they_were(found, alone[method])


@pytest.mark.parametrize("method", METHODS)
def test_an_empty_book_loses_nothing_and_changes_no_other(alone, method):
    """What a table holds of such books is refused before, as `empty_book`."""
    found = measured(market(None, None), {**GOOD, "none": {"AAA": 0}}, method)
    assert not found.failures
    none = found.risk[found.risk["portfolio_id"] == "none"]
    assert len(none) > 0
    assert (none[["value", "standard_error", "market_value"]] == 0.0).all(axis=None)
    assert_the_others_are_as_they_were(found, alone[method])


@pytest.mark.parametrize("method", METHODS)
def test_a_position_held_twice_fails_its_book_alone(alone, method):
    built = market(None, None)
    losses = instrument_losses(built, method, 1, PLAN)
    held = pd.concat([positions(**GOOD), positions(bad={"AAA": 1}), positions(bad={"AAA": 1})])
    found = measure_portfolios(built, held, losses, method, 1, PLAN)
    assert [(f.entity, f.message) for f in found.failures] == [
        ("bad", "instrument 'AAA' is held in two positions")
    ]
    assert_the_others_are_as_they_were(found, alone[method])


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_series_or_a_singular_covariance_loses_what_it_moves(method):
    """Of two stocks that move as one, and one that never moves, nothing is lost or NaN."""
    twin = prices(["AAA"]).assign(instrument_id="TWIN")
    flat = closes("FLAT", np.full(251, 10.0))
    names = (*SOUND, "TWIN", "FLAT")
    frames = [prices(SOUND), twin, flat]
    built = build_market(pd.concat(frames), stocks(*names), None, AS_OF, PLAN)
    assert not built.failures
    losses = instrument_losses(built, method, 1, PLAN)
    numbers = built.numbers()
    assert np.isfinite(losses).all()
    # A repaired or factored covariance gives the twins loadings that differ by rounding.
    np.testing.assert_allclose(
        losses[numbers["TWIN"]], losses[numbers["AAA"]], atol=1e-6 * np.abs(losses).max()
    )
    assert (losses[numbers["FLAT"]] == 0.0).all()
