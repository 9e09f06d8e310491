"""The market: every refused instrument has its reason, and leaves the others alone."""

import numpy as np
import pandas as pd
import pytest

from risk import MarketError, RiskPlan, build_market, instrument_losses
from tests.risk.markets import (
    AS_OF,
    NIGHT,
    PLAN,
    bond,
    closes,
    curve,
    days,
    mixed_market,
    option,
    prices,
    stocks,
    terms,
)

SOUND = ("AAA", "BBB", "CCC")


def reason_of(market, name):
    reasons = {failure.entity: failure.message for failure in market.failures}
    assert name in reasons, reasons
    return reasons[name]


def market_with(bad_prices=None, *rows, curves=None, plan=PLAN):
    """Return a market of three sound stocks and what is given."""
    frames = [prices(SOUND)] + ([] if bad_prices is None else [bad_prices])
    instruments = pd.concat([stocks(*SOUND), terms(*rows)], ignore_index=True)
    return build_market(pd.concat(frames, ignore_index=True), instruments, curves, AS_OF, plan)


def spoiled(**changes):
    """Return a year of prices of BAD, with some of them changed by position."""
    frame = prices(["BAD"], seed=4)
    for place, close in changes.items():
        frame.loc[int(place[1:]), "close"] = close
    return frame


def with_row(frame, ds, close=100.0):
    row = pd.DataFrame({"instrument_id": "BAD", "ds": [pd.Timestamp(ds)], "close": close})
    return pd.concat([frame, row], ignore_index=True)


BAD_PRICES = [
    (spoiled(_7=0.0), "must be positive; got 0.0"),
    (spoiled(_7=-3.0), "must be positive; got -3.0"),
    (spoiled(_7=np.nan), "must be positive; got nan"),
    (spoiled(_7=np.inf), "must be positive; got inf"),
    (with_row(spoiled(), days(3)[0]), "it has two prices of"),
    (with_row(spoiled(), "2024-07-01"), "it has a price of 2024-07-01, after 2024-06-28"),
    (with_row(spoiled(), "2024-06-23"), "it has a price of 2024-06-23, when most of the market"),
    (spoiled().drop(index=100), "a trading day after its first"),
    (spoiled().iloc[:-1], "its last price is of 2024-06-27, the market's of 2024-06-28"),
    (spoiled().iloc[-30:], "it has 29 returns in the window; 30 are needed at least"),
    (spoiled().iloc[-1:], "it has 0 returns in the window"),
    (None, "there are no prices of it"),
]


@pytest.mark.parametrize(
    ("what", "name"), [("prices", "close"), ("instruments", "currency"), ("curves", "zero_rate")]
)
def test_a_column_that_is_there_twice_or_not_at_all_is_named(what, name):
    tables = {"prices": prices(SOUND), "instruments": stocks(*SOUND), "curves": curve()}
    whole = tables[what]
    tables[what] = whole.drop(columns=name)
    with pytest.raises(MarketError, match=f"{what} must have one column '{name}'; they have 0"):
        build_market(*tables.values(), AS_OF, PLAN)
    tables[what] = pd.concat([whole, whole[[name]]], axis=1)
    with pytest.raises(MarketError, match=f"{what} must have one column '{name}'; they have 2"):
        build_market(*tables.values(), AS_OF, PLAN)


@pytest.mark.parametrize(("bad", "message"), BAD_PRICES, ids=[m for _, m in BAD_PRICES])
def test_unusable_prices_are_a_failure_and_change_no_bit_of_the_rest(bad, message):
    market = market_with(bad, ("BAD", "equity", {}))
    assert message in reason_of(market, "BAD")
    assert list(market.terms["instrument_id"]) == list(SOUND)
    for method in PLAN.methods:
        alone = instrument_losses(market_with(), method, 1, PLAN)
        assert np.array_equal(instrument_losses(market, method, 1, PLAN), alone)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (option("BAD", ahead=0), "it expired on 2024-06-28; the night is 2024-06-28"),
        (option("BAD", expiry=None), "it needs an expiry"),
        (option("BAD", strike=-5.0), "strike must be positive; got -5.0"),
        (option("BAD", strike=None), "strike must be positive; got"),
        (option("BAD", implied_volatility=-0.2), "implied_volatility must be positive; got -0.2"),
        (option("BAD", option_type="binary"), "option_type must be call or put; got 'binary'"),
        (option("BAD", underlying="GHOST"), "its underlying 'GHOST' cannot be used: there are no"),
        (option("BAD", currency="EUR"), "no exchange rate of its currency 'EUR'"),
        (option("BAD", curve_id="GBP"), "its curve 'GBP' cannot be used: there are no rates"),
        (option("BAD", multiplier=0.0), "multiplier must be positive; got 0.0"),
        (bond("BAD", ahead=-1), "it expired on 2024-06-27"),
        (bond("BAD", coupon=-0.01), "coupon must be a fraction of face, 0 or more; got -0.01"),
        (bond("BAD", frequency=5), "coupon_frequency must be one of 1, 2, 3, 4, 6, 12 a year"),
        (bond("BAD", frequency=24), "coupon_frequency must be one of 1, 2, 3, 4, 6, 12 a year"),
        (bond("BAD", curve_id=None), "a bond needs a curve"),
        (("BAD", "swap", {}), "american_option, fx_forward; got 'swap'"),
    ],
)
def test_impossible_terms_are_a_failure_with_the_value_and_the_range(row, message):
    market = market_with(None, row, curves=curve())
    assert message in reason_of(market, "BAD")
    assert list(market.terms["instrument_id"]) == list(SOUND)


