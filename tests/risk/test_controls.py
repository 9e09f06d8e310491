"""Controls of a night: figures corrected by delta-gamma losses, and what that leaves as it is."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from risk import (
    PlanError,
    books_of,
    build_market,
    current_values,
    draw_scenario_set,
    instrument_losses,
    measure_portfolios,
)
from risk.controls import book_control, build_controls
from risk.market.revalue import Shifts, revalue
from tests.lanes import slow
from tests.risk.markets import (
    AS_OF,
    BOOKS,
    PLAN,
    bond,
    closes,
    curve,
    mixed_market,
    positions,
    prices,
    stocks,
    terms,
)

MARKET = mixed_market()
HELD = positions(**BOOKS)
PLAIN = replace(PLAN, scenarios=2_000)
CONTROLLED = replace(PLAIN, variance_reduction="control_variate")
KEY = ["portfolio_id", "measure", "level"]


def measured(plan, method="gaussian", horizon=1, market=MARKET, held=HELD):
    losses = instrument_losses(market, method, horizon, plan)
    return measure_portfolios(market, held, losses, method, horizon, plan)


def controls_of(plan, horizon=1):
    found = build_controls(MARKET, "gaussian", horizon, plan, plan.scenarios)
    return {
        book.portfolio_id: book_control(found, book.instruments, book.quantities)
        for book in books_of(MARKET, HELD)[0]
    }


@pytest.mark.parametrize("horizon", [1, 10])
def test_corrected_figures_are_those_of_many_more_scenarios(horizon):
    own = measured(CONTROLLED, horizon=horizon).risk
    few, many = (
        measured(replace(PLAIN, scenarios=n, seed=77), horizon=horizon).risk
        for n in (PLAIN.scenarios, 200_000)
    )
    assert_array_equal(own[KEY], many[KEY])
    # Sixteen figures, within four of the errors of both.
    distance = (own["value"] - many["value"]).abs()
    assert (distance < 4.0 * np.hypot(own["standard_error"], many["standard_error"])).all()
    gain = (few["standard_error"] / own["standard_error"]) ** 2
    # A quantile's gain is n level (1 - level) at most, here 20 and 49: it is a scenario.
    assert (gain > 5.0).all()
    assert (gain[own["measure"] == "expected_shortfall"] > 100.0).all()


@pytest.mark.parametrize(("horizon", "least"), [slow(1, 0.0), (20, 0.7)])
def test_corrected_figures_spread_over_seeds_as_their_errors_say(horizon, least):
    plan = replace(CONTROLLED, scenarios=4_000)
    found = [measured(replace(plan, seed=seed), horizon=horizon).risk for seed in range(40)]
    spread = np.std([each["value"] for each in found], axis=0, ddof=1)
    said = np.mean([each["standard_error"] for each in found], axis=0)
    ratio = pd.Series(spread / said).groupby(found[0]["measure"]).mean()
    # A deviation of forty is off by an eighth, the mean over eight figures by less. Over a day the
    # control is all but the loss: a shortfall's error is the bound on what its quantile costs.
    assert least < ratio["expected_shortfall"] < 1.3
    assert 0.7 < ratio["value_at_risk"] < 1.3


@pytest.mark.parametrize("name", BOOKS)
def test_a_control_is_the_second_order_expansion_of_its_book(name):
    control = controls_of(replace(CONTROLLED, scenarios=100_000))[name]
    n_prices, n = len(MARKET.factors.prices), len(MARKET.factors.levels)
    numbers = MARKET.numbers()
    moves = 1e-3 * np.random.default_rng(1).normal(size=(n, 20))
    moves[n_prices:] *= 0.05
    now = current_values(MARKET)
    worth = revalue(MARKET, Shifts(moves, np.zeros((1, 1)), 1.0 / 252.0))
    losses = sum(q * (now[numbers[i]] - worth[numbers[i]]) for i, q in BOOKS[name].items())
    found = build_controls(MARKET, "gaussian", 1, CONTROLLED, 100)
    book = next(book for book in books_of(MARKET, HELD)[0] if book.portfolio_id == name)
    own = book_control(replace(found, moves=moves), book.instruments, book.quantities)
    # Differences of 1% of the price, and what is of third order in moves of a thousandth.
    assert_allclose(own.losses, losses, atol=2e-3 * np.abs(losses).max())
    # The law's moments are those of the scenarios, within four of their errors.
    assert abs(control.losses.mean() - control.law.mean) < 4.0 * control.law.deviation / 316.0
    assert_allclose(control.losses.std(), control.law.deviation, rtol=0.012)


def test_components_spread_over_seeds_as_their_errors_say():
    held = positions(**BOOKS, lone={"AAA": 10})
    plan = replace(CONTROLLED, scenarios=4_000)
    found = [
        measured(replace(plan, seed=seed), horizon=20, held=held).contributions
        for seed in range(60)
    ]
    spread = np.std([each["value"] for each in found], axis=0, ddof=1)
    said = np.sqrt(np.mean([each["standard_error"] ** 2 for each in found], axis=0))
    ratio = pd.Series(spread / said)
    # A deviation of sixty is off by an eleventh, the mean over thirty figures by less.
    mean = ratio.groupby(found[0]["measure"]).mean()
    assert_allclose(mean, 1.0, atol=0.12)
    assert ((ratio > 0.55) & (ratio < 1.4)).all()


def test_the_component_of_a_lone_position_has_the_books_error():
    found = measured(CONTROLLED, held=positions(lone={"AAA": 10}))
    own, whole = (
        frame.set_index(["measure", "level"])["standard_error"].sort_index()
        for frame in (found.contributions, found.risk)
    )
    assert_allclose(own, whole, rtol=1e-6)


def test_components_add_up_to_corrected_figures():
    found = measured(CONTROLLED)
    parts = found.contributions.groupby(KEY)["value"].sum()
    whole = found.risk.set_index(KEY)["value"]
    assert_allclose(parts[whole.index], whole, rtol=1e-12)


@pytest.mark.parametrize("horizon", [1, 10])
def test_increments_are_those_of_corrected_books(horizon):
    rest = {
        f"{name} without {out}": {held: units for held, units in book.items() if held != out}
        for name, book in BOOKS.items()
        for out in book
    }
    rest = {name: book for name, book in rest.items() if book}
    found = measured(CONTROLLED, horizon=horizon, held=positions(**BOOKS, **rest))
    assert found.failures == []
    values = found.risk.set_index(KEY)["value"]
    told = found.contributions.set_index(["portfolio_id", "instrument_id", "measure", "level"])
    for (name, out, *what), added in told["incremental"].items():
        if f"{name} without {out}" in rest:
            whole, left = values[name, *what], values[f"{name} without {out}", *what]
            assert_allclose(added, whole - left, atol=1e-9 * (abs(whole) + abs(left)))


@pytest.mark.parametrize("method", ["historical", "student_t", "quasi_gaussian"])
def test_other_methods_keep_every_bit(method):
    for name in ("risk", "contributions", "loss_quantiles"):
        own, plain = (getattr(measured(plan, method), name) for plan in (CONTROLLED, PLAIN))
        pd.testing.assert_frame_equal(own, plain, check_exact=True)


def test_a_book_alone_has_the_bits_it_has_among_others():
    together = measured(CONTROLLED)
    for name in BOOKS:
        alone = measured(CONTROLLED, held=HELD[HELD["portfolio_id"] == name])
        for table in ("risk", "contributions"):
            frame = getattr(together, table)
            own = frame[frame["portfolio_id"] == name].reset_index(drop=True)
            pd.testing.assert_frame_equal(getattr(alone, table), own, check_exact=True)


def test_a_requested_error_takes_far_fewer_scenarios():
    target = {"target_error": 0.005, "scenarios": 1_000, "most_scenarios": 1_000_000}
    drawn = {
        name: draw_scenario_set(MARKET, HELD, "gaussian", 1, replace(plan, **target)).counts.iloc[0]
        for name, plan in {"plain": PLAIN, "controlled": CONTROLLED}.items()
    }
    for counts in drawn.values():
        assert counts["largest_error"] <= 0.005
    assert drawn["plain"]["scenarios"] > 5 * drawn["controlled"]["scenarios"]


@pytest.mark.parametrize("covariance", ["ledoit_wolf", "factor_model", "ewma"])
def test_own_normals_of_factors_are_in_the_law(covariance):
    plan = replace(CONTROLLED, covariance=covariance, scenarios=50_000)
    for control in controls_of(plan).values():
        assert_allclose(control.losses.std(), control.law.deviation, rtol=4.0 / np.sqrt(1e5))


def test_a_book_that_does_not_move_keeps_its_plain_figures():
    market = build_market(
        pd.concat([prices(["AAA"]), closes("STILL", np.full(251, 100.0))]),
        stocks("AAA", "STILL"),
        None,
        AS_OF,
        CONTROLLED,
    )
    held = positions(still={"STILL": 10}, flat={"AAA": 0.0}, moving={"AAA": 1})
    found = measured(CONTROLLED, market=market, held=held)
    assert found.failures == []
    still = found.risk[found.risk["portfolio_id"] != "moving"]
    assert (still[["value", "standard_error"]] == 0.0).all().all()


def test_a_tail_without_a_scenario_fails_its_book_and_no_other():
    # A hundred scenarios of a bond, of which none may lie beyond a quantile of one in ten thousand.
    instruments = terms(("AAA", "equity", {}), bond("BOND"))
    market = build_market(prices(["AAA"]), instruments, curve(), AS_OF, CONTROLLED)
    plan = replace(CONTROLLED, scenarios=100, levels=(0.9999,))
    found = measured(plan, market=market, held=positions(rates={"BOND": 1}))
    assert [failure.entity for failure in found.failures] == ["rates"]
    assert "it has no control: scenarios must lie on both sides" in found.failures[0].message
    counts = draw_scenario_set(market, positions(rates={"BOND": 1}), "gaussian", 1, plan).counts
    assert np.isnan(counts["largest_error"].iloc[0])


def test_a_reduction_that_is_none_is_refused_by_name():
    with pytest.raises(PlanError, match="variance_reduction must be one of none, control_variate"):
        replace(PLAN, variance_reduction="antithetic")
