"""Profiles: plain sums on past days, whatever other books there are, and NaN where none can be."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from risk import PlanError, build_market, liquidity_horizons, profile_portfolios
from risk.books import Book
from risk.market.liquidity import position_horizons
from risk.measures.dependence import tail_dependence
from risk.measures.deviation import deviation_errors, measure_deviations
from risk.measures.drawdown import measure_drawdowns
from risk.measures.tail import measure_tail
from risk.profiles import _diversification, _tail_dependence
from tests.risk.markets import AS_OF, NIGHT, PLAN, bond, closes, curve, days, option, prices, terms

NAMES = ["AAA", "BBB", "CCC"]
INSTRUMENTS = terms(
    ("AAA", "equity", {}), ("BBB", "equity", {}), ("CCC", "etf", {}), option("CALL")
)
BOOKS = pd.DataFrame(
    [("one", "AAA", 10.0), ("pair", "AAA", 5.0), ("pair", "BBB", -5.0), ("mixed", "CALL", 4.0)],
    columns=["portfolio_id", "instrument_id", "quantity"],
)


@pytest.fixture(scope="module")
def market():
    return build_market(prices(NAMES), INSTRUMENTS, curve(), AS_OF, PLAN)


def profiles(market, books=BOOKS, benchmark=None, plan=PLAN):
    found = profile_portfolios(market, books, plan, benchmark)
    return found.profiles.set_index("portfolio_id"), found.failures


def gains(market, name, quantity):
    """What a share made on each day of the window at today's price."""
    number = market.factors.price(name)
    return quantity * market.factors.levels[number] * np.expm1(market.factors.moves[:, number])


def test_a_book_of_one_share_is_that_share(market):
    own = profiles(market)[0].loc["one"]
    made = gains(market, "AAA", 10.0)
    assert_allclose(own["volatility"], made.std(ddof=1) * np.sqrt(252.0), rtol=1e-9)
    assert own["diversification_ratio"] == pytest.approx(1.0)
    assert (
        own["gross_value"]
        == own["market_value"]
        == pytest.approx(10.0 * market.factors.levels[market.factors.price("AAA")])
    )
    drawdowns = measure_drawdowns(-made[:, None])
    assert_allclose(own["max_drawdown"], drawdowns.deepest[0], rtol=1e-9)
    assert own["longest_drawdown"] == drawdowns.longest[0]
    assert own["days"] == len(market.factors.moves)


def test_a_beta_is_to_the_mean_of_shares_or_to_the_benchmark(market):
    made = gains(market, "AAA", 10.0)
    everyone = market.factors.moves[:, [market.factors.price(name) for name in NAMES]].mean(axis=1)
    for benchmark, moves in {
        None: everyone,
        "CCC": market.factors.moves[:, market.factors.price("CCC")],
    }.items():
        own = profiles(market, benchmark=benchmark)[0].loc["one"]
        slope = np.polyfit(moves, made, 1)[0]
        assert_allclose(own["beta_exposure"], slope, rtol=1e-9)
        assert_allclose(own["beta"], slope / own["gross_value"], rtol=1e-9)
        assert own["gross_exposure"] == own["gross_value"]


def test_an_unknown_benchmark_is_refused_by_name(market):
    with pytest.raises(PlanError, match="benchmark 'DAX' has no prices"):
        profiles(market, benchmark="DAX")


def test_worst_days_are_shared_with_all_the_others(market):
    found = profiles(market)[0]
    losses = {"one": -gains(market, "AAA", 10.0)}
    losses["pair"] = -gains(market, "AAA", 5.0) + gains(market, "BBB", 5.0)
    books = BOOKS[BOOKS["portfolio_id"] != "mixed"]
    two = profiles(market, books)[0]
    shared = tail_dependence(losses["one"][:, None], losses["pair"][:, None])[0]
    assert two.loc["one", "tail_dependence"] == two.loc["pair", "tail_dependence"] == shared
    assert found["tail_dependence"].between(0.0, 1.0).all()
    alone = profiles(market, BOOKS[BOOKS["portfolio_id"] == "one"])[0]
    assert np.isnan(alone.loc["one", "tail_dependence"])


