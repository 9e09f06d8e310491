"""Named shifts: each moves what it names, in full, and nothing else."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from risk import StressError, build_market, stress_losses
from risk.market.revalue import current_values
from storage.tables import STRESS_LOSSES
from tests.oracles import revaluation
from tests.risk.markets import (
    AS_OF,
    BOOKS,
    PLAN,
    bond,
    curve,
    mixed_market,
    option,
    positions,
    prices,
    terms,
)

MARKET = mixed_market()


@cache
def today():
    return dict(zip(MARKET.terms["instrument_id"], current_values(MARKET), strict=True))


def scenarios(*rows):
    columns = ["scenario_id", "target_kind", "target", "shift"]
    return pd.DataFrame([("S", *row) for row in rows], columns=columns)


def losses_of(*rows, market=MARKET):
    """Return the loss of one unit of each instrument under one scenario."""
    names = list(market.terms["instrument_id"])
    held = positions(**{name: {name: 1.0} for name in names})
    frame, failures = stress_losses(market, held, scenarios(*rows))
    assert failures == []
    return dict(zip(frame["portfolio_id"], frame["loss"], strict=True))


def value_of_call(spot=None, volatility=0.25, shift=0.0):
    spot = today()["AAA"] if spot is None else spot
    tenors, numbers = MARKET.factors.curve("USD")
    rate = shift + revaluation.zero_rate(tenors, MARKET.factors.levels[numbers], 182 / 365)
    return revaluation.option_value(spot, 100.0, rate, rate, volatility, 182 / 365, 1.0)


def assert_only(losses, touched):
    for name, loss in losses.items():
        assert (loss != 0.0) == (name in touched), name


def test_a_kind_moves_its_instruments_and_the_options_on_them():
    losses = losses_of(("kind", "equity", -0.2))
    assert_only(losses, {"AAA", "BBB", "CCC", "NEW", "EEE", "CALL", "PUT", "EECALL"})
    for name in ("AAA", "NEW", "EEE"):
        assert losses[name] == pytest.approx(0.2 * today()[name])
    assert losses["CALL"] == pytest.approx(today()["CALL"] - value_of_call(0.8 * today()["AAA"]))


def test_a_currency_moves_everything_quoted_in_it():
    losses = losses_of(("kind", "fx", -0.1))
    assert_only(losses, {"EURUSD", "EEE", "EURBOND", "EECALL"})
    for name in ("EURUSD", "EEE", "EURBOND", "EECALL"):
        assert losses[name] == pytest.approx(0.1 * today()[name])


def test_an_instrument_overrides_its_kind_whatever_the_order_of_rows():
    rows = (("instrument", "AAA", 0.1), ("kind", "equity", -0.2), ("instrument", "*", -0.5))
    for order in (rows, rows[::-1]):
        losses = losses_of(*order)
        assert losses["AAA"] == pytest.approx(-0.1 * today()["AAA"])
        assert losses["BBB"] == pytest.approx(0.2 * today()["BBB"])
        assert losses["FUND"] == pytest.approx(0.5 * today()["FUND"])


def test_a_curve_moves_what_it_discounts():
    losses = losses_of(("curve", "EUR", 0.01))
    assert_only(losses, {"EURBOND", "EECALL"})
    everything = losses_of(("curve", "*", 0.01))
    assert_only(everything, {"BOND", "EURBOND", "CALL", "PUT", "EECALL"})
    assert everything["EURBOND"] == losses["EURBOND"]
    assert everything["CALL"] == pytest.approx(today()["CALL"] - value_of_call(shift=0.01))


def test_a_parallel_shift_of_a_zero_coupon_bond_is_exact():
    instruments = terms(("AAA", "equity", {}), bond("ZERO", ahead=730, coupon=0.0))
    market = build_market(prices(["AAA"]), instruments, curve(), AS_OF, PLAN)
    value = current_values(market)[1]
    loss = losses_of(("curve", "*", 0.01), market=market)["ZERO"]
    assert loss == pytest.approx(value * (1.0 - np.exp(-0.01 * 2.0)), rel=1e-12)


def test_volatility_moves_options_by_a_fraction():
    losses = losses_of(("volatility", "AAA", 0.5))
    assert_only(losses, {"CALL", "PUT"})
    assert losses["CALL"] == pytest.approx(today()["CALL"] - value_of_call(volatility=0.375))
    one = losses_of(("volatility", "*", 0.5), ("volatility", "AAA", 0.2), ("volatility", "PUT", 0))
    assert_only(one, {"CALL", "EECALL"})
    assert one["CALL"] == pytest.approx(today()["CALL"] - value_of_call(volatility=0.3))


def test_what_has_no_price_of_its_own_is_scaled_after_everything_else():
    losses = losses_of(("kind", "bond", -0.05))
    assert_only(losses, {"BOND", "EURBOND"})
    assert losses["BOND"] == pytest.approx(0.05 * today()["BOND"])
    both = losses_of(("instrument", "CALL", -0.3), ("kind", "equity", -0.2))
    assert both["CALL"] == pytest.approx(
        today()["CALL"] - 0.7 * value_of_call(0.8 * today()["AAA"])
    )


def test_rows_of_one_scenario_apply_together():
    losses = losses_of(("kind", "equity", -0.2), ("volatility", "*", 0.5), ("curve", "USD", -0.01))
    expected = today()["CALL"] - value_of_call(0.8 * today()["AAA"], volatility=0.375, shift=-0.01)
    assert losses["CALL"] == pytest.approx(expected)


def test_books_lose_what_their_positions_lose_in_the_tables_columns():
    frame, failures = stress_losses(
        MARKET, positions(**BOOKS), scenarios(("kind", "equity", -0.2), ("curve", "*", 0.01))
    )
    assert failures == []
    assert set(frame.columns) == set(STRESS_LOSSES.column_names[2:])
    single = losses_of(("kind", "equity", -0.2), ("curve", "*", 0.01))
    for row in frame.itertuples():
        held = BOOKS[row.portfolio_id]
        assert row.loss == pytest.approx(sum(q * single[name] for name, q in held.items()))
        assert row.market_value == pytest.approx(sum(q * today()[name] for name, q in held.items()))


def test_scenarios_are_told_apart():
    rows = pd.concat(
        [
            scenarios(("kind", "equity", -0.2)),
            scenarios(("kind", "equity", 0.2)).assign(scenario_id="UP"),
        ]
    )
    frame, _ = stress_losses(MARKET, positions(book={"AAA": 2.0}), rows)
    losses = frame.set_index("scenario_id")["loss"]
    assert losses["S"] == pytest.approx(0.4 * today()["AAA"])
    assert losses["UP"] == pytest.approx(-0.4 * today()["AAA"])


def test_a_bad_book_is_a_failure_and_changes_no_bit_of_the_others():
    rows = scenarios(("kind", "equity", -0.2))
    good, _ = stress_losses(MARKET, positions(**BOOKS), rows)
    mixed, failures = stress_losses(MARKET, positions(**BOOKS, bad={"GHOST": 1}), rows)
    assert [failure.entity for failure in failures] == ["bad"]
    pd.testing.assert_frame_equal(good, mixed, check_exact=True)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("kind", "equity", -1.0), "the shift of kind 'equity' must be above -1; got -1.0"),
        (("volatility", "*", -1.5), r"the shift of volatility '\*' must be above -1; got -1.5"),
        (("curve", "USD", float("nan")), "the shift of curve 'USD' must be finite; got nan"),
        (("instrument", "GHOST", -0.1), "there is no instrument 'GHOST' in the market"),
        (("curve", "GBP", 0.01), "there is no curve 'GBP' in the market"),
        (("volatility", "FUND", 0.1), "there is no volatility 'FUND' in the market"),
        (("weather", "*", 0.1), "target_kind must be one of kind, instrument, curve, volatility"),
    ],
)
def test_a_scenario_that_would_do_less_than_it_says_is_refused(row, message):
    with pytest.raises(StressError, match=f"scenario 'S': {message}"):
        losses_of(row)


def test_a_scenario_may_name_what_was_refused_tonight():
    instruments = terms(("AAA", "equity", {}), option("OLD", ahead=-5), bond("B", curve_id="USD"))
    rates = curve()
    rates.loc[3, "zero_rate"] = np.nan
    market = build_market(prices(["AAA"]), instruments, rates, AS_OF, PLAN)
    rows = (("instrument", "OLD", -0.5), ("curve", "USD", 0.01), ("kind", "etf", -0.1))
    assert losses_of(*rows, ("kind", "equity", -0.1), market=market)["AAA"] == pytest.approx(
        0.1 * market.factors.levels[0]
    )
