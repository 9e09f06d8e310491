"""Filtered historical simulation as a method of the night and of its backtest."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kernels.garch import FALL, RISE
from risk import MarketError, PlanError, RiskPlan, books_of, build_market, rolling_figures
from risk.rolling import REFRESH_DAYS
from risk.scenarios import factor_moves
from risk.scenarios.filtered_historical import filter_factors, follow, one_day_moves
from risk.volatility import filtered_moves, fit_volatility, rescaled_moves
from tests.risk.markets import AS_OF, curve, option, prices, stocks, terms
from tests.risk.scenario_factors import factors_of, heavy_moves
from tests.risk.test_volatility import clustered

METHOD = "filtered_historical"
PLAN = RiskPlan(history=250, scenarios=1000, seed=5)
APART = replace(PLAN, common_volatility=False)
WINDOW = 100
ROLLING = RiskPlan(history=160, scenarios=400, seed=7)
POSITIONS = pd.DataFrame(
    [("mixed", "AAA", 10.0), ("mixed", "CALL", -3.0), ("one", "BBB", 5.0)],
    columns=["portfolio_id", "instrument_id", "quantity"],
)


@pytest.fixture(scope="module")
def factors():
    return factors_of(heavy_moves())


@pytest.fixture(scope="module")
def market():
    quoted = prices(["AAA", "BBB"], n_days=161)
    instruments = terms(("AAA", "equity", {}), ("BBB", "equity", {}), option("CALL"))
    return build_market(quoted, instruments, curve(n_days=161), AS_OF, ROLLING)


@pytest.mark.parametrize("model", ["garch", "gjr", "ewma"])
def test_a_day_ahead_is_each_of_the_windows_surprises_once(factors, model):
    plan = replace(APART, volatility_model=model)
    moves = factor_moves(factors, METHOD, 1, plan)
    filtered = filter_factors(factors, plan)
    assert moves.shape == (6, 250)
    assert np.array_equal(moves, rescaled_moves(filtered.fit))
    assert filtered.fit.model.recursion == model
    assert (model == "ewma") == np.allclose(filtered.fit.beta, 0.94)


def test_more_days_are_drawn_and_more_scenarios_continue_the_fewer(factors):
    few = factor_moves(factors, METHOD, 10, replace(PLAN, scenarios=333))
    more = factor_moves(factors, METHOD, 10, PLAN)
    assert more.shape == (6, 1000)
    assert np.isfinite(more).all()
    assert np.array_equal(more[:, :333], few)
    assert not np.array_equal(more, factor_moves(factors, METHOD, 10, replace(PLAN, seed=6)))


@pytest.mark.parametrize("horizon", [1, 10, 250])
def test_a_volatility_of_its_own_does_not_depend_on_the_others(horizon):
    moves = heavy_moves()
    whole = factor_moves(factors_of(moves), METHOD, horizon, APART)
    alone = factor_moves(factors_of(moves[:, 3:4]), METHOD, horizon, APART)
    assert np.array_equal(whole[3:4], alone)


def test_a_factor_that_stands_still_goes_on_so_and_leaves_the_others():
    moves = heavy_moves(n_factors=3)
    still = moves.copy()
    still[:, 1] = 0.001
    for horizon in (1, 7):
        found = factor_moves(factors_of(still), METHOD, horizon, APART)
        np.testing.assert_allclose(found[1], 0.001 * horizon, rtol=1e-14)
        expected = factor_moves(factors_of(moves), METHOD, horizon, APART)
        assert np.array_equal(found[[0, 2]], expected[[0, 2]])


@pytest.mark.parametrize(("horizon", "scenarios"), [(1, 100), (7, PLAN.scenarios)])
def test_a_market_that_stands_still_goes_on_so(horizon, scenarios):
    still = np.full((100, 2), [0.0, 0.001])
    found = factor_moves(factors_of(still), METHOD, horizon, PLAN)
    wanted = np.tile([[0.0], [0.001 * horizon]], scenarios)
    np.testing.assert_allclose(found, wanted, rtol=1e-14)


def test_scenarios_are_as_wide_as_the_volatility_of_the_day():
    """The same window told forwards and backwards ends in a storm or in a calm."""
    calm_then_storm = heavy_moves(n_returns=400, n_factors=1, degrees=50.0)
    calm_then_storm[:300] *= 0.3
    stormy = factor_moves(factors_of(calm_then_storm), METHOD, 1, PLAN).std()
    calm = factor_moves(factors_of(calm_then_storm[::-1]), METHOD, 1, PLAN).std()
    past = factor_moves(factors_of(calm_then_storm), "historical", 1, PLAN).std()
    assert calm < 0.6 * past
    assert stormy > 1.3 * past


def test_volatility_goes_no_higher_than_it_was(factors):
    """Of a law by which one jump makes another of its size, and wider, scenarios have no end."""
    fit = fit_volatility(factors.moves)
    parameters = fit.parameters.copy()
    parameters[:, [RISE, FALL]] = 2.0
    highest = np.maximum(fit.volatility.max(axis=0), fit.next_volatility)
    furthest = 10 * (np.abs(fit.mean) + highest * np.abs(fit.residuals).max(axis=0))
    found = filtered_moves(replace(fit, parameters=parameters), 10, 5_000, 4)
    assert (np.abs(found).max(axis=1) < furthest).all()


def test_windows_that_cannot_be_filtered_are_refused():
    with pytest.raises(MarketError, match="need 60 returns; the window has 59"):
        factor_moves(factors_of(heavy_moves(59)), METHOD, 1, PLAN)
    with pytest.raises(PlanError, match="volatility_model must be one of garch, gjr, ewma"):
        RiskPlan(volatility_model="arch")


@pytest.mark.parametrize(
    ("number", "change", "message"),
    [
        (
            1,
            lambda own: 1e200 * own,
            "the price of 'BBB' has no volatility: the variance of its moves must be {}; got inf",
        ),
        (
            2,
            lambda own: 1e-170 * own,
            (
                "the rate of 'USD' at 0.5 years has no volatility: the variance of its moves "
                "must be {}; got 0"
            ),
        ),
        (
            0,
            lambda own: np.where(np.arange(100) < 98, own, np.inf),
            (
                "the price of 'AAA' has no volatility: its moves must be finite; "
                "that of 2024-06-27 is inf"
            ),
        ),
    ],
)
def test_a_factor_without_volatility_is_refused_by_its_name(number, change, message):
    moves = heavy_moves(100, 3)
    moves[:, number] = change(moves[:, number])
    factors = factors_of(moves, names=("AAA", "BBB"), points=(("USD", 0.5),))
    with pytest.raises(MarketError) as refused:
        factor_moves(factors, METHOD, 1, PLAN)
    assert str(refused.value) == message.format("finite and above 1e-280")


def test_following_moves_the_window_on():
    moves = heavy_moves(n_returns=130, n_factors=3)
    filtered = filter_factors(factors_of(moves[:120]), PLAN)
    for day in range(120, 125):
        filtered = follow(filtered, moves[day : day + 1])
    assert filtered.fit.residuals.shape == (120, 3)
    assert one_day_moves(filtered).shape == (3, 120)
    # The law of the eve, on the days since.
    surprises = (moves[120:125] - filtered.fit.mean) / filtered.fit.volatility[-5:]
    np.testing.assert_allclose(filtered.fit.residuals[-5:], surprises, rtol=1e-12)


def rolled(market, days, books=None, moves=None):
    factors = market.factors if moves is None else replace(market.factors, moves=moves)
    own = replace(market, factors=factors)
    books = books or books_of(market, POSITIONS)[0]
    return rolling_figures(own, books, METHOD, ROLLING, WINDOW, days)


def test_a_figure_of_a_past_day_knows_nothing_of_its_day_or_later(market):
    moves = market.factors.moves.copy()
    moves[WINDOW + 12 :] *= 3.0
    one, other = rolled(market, range(20)), rolled(market, range(20), moves=moves)
    assert np.array_equal(one.value_at_risk[:, :13], other.value_at_risk[:, :13])
    assert not np.array_equal(one.value_at_risk[:, 13], other.value_at_risk[:, 13])


def test_past_figures_are_the_same_in_any_blocks_and_beside_any_books(market):
    books = books_of(market, POSITIONS)[0]
    whole = rolled(market, range(30))
    late = rolled(market, range(4 * REFRESH_DAYS, 30))
    assert np.array_equal(whole.value_at_risk[:, 20:], late.value_at_risk)
    alone = rolled(market, range(30), books[1:])
    assert np.array_equal(whole.expected_shortfall[:, :, 1:], alone.expected_shortfall)


def test_a_refitted_day_is_the_nights_own_figure(market):
    figures = rolled(market, range(REFRESH_DAYS + 1))
    eve = slice(REFRESH_DAYS, WINDOW + REFRESH_DAYS)
    own = market.factors.moves[eve]
    place = market.factors.price("BBB")
    moves = factor_moves(factors_of(own), METHOD, 1, ROLLING)[place]
    price = market.factors.levels[place]
    losses = np.sort(5.0 * price * (1.0 - np.exp(moves)))
    # 100 scenarios at 97.5%: the 98th in ascending order.
    assert figures.value_at_risk[0, REFRESH_DAYS, 1] == pytest.approx(losses[97], rel=1e-9)


def test_exceptions_are_as_rare_as_the_level_says_where_volatility_clusters():
    """A market that follows GARCH itself, so the law that is fitted is the right one."""
    n = 1500
    moves = clustered(n=n, n_series=1, seed=8, memory=0.98)[:, 0]
    plan = RiskPlan(history=n, levels=(0.95,), seed=1)
    quoted = prices(["AAA"], n_days=n + 1)
    quoted = quoted.assign(close=100.0 * np.exp(np.cumsum(np.concatenate([[0.0], moves]))))
    market = build_market(quoted, stocks("AAA"), None, AS_OF, plan)
    held = pd.DataFrame({"portfolio_id": ["p"], "instrument_id": ["AAA"], "quantity": [1.0]})
    books = books_of(market, held)[0]
    figures = rolling_figures(market, books, METHOD, plan, 500, range(1000))
    exceptions = figures.losses[:, 0] > figures.value_at_risk[0, :, 0]
    # A quantile of 500 residuals wanders by a tenth or so of its exceptions.
    low, high = stats.binom(1000, 0.044).ppf(1e-3), stats.binom(1000, 0.056).ppf(1 - 1e-3)
    assert low <= exceptions.sum() <= high
    fit = fit_volatility(moves[:, None])
    followed = np.corrcoef(figures.value_at_risk[0, :, 0], fit.volatility[500:, 0])[0, 1]
    assert followed > 0.9
