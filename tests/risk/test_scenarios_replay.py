"""Crises replayed: whole or not at all, by the data's own days."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from risk import MarketError, RiskPlan, build_market
from risk.market.revalue import current_values
from risk.replays import replay_losses
from risk.scenarios import CRISES, Replay, crises_within, replay_moves, worst_stretches
from tests.risk.markets import BOOKS, PLAN, mixed_market, positions, stocks
from tests.risk.scenario_factors import factors_of, heavy_moves


@pytest.fixture(scope="module")
def factors():
    return factors_of(heavy_moves())


def day(factors, number):
    return factors.dates[number].astype("datetime64[D]").item()


def test_a_replay_is_the_sum_of_its_days_moves(factors):
    replays = [
        Replay("one", day(factors, 10), day(factors, 10)),
        Replay("six", day(factors, 20), day(factors, 25)),
        Replay("all", day(factors, 0), day(factors, -1)),
    ]
    moves = replay_moves(factors, replays)
    assert moves.shape == (6, 3)
    assert np.array_equal(moves[:, 0], factors.moves[10])
    np.testing.assert_allclose(moves[:, 1], factors.moves[20:26].sum(axis=0), rtol=0, atol=1e-15)
    np.testing.assert_allclose(moves[:, 2], factors.moves.sum(axis=0), rtol=0, atol=1e-13)
    assert replay_moves(factors, []).shape == (6, 0)


def test_a_replay_that_the_history_does_not_hold_whole_is_refused(factors):
    first, last = day(factors, 0), day(factors, -1)
    for replay in (
        Replay("early", date(2001, 9, 17), date(2001, 9, 21)),
        Replay("half", date(first.year, 1, 1), day(factors, 5)),
        Replay("late", day(factors, 240), date(2024, 7, 5)),
    ):
        with pytest.raises(MarketError, match=f"reaches beyond the history of {first} to {last}"):
            replay_moves(factors, [replay])
    saturday = date(2024, 6, 22)
    with pytest.raises(MarketError, match="'weekend': no trading day lies in 2024-06-22 to 2024"):
        replay_moves(factors, [Replay("weekend", saturday, saturday)])


def test_a_replay_does_not_end_before_it_starts():
    with pytest.raises(MarketError, match="'back' must not end before it starts; got 2024-06-0"):
        Replay("back", date(2024, 6, 5), date(2024, 6, 4))


def test_crises_have_names_of_their_own_and_come_in_order():
    assert len({crisis.name for crisis in CRISES}) == len(CRISES)
    assert [crisis.first for crisis in CRISES] == sorted(crisis.first for crisis in CRISES)


def test_only_crises_within_the_history_are_offered(factors):
    inside = Replay("inside", day(factors, 0), day(factors, 3))
    across = Replay("across", date(2023, 1, 2), day(factors, 3))
    assert crises_within(factors, (inside, across)) == (inside,)
    assert crises_within(factors) == ()


def test_the_worst_stretches_are_the_worst_and_do_not_overlap():
    moves = np.full((100, 2), 0.001)
    moves[30:33] = -0.05
    moves[70:72] = -0.06
    factors = factors_of(moves)
    found = worst_stretches(factors, 3, 4)
    assert [(replay.first, replay.last) for replay in found[:2]] == [
        (day(factors, 30), day(factors, 32)),
        (day(factors, 69), day(factors, 71)),
    ]
    assert found[0].name == f"worst_3_days_to_{day(factors, 32)}"
    days = [{*pd.bdate_range(replay.first, replay.last)} for replay in found]
    assert sum(len(one) for one in days) == len(set().union(*days)) == 12
    falls = replay_moves(factors, found).mean(axis=0)
    assert (np.diff(falls) >= -1e-15).all()
    assert len(worst_stretches(factors, 60, 9)) == 1


@pytest.mark.parametrize("length", [0, 251])
def test_a_stretch_longer_than_the_history_is_refused(factors, length):
    with pytest.raises(MarketError, match=f"a length of 1 to 250 days; got {length}"):
        worst_stretches(factors, length, 1)


def test_books_lose_what_the_days_moves_take_from_todays_levels():
    market = mixed_market()
    dates = market.factors.dates.astype("datetime64[D]")
    replay = Replay("week", dates[100].item(), dates[104].item())
    losses, failures = replay_losses(market, positions(**BOOKS, lost={"NONE": 1}), [replay])
    assert [failure.entity for failure in failures] == ["lost"]
    by_book = losses.set_index("portfolio_id")["loss"]
    moves = market.factors.moves[100:105].sum(axis=0)
    values = dict(zip(market.terms["instrument_id"], current_values(market), strict=True))
    equity = sum(
        quantity * values[name] * (1.0 - np.exp(moves[market.factors.price(name)]))
        for name, quantity in BOOKS["equity"].items()
    )
    assert by_book["equity"] == pytest.approx(equity, rel=1e-12)
    assert set(by_book.index) == set(BOOKS)
    assert (losses["scenario_id"] == "week").all()
    assert losses.columns.tolist() == [
        *("portfolio_id", "scenario_id", "loss", "market_value", "currency")
    ]


def test_no_move_no_loss():
    market = mixed_market(PLAN)
    still, _ = replay_losses(market, positions(**BOOKS), [])
    assert still.empty


def test_the_crises_of_the_years_are_replayed_by_their_closes(real_data):
    table = pd.read_parquet(real_data / "prices_sp500_2013_2018.parquet")
    table = table.rename(columns={"ticker": "instrument_id"}).astype({"instrument_id": str})
    names = sorted(table["instrument_id"].unique())[::3]
    table = table.loc[table["instrument_id"].isin(names), ["instrument_id", "ds", "close"]].dropna()
    plan = RiskPlan(history=1258)
    market = build_market(table, stocks(*names), None, table["ds"].max().date(), plan)
    factors = market.factors
    crises = crises_within(factors)
    assert [crisis.name for crisis in crises] == ["china_2015", "brexit_2016", "volatility_2018"]
    moves = replay_moves(factors, crises)
    closes = table.pivot(index="ds", columns="instrument_id", values="close").astype(float)
    whole = closes.loc["2015-08-19":"2015-08-25", list(factors.prices)].dropna(axis=1)
    expected = np.log(whole.iloc[-1] / whole.iloc[0])
    rows = [factors.price(name) for name in whole.columns]
    np.testing.assert_allclose(moves[rows, 0], expected, rtol=0, atol=1e-6)
    # The S&P 500 fell by 10.7%, 5.3% and 6.1% over these days; a third of its names, weighed
    # alike, fell about as much.
    assert (np.abs(np.exp(moves.mean(axis=0)) - [0.893, 0.947, 0.939]) < 0.025).all()
    worst = worst_stretches(factors, 4, 3)
    # The data find the same two of the crises by themselves.
    assert {date(2015, 8, 25), date(2018, 2, 5)} < {replay.last for replay in worst}