def test_what_is_a_books_own_does_not_depend_on_others(market):
    shared = ["tail_dependence", "tail_dependence_standard_error"]
    together = profiles(market)[0].drop(columns=shared)
    for name in ("one", "pair", "mixed"):
        alone = profiles(market, BOOKS[BOOKS["portfolio_id"] == name])[0]
        pd.testing.assert_series_equal(alone.drop(columns=shared).loc[name], together.loc[name])


def test_the_liquidity_horizon_of_liquid_factors_is_the_base(market):
    assert (liquidity_horizons(market) == 10).all()
    found = profiles(market)[0].loc["one", "liquidity_horizon_shortfall"]
    number = market.factors.price("AAA")
    log = np.concatenate([[0.0], np.cumsum(market.factors.moves[:, number])])
    moves = log[10:] - log[:-10]
    losses = -10.0 * market.factors.levels[number] * np.expm1(moves)
    assert_allclose(found, measure_tail(losses, 0.975).expected_shortfall, rtol=1e-9)


def test_every_horizon_of_the_standard_is_reached_by_naming_it():
    """A share that names h days loses its ten-day shortfall times the root of h / 10."""
    names = ["S10", "S20", "S40", "S60", "S120", "SNULL"]
    table = prices(["S10"])
    instruments = terms(
        *(
            (name, "equity", {} if name == "SNULL" else {"liquidity_horizon": int(name[1:])})
            for name in names
        ),
        columns=("liquidity_horizon",),
    )
    twins = pd.concat([table.assign(instrument_id=name) for name in names], ignore_index=True)
    market = build_market(twins, instruments, None, AS_OF, PLAN)
    horizons = dict(zip(market.factors.prices, liquidity_horizons(market), strict=True))
    assert horizons == {"S10": 10, "S20": 20, "S40": 40, "S60": 60, "S120": 120, "SNULL": 10}
    books = pd.DataFrame(
        [(name, name, 10.0) for name in names],
        columns=["portfolio_id", "instrument_id", "quantity"],
    )
    found = profiles(market, books)[0]
    for column in (
        "liquidity_horizon_shortfall",
        "liquidity_horizon_shortfall_standard_error",
    ):
        growth = found[column] / found.loc["S10", column]
        expected = [np.sqrt(horizons[name] / 10.0) for name in growth.index]
        assert_allclose(growth, expected, rtol=1e-9)
    plain = found.loc["S10"]
    moves = market.factors.moves[:, market.factors.price("S10")]
    log = np.concatenate([[0.0], np.cumsum(moves)])
    level = market.factors.levels[market.factors.price("S10")]
    tail = measure_tail(-10.0 * level * np.expm1(log[10:] - log[:-10]), 0.975, 10)
    # Of one horizon it is the error of a shortfall, by its influence instead of its tail.
    assert_allclose(
        plain["liquidity_horizon_shortfall_standard_error"],
        tail.expected_shortfall_error,
        rtol=0.05,
    )


def test_a_bond_that_names_a_horizon_waits_by_itself():
    instruments = terms(
        ("AAA", "equity", {}),
        bond("LIQUID"),
        bond("ILLIQUID", liquidity_horizon=120),
        columns=("liquidity_horizon",),
    )
    market = build_market(prices(["AAA"]), instruments, curve(), AS_OF, PLAN)
    assert (liquidity_horizons(market) == 10).all()
    assert position_horizons(market).tolist() == [0, 120, 0]
    books = pd.DataFrame(
        [("fast", "LIQUID", 5.0), ("slow", "ILLIQUID", 5.0)],
        columns=["portfolio_id", "instrument_id", "quantity"],
    )
    found = profiles(market, books)[0]["liquidity_horizon_shortfall"]
    assert_allclose(found["slow"] / found["fast"], np.sqrt(12.0), rtol=1e-9)


def test_a_horizon_that_the_standard_does_not_know_is_named():
    instruments = terms(
        ("AAA", "equity", {"liquidity_horizon": 30}),
        ("BBB", "equity", {}),
        columns=("liquidity_horizon",),
    )
    market = build_market(prices(["AAA", "BBB"]), instruments, None, AS_OF, PLAN)
    (failure,) = market.failures
    assert failure.entity == "AAA"
    assert failure.message == (
        "liquidity_horizon must be one of 10, 20, 40, 60, 120 trading days; got 30"
    )


