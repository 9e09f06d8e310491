"""Marginal, component and incremental figures: Euler, closed forms, plain recomputation."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from kernels.book_losses import book_losses
from risk.measures.allocation import (
    component_value_at_risk,
    diversification_ratio,
    incremental_figures,
    quantile_weights,
    select_tails,
)
from risk.measures.tail import measure_tail

LEVELS = (0.9, 0.975, 0.99)
QUANTITIES = np.array([3.0, -1.0, 2.0])
INSTRUMENTS = np.array([2, 0, 1])


@pytest.fixture(scope="module")
def losses():
    rng = np.random.default_rng(5)
    mixing = np.array([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.2, 0.3, 0.9]])
    return mixing @ rng.normal(size=(3, 40_000))


@pytest.fixture(scope="module")
def total(losses):
    return book_losses(losses, INSTRUMENTS, QUANTITIES)


@pytest.mark.parametrize("n", [1, 2, 37, 1_000])
def test_selected_tails_are_those_of_sorting(n):
    sample = np.random.default_rng(n).standard_t(3, n)
    value_at_risk, shortfall = select_tails(sample, LEVELS)
    for number, level in enumerate(LEVELS):
        tail = measure_tail(sample, level)
        assert value_at_risk[number] == tail.value_at_risk
        assert_allclose(shortfall[number], tail.expected_shortfall, rtol=1e-12)


def test_components_add_up_to_value_at_risk(losses, total):
    for level in LEVELS:
        value = measure_tail(total, level).value_at_risk
        weights = quantile_weights(np.argsort(total), level)
        assert_allclose(weights.weights.sum(), 1.0)
        parts = component_value_at_risk(losses, INSTRUMENTS, QUANTITIES, weights, value)
        assert_allclose(parts.sum(), value, rtol=1e-12)


def test_components_of_normal_losses_are_covariances(losses, total):
    """The part of a normal book is its covariance with the book over the book's deviation."""
    mixing = np.array([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.2, 0.3, 0.9]])
    covariance = mixing @ mixing.T
    held = np.zeros(3)
    held[INSTRUMENTS] = QUANTITIES
    deviation = np.sqrt(held @ covariance @ held)
    exact = (held * (covariance @ held) / deviation)[INSTRUMENTS] * stats.norm.ppf(0.975)
    weights = quantile_weights(np.argsort(total), 0.975)
    value = measure_tail(total, 0.975).value_at_risk
    parts = component_value_at_risk(losses, INSTRUMENTS, QUANTITIES, weights, value)
    # About 80 scenarios carry the mean; a position's spread given the book's loss is below 3.
    assert_allclose(parts, exact, atol=4.0 * 3.0 / np.sqrt(80.0))
    assert np.argmax(parts) == np.argmax(exact)


def test_incremental_figures_are_those_of_the_book_without_the_position(losses, total):
    found = incremental_figures(losses, INSTRUMENTS, QUANTITIES, total, LEVELS)
    for position in range(3):
        rest = np.delete(np.arange(3), position)
        without = book_losses(losses, INSTRUMENTS[rest], QUANTITIES[rest])
        for number, level in enumerate(LEVELS):
            whole, part = measure_tail(total, level), measure_tail(without, level)
            assert_allclose(
                found.value_at_risk[number, position],
                whole.value_at_risk - part.value_at_risk,
                atol=1e-12,
            )
            assert_allclose(
                found.expected_shortfall[number, position],
                whole.expected_shortfall - part.expected_shortfall,
                atol=1e-12,
            )


def test_a_lone_position_adds_everything(losses):
    own = np.array([1])
    total = book_losses(losses, own, np.array([2.0]))
    found = incremental_figures(losses, own, np.array([2.0]), total, LEVELS)
    assert_array_equal(found.value_at_risk[:, 0], select_tails(total, LEVELS)[0])


def test_a_hedge_lowers_the_book(losses):
    instruments, quantities = np.array([0, 0]), np.array([1.0, -0.5])
    total = book_losses(losses, instruments, quantities)
    found = incremental_figures(losses, instruments, quantities, total, (0.975,))
    assert found.expected_shortfall[0, 1] < 0.0 < found.expected_shortfall[0, 0]


def test_diversification_is_one_where_all_move_together():
    assert diversification_ratio(np.array([1.0, 2.0]), 3.0) == 1.0
    assert diversification_ratio(np.array([1.0, 1.0]), np.sqrt(2.0)) == pytest.approx(np.sqrt(2.0))
    assert np.isnan(diversification_ratio(np.array([1.0]), 0.0))