def test_an_option_on_a_currency_is_refused_rather_than_valued_without_the_foreign_rate():
    rate = prices(["EURUSD"], seed=9, level=1.1)
    fx = ("EURUSD", "fx", {"underlying": "EUR"})
    market = market_with(rate, fx, option("BAD", underlying="EURUSD", strike=1.1), curves=curve())
    assert "needs the foreign rate" in reason_of(market, "BAD")


def test_an_option_in_another_currency_than_its_underlying_is_refused():
    rate = prices(["EURUSD"], seed=9, level=1.1)
    fx = ("EURUSD", "fx", {"underlying": "EUR"})
    market = market_with(rate, fx, option("BAD", currency="EUR"), curves=curve())
    assert "must be in its underlying's currency 'USD'; got 'EUR'" in reason_of(market, "BAD")


def test_a_foreign_instrument_without_an_exchange_rate_is_refused():
    market = market_with(prices(["BAD"], seed=4), ("BAD", "equity", {"currency": "CHF"}))
    assert "no exchange rate of its currency 'CHF'" in reason_of(market, "BAD")


def test_terms_given_twice_are_refused():
    bad = prices(["BAD"], seed=4)
    market = market_with(bad, ("BAD", "equity", {}), ("BAD", "etf", {}))
    assert reason_of(market, "BAD") == "it has two rows of terms"


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("zero_rate", np.nan, "its rate must be finite"),
        ("tenor", -1.0, "its tenor must be positive"),
    ],
)
def test_a_curve_that_cannot_be_used_fails_what_it_discounts(column, value, message):
    rates = curve()
    rates.loc[17, column] = value
    market = market_with(None, bond("BAD"), curves=rates)
    assert f"its curve 'USD' cannot be used: {message}" in reason_of(market, "BAD")
    assert "USD" in market.unusable


def test_a_curve_with_two_rates_of_a_day_fails_what_it_discounts():
    rates = pd.concat([curve(), curve().iloc[:1]], ignore_index=True)
    market = market_with(None, bond("BAD"), curves=rates)
    assert "it has two rates of" in reason_of(market, "BAD")


def test_days_without_rates_are_carried_and_noted():
    rates = curve()
    holes = rates["ds"].isin(days(251)[100:103])
    market = market_with(None, bond("BOND"), curves=rates[~holes])
    note = market.repairs.iloc[0]
    assert (note["entity"], note["periods"], note["code"]) == ("USD", 3, "rates_carried")
    assert note["ds"] == days(251)[100]
    moves = market.factors.moves[:, len(market.factors.prices) :]
    assert (moves[99:102] == 0.0).all()
    assert np.abs(moves[102]).min() > 0.0


def test_a_late_starter_is_backfilled_and_noted_without_losing_a_date():
    market = mixed_market()
    note = market.repairs.set_index("entity").loc["NEW"]
    assert note["code"] == "history_backfilled"
    assert (note["periods"], note["ds"]) == (250 - 119, market.factors.dates[0])
    assert market.factors.moves.shape[0] == 250
    assert np.isfinite(market.factors.moves).all()


