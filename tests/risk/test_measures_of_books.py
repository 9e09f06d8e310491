"""Drawdowns, betas, tail dependence, liquidity horizons: closed forms, plain loops, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from risk.errors import PlanError
from risk.measures.dependence import (
    measure_betas,
    tail_dependence,
)
from risk.measures.drawdown import measure_drawdowns
from risk.measures.liquidity import liquidity_horizon_shortfall
from risk.measures.tail import measure_tail

LOSSES = arrays(float, st.tuples(st.integers(1, 30), st.just(2)), elements=st.floats(-100, 100))


@given(LOSSES)
def test_drawdowns_are_those_of_a_plain_walk(losses):
    found = measure_drawdowns(losses, 0.9)
    for book in range(2):
        won = best = run = longest = 0.0
        below = []
        for loss in losses[:, book]:
            won -= loss
            best = max(best, won)
            below.append(best - won)
            run = run + 1 if best > won else 0
            longest = max(longest, run)
        assert_allclose(found.deepest[book], max(below), atol=1e-9)
        assert_allclose(found.mean[book], np.mean(below), atol=1e-9)
        worst = measure_tail(np.array(below), 0.9).expected_shortfall
        assert_allclose(found.conditional[book], worst, atol=1e-9)
        assert found.longest[book] == longest


def test_a_day_that_is_not_known_moves_no_drawdown():
    losses = np.array([[1.0], [np.nan], [2.0], [-5.0]])
    found = measure_drawdowns(losses)
    assert (found.deepest[0], found.mean[0], found.longest[0]) == (3.0, 1.25, 3)


def test_betas_are_those_of_least_squares():
    rng = np.random.default_rng(2)
    market = rng.normal(0.0, 0.01, 250)
    losses = -(market[:, None] * [1e6, -5e5, 0.0] + rng.normal(0.0, 1e3, (250, 3)))
    found = measure_betas(losses, market)
    for book in range(3):
        fit = stats.linregress(market, -losses[:, book])
        assert_allclose(found.exposure[book], fit.slope, rtol=1e-9)
        assert_allclose(found.standard_error[book], fit.stderr, rtol=1e-9)
        assert_allclose(found.explained[book], fit.rvalue**2, atol=1e-9)


def test_a_market_or_book_that_never_moves_has_no_beta():
    still, moving = np.zeros((10, 1)), np.arange(10.0)
    assert np.isnan(measure_betas(moving[:, None], np.zeros(10)).exposure[0])
    beta = measure_betas(still, moving)
    assert beta.exposure[0] == 0.0
    assert np.isnan(beta.explained[0])


def test_tail_dependence_is_one_with_itself_and_zero_with_the_opposite():
    losses = np.random.default_rng(3).normal(size=(500, 2))
    assert_array_equal(tail_dependence(losses, losses), 1.0)
    assert_array_equal(tail_dependence(losses, -losses), 0.0)


def test_the_estimate_is_that_of_the_law_it_was_drawn_from():
    law = stats.multivariate_t(shape=[[1.0, 0.6], [0.6, 1.0]], df=4.0, seed=0)
    draws = law.rvs(200_000, random_state=4)
    # McNeil, Frey & Embrechts (2015), section 7.2.4, before its limit.
    expected = float(law.cdf([stats.t.isf(0.99, 4.0)] * 2)) / 0.01
    found = tail_dependence(draws[:, :1], draws[:, 1:], 0.99)[0]
    # Of 2,000 days in the tail; four deviations of their share, and the law's own quadrature.
    assert found == pytest.approx(expected, abs=4.0 * np.sqrt(0.25 / 2_000) + 1e-3)


def test_liquidity_horizons_add_up_as_the_standard_writes():
    shortfalls = np.array([100.0, 60.0, 40.0, 10.0, 5.0])
    written = np.sqrt(
        100.0**2
        + (60.0 * np.sqrt((20 - 10) / 10)) ** 2
        + (40.0 * np.sqrt((40 - 20) / 10)) ** 2
        + (10.0 * np.sqrt((60 - 40) / 10)) ** 2
        + (5.0 * np.sqrt((120 - 60) / 10)) ** 2
    )
    assert_allclose(liquidity_horizon_shortfall(shortfalls), written, rtol=1e-15)
    # What can be sold within the base horizon keeps its own shortfall; what takes 40 days and is
    # all there is grows by the root of 4.
    assert liquidity_horizon_shortfall(np.array([100.0, 0, 0, 0, 0])) == 100.0
    assert_allclose(liquidity_horizon_shortfall(np.array([100.0, 100, 100, 0, 0])), 200.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: measure_drawdowns(np.empty((0, 2))), "with a day"),
        (lambda: measure_drawdowns(np.ones((3, 1)), 1.0), "level must be in"),
        (lambda: measure_betas(np.ones((2, 1)), np.ones(2)), "three days"),
        (lambda: tail_dependence(np.ones((10, 1)), np.ones((10, 1)), 0.95), "leaves no day"),
        (lambda: tail_dependence(np.ones((10, 1)), np.ones((10, 1)), 0.0), "level must be in"),
        (lambda: liquidity_horizon_shortfall(np.ones(3)), "each of 5"),
        (lambda: measure_tail(np.empty(0), 0.99), "there is none"),
    ],
)
def test_what_is_out_of_range_is_refused(call, message):
    with pytest.raises(PlanError, match=message):
        call()


# Equal numbers whose mean is not one of them: a deviation would be a rounding above zero.
STILL = np.full(250, 0.001)


def test_a_market_that_never_moved_has_no_betas():
    assert STILL.std() > 0.0
    found = measure_betas(np.random.default_rng(4).normal(size=(250, 2)), STILL)
    for figure in (found.exposure, found.standard_error, found.explained):
        assert np.isnan(figure).all()


def test_a_book_that_never_moved_has_a_beta_of_zero_and_nothing_explained():
    found = measure_betas(STILL[:, None], np.random.default_rng(5).normal(size=250))
    assert (found.exposure[0], found.standard_error[0]) == (0.0, 0.0)
    assert np.isnan(found.explained[0])
