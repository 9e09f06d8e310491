"""Rolling figures: of the eve only, by the night's own scenarios, whatever the chunks."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from risk import PlanError, RiskPlan, build_market, instrument_losses, measure_portfolios
from risk.books import books_of
from risk.rolling import FIGURES, REFRESH_DAYS, judged_days, rolling_figures
from tests.lanes import slow
from tests.risk.markets import AS_OF, curve, option, prices, stocks, terms

WINDOW = 100
METHODS = ("historical", "gaussian", "student_t")
PLAN = RiskPlan(history=160, scenarios=400, seed=7)
POSITIONS = pd.DataFrame(
    [("mixed", "AAA", 10.0), ("mixed", "CALL", -3.0), ("one", "BBB", 5.0)],
    columns=["portfolio_id", "instrument_id", "quantity"],
)
CALL = option("CALL")


def market_of(plan=PLAN, **changes):
    quoted = prices(["AAA", "BBB"], n_days=plan.history + 1, **changes)
    instruments = terms(("AAA", "equity", {}), ("BBB", "equity", {}), CALL)
    rates = curve(n_days=plan.history + 1)
    return build_market(quoted, instruments, rates, AS_OF, plan)


@pytest.fixture(scope="module")
def market():
    return market_of()


@pytest.fixture(scope="module")
def books(market):
    return books_of(market, POSITIONS)[0]


def same(one, other):
    for name in ("losses", *FIGURES):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_every_return_with_a_whole_window_before_it_is_judged(market):
    assert judged_days(market, WINDOW) == 60
    with pytest.raises(PlanError, match="window must be below the 160 returns"):
        judged_days(market, 160)


@pytest.mark.parametrize("method", METHODS)
def test_a_figure_knows_nothing_of_its_day_or_later(market, books, method):
    days = range(20)
    moves = market.factors.moves.copy()
    moves[WINDOW + 12 :] *= 3.0
    changed = replace(market, factors=replace(market.factors, moves=moves))
    one = rolling_figures(market, books, method, PLAN, WINDOW, days)
    other = rolling_figures(changed, books, method, PLAN, WINDOW, days)
    np.testing.assert_array_equal(one.value_at_risk[:, :13], other.value_at_risk[:, :13])
    np.testing.assert_array_equal(one.expected_shortfall[:, :13], other.expected_shortfall[:, :13])
    np.testing.assert_array_equal(one.losses[:12], other.losses[:12])
    assert (one.losses[12:] != other.losses[12:]).any()


@pytest.mark.parametrize("method", [*METHODS, "filtered_historical", "quasi_gaussian"])
def test_the_figures_of_a_day_are_those_the_night_would_have_given(market, books, method):
    day = 3 * REFRESH_DAYS
    rolled = rolling_figures(market, books, method, PLAN, WINDOW, range(day, day + 1))
    factors = market.factors
    then = replace(
        market,
        factors=replace(
            factors,
            moves=np.ascontiguousarray(factors.moves[day : day + WINDOW]),
            dates=factors.dates[day : day + WINDOW],
        ),
    )
    losses = instrument_losses(then, method, 1, PLAN)
    night = measure_portfolios(then, POSITIONS, losses, method, 1, PLAN).risk
    for number, level in enumerate(PLAN.levels):
        for book, portfolio in enumerate(("mixed", "one")):
            mine = night[(night["portfolio_id"] == portfolio) & (night["level"] == level)]
            mine = mine.set_index("measure")
            assert rolled.value_at_risk[number, 0, book] == mine.loc["value_at_risk", "value"]
            # The sums of a tail differ in their order of adding.
            for measure in ("value_at_risk", "expected_shortfall"):
                value, error = mine.loc[measure, ["value", "standard_error"]]
                own = getattr(rolled, measure)[number, 0, book]
                assert own == pytest.approx(value, rel=1e-12)
                own = getattr(rolled, f"{measure}_error")[number, 0, book]
                assert own == pytest.approx(error, rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_chunks_of_days_and_of_books_change_no_bit(market, books, method):
    whole = rolling_figures(market, books, method, PLAN, WINDOW, range(30))
    late = rolling_figures(market, books, method, PLAN, WINDOW, range(4 * REFRESH_DAYS, 30))
    np.testing.assert_array_equal(whole.value_at_risk[:, 20:], late.value_at_risk)
    np.testing.assert_array_equal(whole.losses[20:], late.losses)
    alone = rolling_figures(market, books[1:], method, PLAN, WINDOW, range(30))
    for name in FIGURES:
        np.testing.assert_array_equal(getattr(whole, name)[:, :, 1:], getattr(alone, name))


def test_losses_are_those_of_holding_the_book_that_day(market, books):
    rolled = rolling_figures(market, books, "historical", PLAN, WINDOW, range(60))
    last = market.factors.moves[WINDOW:, market.factors.price("BBB")]
    price = market.factors.levels[market.factors.price("BBB")]
    np.testing.assert_allclose(rolled.losses[:, 1], 5.0 * price * (1 - np.exp(last)), rtol=1e-9)
    assert list(rolled.dates) == list(market.factors.dates[WINDOW:])


@pytest.mark.parametrize("method", ["historical", slow("gaussian")])
def test_losses_beyond_value_at_risk_are_as_rare_as_the_level_says(method):
    """Independent normal returns: exceptions are binomial but for the window's estimation error."""
    plan = RiskPlan(history=1200, scenarios=4000, seed=11, levels=(0.95,))
    draws = np.random.default_rng(17).normal(0.0, 0.01, 1201)
    days = prices(["AAA"], n_days=1201)
    quoted = days.assign(close=100.0 * np.exp(np.cumsum(draws)))
    market = build_market(quoted, stocks("AAA"), None, AS_OF, plan)
    positions = pd.DataFrame({"portfolio_id": ["p"], "instrument_id": ["AAA"], "quantity": [1.0]})
    rolled = rolling_figures(market, books_of(market, positions)[0], method, plan, 500, range(700))
    exceptions = int((rolled.losses > rolled.value_at_risk[0]).sum())
    # 700 days at 5%, and a quantile of 500 returns wanders by a tenth of its exceptions.
    low, high = stats.binom(700, 0.045).ppf(1e-4), stats.binom(700, 0.055).ppf(1 - 1e-4)
    assert low <= exceptions <= high


# Of losses whose squares overflow no error could be told.
@pytest.mark.parametrize("size", [1e308, 1e200])
def test_books_that_overflow_are_told_apart_from_the_others(market, books, size):
    vast = replace(books[1], portfolio_id="vast", quantities=np.array([size]))
    found = rolling_figures(market, [*books, vast], "historical", PLAN, WINDOW, range(10))
    np.testing.assert_array_equal(found.finite(), [True, True, False])
    plain = rolling_figures(market, books, "historical", PLAN, WINDOW, range(10))
    same(found.of_books(found.finite()), plain)