def test_backfilled_returns_follow_the_market_as_the_known_ones_do():
    names = [f"S{number}" for number in range(10)]
    table = prices(names, n_days=1001, seed=12)
    late = table[table["instrument_id"] == "S0"].iloc[500:].assign(instrument_id="NEW")
    plan = RiskPlan(history=1000)
    instruments = stocks(*names, "NEW")
    market = build_market(pd.concat([table, late]), instruments, None, AS_OF, plan)
    moves = market.factors.moves
    new = moves[:, market.factors.price("NEW")]
    others = moves[:, [market.factors.price(name) for name in names]].mean(axis=1)
    filled, known = slice(0, 500), slice(500, 1000)

    def line(part):
        slope = np.polyfit(others[part], new[part], 1)[0]
        return slope, (new[part] - slope * others[part]).std()

    # A slope over 500 days is known to residual / (market * sqrt(500)), about 6% here; the
    # deviation of resampled fat-tailed residuals to about 7%. Four of those.
    assert line(filled)[0] == pytest.approx(line(known)[0], rel=0.25)
    assert line(filled)[1] == pytest.approx(line(known)[1], rel=0.28)
    known_moves = moves[known, market.factors.price("S0")]
    assert np.array_equal(new[known], known_moves)


def test_what_is_backfilled_depends_on_the_instrument_and_the_seed_alone():
    late = prices(["NEW"], n_days=100, seed=8)
    also = prices(["ALSO"], n_days=80, seed=9)
    one = market_with(late, ("NEW", "equity", {}))
    both = market_with(pd.concat([late, also]), ("NEW", "equity", {}), ("ALSO", "equity", {}))
    column = [market.factors.price("NEW") for market in (one, both)]
    assert np.array_equal(one.factors.moves[:, column[0]], both.factors.moves[:, column[1]])
    other = market_with(late, ("NEW", "equity", {}), plan=RiskPlan(history=250, seed=6))
    assert not np.array_equal(one.factors.moves[:, column[0]], other.factors.moves[:, column[0]])


def test_the_window_is_the_last_returns_and_the_level_the_last_price():
    market = market_with(plan=RiskPlan(history=60))
    table = prices(SOUND).pivot_table(index="ds", columns="instrument_id", values="close")
    expected = np.diff(np.log(table.to_numpy()), axis=0)[-60:]
    np.testing.assert_allclose(market.factors.moves, expected, rtol=0, atol=1e-15)
    assert market.factors.levels.tolist() == table.iloc[-1].tolist()
    assert pd.Timestamp(market.factors.dates[-1]) == NIGHT


def test_without_a_window_there_is_no_market():
    with pytest.raises(MarketError, match="more than 30 trading days; they cover 20"):
        build_market(prices(SOUND, n_days=20), stocks(*SOUND), None, AS_OF, PLAN)
    with pytest.raises(MarketError, match="no prices or no instruments"):
        build_market(prices(SOUND).iloc[:0], stocks(*SOUND), None, AS_OF, PLAN)


def test_a_constant_price_moves_nothing():
    market = market_with(closes("FLAT", np.full(251, 10.0)), ("FLAT", "equity", {}))
    for method in PLAN.methods:
        losses = instrument_losses(market, method, 10, PLAN)
        assert (losses[market.numbers()["FLAT"]] == 0.0).all()


def test_a_refused_instrument_with_a_longer_history_takes_no_day_from_the_others():
    """The window is of the days on which something that is valued has a price."""
    sound = prices(["AAA", "BBB"], n_days=200)
    instruments = terms(
        ("AAA", "equity", {}), ("BBB", "equity", {}), ("OLD", "equity", {"multiplier": -1.0})
    )
    old = prices(["OLD"], n_days=251, seed=4)
    alone = build_market(sound, stocks("AAA", "BBB"), None, AS_OF, PLAN)
    both = build_market(pd.concat([sound, old]), instruments, None, AS_OF, PLAN)
    assert [failure.entity for failure in both.failures] == ["OLD"]
    assert np.array_equal(both.factors.moves, alone.factors.moves)
    assert np.array_equal(both.factors.dates, alone.factors.dates)
    assert both.repairs.empty


def without(name, *places, n_days=251, seed=4):
    frame = prices([name], n_days=n_days, seed=seed)
    return frame.drop(index=list(places))


def alone(*frames):
    """Return the market of what is left when all but AAA are gone, and those that were refused."""
    names = ["AAA", *(frame["instrument_id"].iloc[0] for frame in frames)]
    table = pd.concat([prices(["AAA"]), *frames], ignore_index=True)
    return build_market(table, stocks(*names), None, AS_OF, PLAN)