def test_a_book_of_futures_has_the_beta_of_its_notional():
    instruments = terms(
        ("AAA", "equity", {}), ("IDX", "future", {"multiplier": 50.0}), option("CALL")
    )
    table = prices(["AAA"])
    both = pd.concat([table, table.assign(instrument_id="IDX")], ignore_index=True)
    market = build_market(both, instruments, curve(), AS_OF, PLAN)
    books = pd.DataFrame(
        [("long", "IDX", 3.0), ("short", "IDX", -3.0), ("share", "AAA", 7.0), ("none", "AAA", 0.0)],
        columns=["portfolio_id", "instrument_id", "quantity"],
    )
    found = profiles(market, books, benchmark="AAA")[0]
    level = market.factors.levels[market.factors.price("IDX")]
    assert_allclose(found.loc["long", "gross_exposure"], 150.0 * level, rtol=1e-12)
    assert found.loc["long", "gross_value"] == 0.0
    assert_allclose(found.loc["long", "beta"], found.loc["share", "beta"], rtol=1e-9)
    assert_allclose(found.loc["short", "beta"], -found.loc["long", "beta"], rtol=1e-12)
    # Gains of a lognormal price, regressed on log returns.
    assert found.loc["long", "beta"] == pytest.approx(1.0, abs=0.01)
    assert found.loc["long", "beta_standard_error"] > 0.0
    assert np.isnan(found.loc["none", "beta"])


def test_errors_of_profiles_are_their_spread_over_windows():
    columns = ["volatility", "diversification_ratio", "beta", "explained", "tail_dependence"]
    found = []
    for seed in range(60):
        market = build_market(prices(NAMES, seed=seed), INSTRUMENTS, curve(), AS_OF, PLAN)
        level = market.factors.levels[[market.factors.price(name) for name in NAMES]]
        books = pd.DataFrame(
            [
                ("one", "AAA", 100.0 / level[0]),
                ("pair", "AAA", 50.0 / level[0]),
                ("pair", "BBB", 80.0 / level[1]),
            ],
            columns=["portfolio_id", "instrument_id", "quantity"],
        )
        found.append(profiles(market, books, benchmark="CCC")[0].loc["pair"])
    frame = pd.DataFrame(found).astype(dict.fromkeys(columns, float))
    for name in columns:
        said = np.sqrt(np.mean(frame[f"{name}_standard_error"].astype(float) ** 2))
        # A deviation of sixty is off by an eleventh; squares of t5 moves vary far more.
        assert 0.65 < frame[name].std() / said < 1.5, name


def test_a_deviation_of_normal_losses_has_its_textbook_error():
    losses = np.random.default_rng(2).normal(size=(100_000, 2)) * [1.0, 7.0]
    expected = np.array([1.0, 7.0]) / np.sqrt(200_000.0)
    assert_allclose(deviation_errors(losses), expected, rtol=0.02)
    assert_array_equal(deviation_errors(np.full((5, 1), 0.3)), 0.0)


def test_an_illiquid_currency_waits_longer_and_costs_more():
    rates = pd.concat([prices(["AAA"]), prices(["USDPLN", "USDEUR"], seed=9, level=0.25)])
    instruments = terms(
        ("AAA", "equity", {}),
        ("USDPLN", "fx", {"underlying": "PLN"}),
        ("USDEUR", "fx", {"underlying": "EUR"}),
    )
    market = build_market(rates, instruments, None, AS_OF, PLAN)
    horizons = liquidity_horizons(market)
    numbers = {name: market.factors.price(name) for name in ("AAA", "USDPLN", "USDEUR")}
    assert {name: horizons[n] for name, n in numbers.items()} == {
        "AAA": 10,
        "USDPLN": 20,
        "USDEUR": 10,
    }
    books = pd.DataFrame(
        [("pln", "USDPLN", 100.0), ("eur", "USDEUR", 100.0)], columns=BOOKS.columns
    )
    found = profiles(market, books)[0]["liquidity_horizon_shortfall"]
    log = np.concatenate([[0.0], np.cumsum(market.factors.moves[:, numbers["USDPLN"]])])
    losses = -100.0 * market.factors.levels[numbers["USDPLN"]] * np.expm1(log[10:] - log[:-10])
    base = measure_tail(losses, 0.975).expected_shortfall
    # All that moves waits for 20 days: its shortfall over 10 grows by the root of 2.
    assert_allclose(found["pln"], base * np.sqrt(2.0), rtol=1e-9)