@pytest.mark.parametrize(
    ("one", "other"), [((50, 60), (50, 70)), ((*range(50, 60), 70), (*range(50, 60), 80))]
)
def test_holes_that_bad_instruments_share_refuse_no_sound_one(one, other):
    market = alone(without("BAD", *one), without("WORSE", *other, seed=5))
    assert {failure.entity for failure in market.failures} == {"BAD", "WORSE"}
    for name in ("BAD", "WORSE"):
        assert "a trading day after its first" in reason_of(market, name)
    sound = build_market(prices(["AAA"]), stocks("AAA"), None, AS_OF, PLAN)
    assert np.array_equal(market.factors.moves, sound.factors.moves)
    assert np.array_equal(market.factors.dates, sound.factors.dates)


def test_a_price_after_everybody_elses_last_refuses_nobody_else():
    earlier = pd.concat([prices([name]).iloc[:-1] for name in SOUND])
    table = pd.concat([earlier, prices(["LATE"], seed=4)], ignore_index=True)
    market = build_market(table, stocks(*SOUND, "LATE"), None, AS_OF, PLAN)
    assert list(market.terms["instrument_id"]) == list(SOUND)
    assert "it has a price of 2024-06-28, when most" in reason_of(market, "LATE")
    assert str(market.factors.dates[-1])[:10] == "2024-06-27"


def test_instruments_that_ended_long_ago_do_not_end_the_calendar():
    ended = [prices([name], seed=4).iloc[:200] for name in ("OLD", "OLDER")]
    market = alone(*ended)
    assert list(market.terms["instrument_id"]) == ["AAA"]
    assert "the market's of 2024-06-28" in reason_of(market, "OLD")
    assert len(market.factors.moves) == 250


def test_an_instrument_refused_for_its_holes_takes_no_day_from_the_others():
    market = build_market(
        pd.concat([prices(SOUND, n_days=150), without("BAD", 200)]),
        stocks(*SOUND, "BAD"),
        None,
        AS_OF,
        PLAN,
    )
    assert "it has no price of" in reason_of(market, "BAD")
    assert len(market.factors.moves) == 149
    assert market.repairs.empty


def test_a_day_that_most_lack_is_none_and_who_has_it_is_refused():
    extra = with_row(spoiled(), "2024-06-23")
    holes = without("HOLES", 100, seed=6)
    names = (*SOUND, "BAD", "HOLES")
    table = pd.concat([prices(SOUND), extra, holes], ignore_index=True)
    market = build_market(table, stocks(*names), None, AS_OF, PLAN)
    assert "it has a price of 2024-06-23" in reason_of(market, "BAD")
    assert "it has no price of" in reason_of(market, "HOLES")
    assert list(market.terms["instrument_id"]) == list(SOUND)


def test_what_is_refused_for_its_terms_has_no_say_in_the_calendar():
    """Two that lack the same days, and could not be valued with them either."""
    table = pd.concat([prices(["AAA"]), without("BAD", 50, 60), without("WORSE", 50, 60, seed=5)])
    wrong = {"multiplier": -1.0}
    instruments = terms(("AAA", "equity", {}), ("BAD", "equity", wrong), ("WORSE", "etf", wrong))
    market = build_market(table, instruments, None, AS_OF, PLAN)
    assert list(market.terms["instrument_id"]) == ["AAA"]
    for name in ("BAD", "WORSE"):
        assert "multiplier must be positive; got -1.0" in reason_of(market, name)
    assert len(market.factors.moves) == 250


def test_prices_of_which_none_can_be_used_are_no_market():
    with pytest.raises(MarketError, match=r"they cover 0; 3 of .* are refused, the first, 'AAA': "):
        build_market(prices(SOUND).assign(close=-1.0), stocks(*SOUND), None, AS_OF, PLAN)


def test_a_market_of_no_kind_there_is_says_so():
    unknown = stocks(*SOUND).assign(kind="share")
    with pytest.raises(MarketError, match=r"the first, 'AAA': kind must be one of .*got 'share'"):
        build_market(prices(SOUND), unknown, None, AS_OF, PLAN)


def test_bonds_are_valued_on_the_days_of_refused_prices_where_there_are_no_others():
    instruments = terms(("BAD", "equity", {"multiplier": -1.0}), bond("BOND"))
    market = build_market(prices(["BAD"]), instruments, curve(), AS_OF, PLAN)
    assert list(market.terms["instrument_id"]) == ["BOND"]
    assert "multiplier must be positive" in reason_of(market, "BAD")
    assert len(market.factors.moves) == 250