def test_a_book_that_cannot_be_valued_is_a_failure_and_changes_no_other(market):
    bad = pd.DataFrame([("bad", "ZZZ", 1.0), ("huge", "AAA", 1e308)], columns=BOOKS.columns)
    found, failures = profiles(market, pd.concat([BOOKS, bad]))
    assert [failure.entity for failure in failures] == ["bad", "huge"]
    pd.testing.assert_frame_equal(found, profiles(market)[0])


def test_without_shares_there_is_no_beta_and_without_books_no_rows():
    bond = (
        "BOND",
        "bond",
        {"coupon": 0.0, "expiry": days(1)[0] + pd.Timedelta(days=700), "curve_id": "USD"},
    )
    market = build_market(
        closes("FILL", np.full(251, 1.0) * np.exp(np.arange(251) * 1e-4)),
        terms(bond, ("FILL", "fx", {"underlying": "EUR"})),
        curve(),
        AS_OF,
        replace(PLAN),
    )
    books = pd.DataFrame([("rates", "BOND", 1.0)], columns=BOOKS.columns)
    found = profiles(market, books)[0]
    assert found["beta"].isna().all()
    assert found["volatility"].gt(0.0).all()
    assert profiles(market, BOOKS.iloc[:0])[0].empty


def test_books_that_lose_the_same_every_day_have_no_dependence_and_no_diversification(market):
    one_day = np.full((2, 250), 0.001)
    losses = np.column_stack([*one_day, np.random.default_rng(3).normal(size=250)])
    assert np.isnan(_tail_dependence(losses)[:2]).all()
    # Its others never move, though their sum is told apart by rounding.
    assert np.isnan(_tail_dependence(losses)[2])
    books = [Book("still", np.array([0, 1]), np.array([1.0, -2.0]))]
    total = (one_day[0] - 2.0 * one_day[1])[:, None]
    together = measure_deviations(total)
    assert together[0] == 0.0
    assert np.isnan(_diversification(books, one_day, total, together)).all()


def test_a_book_that_is_hedged_does_not_move_by_rounding():
    hedged = terms(
        ("AAA", "equity", {}),
        option("CALL", curve_id=None),
        option("PUT", option_type="put", curve_id=None),
    )
    own = build_market(prices(["AAA"]), hedged, None, AS_OF, PLAN)
    parity = pd.DataFrame(
        {
            "portfolio_id": "parity",
            "instrument_id": ["AAA", "CALL", "PUT"],
            "quantity": [-1.0, 1.0, -1.0],
        }
    )
    row = profile_portfolios(own, parity, PLAN).profiles.iloc[0]
    assert row["volatility"] == row["max_drawdown"] == row["longest_drawdown"] == 0
    unknown = ["diversification_ratio", "diversification_ratio_standard_error", "explained"]
    assert row[unknown].isna().all()


def test_liquidity_follows_both_currencies_of_a_pair_and_the_banks_own_rates():
    """MAR33.12: named pairs and rates, and rates of the bank's own currency, wait ten days."""
    fx = pd.concat([prices(["EUR"], seed=4, level=4.3), prices(["CZK"], seed=5, level=0.17)])
    forward = {
        "underlying": "CZK",
        "strike": 0.17,
        "expiry": NIGHT + pd.Timedelta(days=90),
        "curve_id": "PLN",
        "foreign_curve_id": "CZK",
        "currency": "PLN",
    }
    instruments = terms(
        ("EUR", "fx", {"underlying": "EUR", "currency": "PLN"}),
        ("CZK", "fx", {"underlying": "CZK", "currency": "PLN"}),
        ("FORWARD", "fx_forward", forward),
    )
    curves = pd.concat([curve("PLN", tenors=(1.0,)), curve("CZK", tenors=(1.0,))])
    plan = replace(PLAN, currency="PLN")
    market = build_market(fx, instruments, curves, AS_OF, plan)
    horizons = liquidity_horizons(market)
    found = dict(zip([*market.factors.prices, *market.factors.points], horizons, strict=True))
    assert found == {"EUR": 20, "CZK": 20, ("PLN", 1.0): 10, ("CZK", 1.0): 20}
