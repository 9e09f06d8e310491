"""Marginal, component and incremental figures: Euler, closed forms, plain recomputation."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import special, stats

from kernels.book_losses import book_losses
from kernels.sobol import sobol_uniforms
from risk.measures.allocation import (
    allocate,
    component_value_at_risk,
    diversification_ratio,
    quantile_weights,
)
from risk.measures.incremental import incremental_figures
from risk.measures.influence import (
    densities_at,
    density_place,
    density_span,
    quantile_influence,
    randomised_error,
    shortfall_influence,
    tail_change_error,
)
from risk.measures.overlap import lagged_covariances
from risk.measures.selected_tails import select_tails
from risk.measures.tail import measure_tail, measure_tails, tail_errors
from tests.risk.randomised import randomised_tail

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
        weights = quantile_weights(total, level)
        assert_allclose(weights.weights.sum(), 1.0)
        parts = component_value_at_risk(losses, INSTRUMENTS, QUANTITIES, weights, value)
        assert_allclose(parts.sum(), value, rtol=1e-12)


def test_parts_add_up_where_losses_leap_at_the_quantile():
    # It gains one on 95 days of a hundred, and loses ten on the others: at 95% a gain, which about
    # the quantile is a mean loss.
    total = np.where(np.arange(100) < 95, -1.0, 10.0)
    losses = np.stack([2.0 * total, -total, np.full(100, 0.5)])
    held, quantities = np.arange(3), np.array([1.0, 1.0, 0.0])
    tail = measure_tail(total, 0.95)
    assert tail.value_at_risk == -1.0
    parts = component_value_at_risk(
        losses, held, quantities, quantile_weights(total, 0.95), tail.value_at_risk
    )
    assert_allclose(parts.sum(), -1.0, rtol=1e-12)
    assert np.abs(parts).max() < 25.0


def test_components_of_normal_losses_are_covariances(losses, total):
    """The part of a normal book is its covariance with the book over the book's deviation."""
    mixing = np.array([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.2, 0.3, 0.9]])
    covariance = mixing @ mixing.T
    held = np.zeros(3)
    held[INSTRUMENTS] = QUANTITIES
    deviation = np.sqrt(held @ covariance @ held)
    exact = (held * (covariance @ held) / deviation)[INSTRUMENTS] * stats.norm.ppf(0.975)
    weights = quantile_weights(total, 0.975)
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


def one_by_one(losses, instruments, quantities, total, levels, overlap, randomisations):
    """Return the four incremental figures from whole columns, a position and a level at a time."""

    def measured(column, level):
        quantile, shortfall = (own[0] for own in select_tails(column, (level,)))
        density = densities_at(np.sort(column), len(column), level)
        on_quantile = quantile_influence(column, quantile, density)
        return quantile, shortfall, on_quantile, shortfall_influence(column, quantile, level)

    def errors(whole, without, level):
        changes = whole[2] - without[2], whole[3] - without[3]
        if randomisations is not None:
            return [randomised_error(change, randomisations) for change in changes]
        covariance = np.cov(whole[2], without[2], bias=True)
        scales = np.sqrt(np.outer(*[covariance.diagonal()] * 2))
        lagged = lagged_covariances(covariance, scales, level, overlap)
        variance = max(lagged[0, 0] - 2.0 * lagged[0, 1] + lagged[1, 1], 0.0)
        if overlap == 1:
            shortfall = tail_errors((1.0 - level) * changes[1].std() ** 2, len(total), level)
        else:
            shortfall = tail_change_error(whole[3], without[3], level, overlap)
        return np.sqrt(variance / len(total)), float(shortfall)

    figures = np.empty((4, len(levels), len(instruments)))
    for position, (instrument, quantity) in enumerate(zip(instruments, quantities, strict=True)):
        column = total - quantity * losses[instrument]
        for number, level in enumerate(levels):
            whole, without = measured(total, level), measured(column, level)
            figures[:, number, position] = (
                whole[0] - without[0],
                whole[1] - without[1],
                *errors(whole, without, level),
            )
    return figures


@pytest.mark.parametrize(
    ("n", "digits", "overlap", "randomisations"),
    [
        (1, 15, 1, None),
        (2, 15, 1, 2),
        (40, 15, 1, None),
        (490, 15, 10, None),
        (3_000, 1, 1, None),
        (4_096, 15, 1, 16),
    ],
)
def test_incremental_figures_are_those_of_a_position_at_a_time(n, digits, overlap, randomisations):
    losses = np.round(np.random.default_rng(n).standard_t(4, (7, n)), digits)
    instruments, quantities = np.array([6, 1, 3, 0]), np.array([1.0, -2.0, 300.0, 0.0])
    held = losses, instruments, quantities, book_losses(losses, instruments, quantities)
    for levels in ((0.5,), (0.9, 0.999)):
        told = *held, levels, overlap, randomisations
        found, expected = incremental_figures(*told), one_by_one(*told)
        assert_array_equal(found.value_at_risk, expected[0])
        assert_array_equal(found.expected_shortfall, expected[1])
        # Of counts, and of every scenario's influence: one variance, but for rounding.
        squares = found.value_at_risk_error**2, expected[2] ** 2
        assert_allclose(*squares, rtol=1e-9, atol=1e-12 * squares[1].max())
        assert_array_equal(found.expected_shortfall_error, expected[3])


def test_a_book_with_a_loss_that_is_no_number_has_no_increments(losses):
    torn = losses[:, :200].copy()
    torn[1, 5:] = np.nan
    held = torn, INSTRUMENTS, QUANTITIES, book_losses(torn, INSTRUMENTS, QUANTITIES)
    found = incremental_figures(*held, LEVELS)
    assert np.isnan(found.value_at_risk).all()
    assert np.isnan(found.expected_shortfall).all()


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


def allocated(losses, total):
    tails = measure_tails(total, LEVELS)
    return allocate(losses, INSTRUMENTS, QUANTITIES, total, tails, LEVELS)


@pytest.mark.parametrize(("degrees", "n"), [(None, 5_000), (4.0, 20_000)])
def test_errors_of_parts_are_their_spread_over_samples(degrees, n):
    figures, errors = [], []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        mixing = np.array([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.2, 0.3, 0.9]])
        sample = mixing @ rng.normal(size=(3, n))
        if degrees is not None:
            sample *= np.sqrt(degrees / rng.chisquare(degrees, n))
        found = allocated(sample, book_losses(sample, INSTRUMENTS, QUANTITIES))
        for kept, suffix in ((figures, ""), (errors, "_error")):
            kept.append(
                [
                    getattr(each, name + suffix)
                    for each in (found, found.incremental)
                    for name in ("value_at_risk", "expected_shortfall")
                ]
            )
    ratio = np.std(figures, axis=0, ddof=1) / np.mean(errors, axis=0)
    # A deviation of a hundred is off by a fourteenth, the mean over nine of a kind by less.
    assert_allclose(ratio.mean(axis=(1, 2)), 1.0, atol=0.12)
    assert_allclose(ratio, 1.0, atol=0.32)


@pytest.mark.parametrize("overlap", [1, 10])
def test_the_error_of_a_lone_position_is_the_books(losses, overlap):
    own, held = np.array([1]), np.array([2.0])
    total = book_losses(losses, own, held)
    tails = measure_tails(total, LEVELS, overlap)
    found = allocate(losses, own, held, total, tails, LEVELS, overlap)
    for number, tail in enumerate(tails):
        shortfall = tail.expected_shortfall_error
        assert_allclose(found.expected_shortfall_error[number, 0], shortfall, rtol=1e-9)
        assert_allclose(found.value_at_risk_error[number, 0], tail.value_at_risk_error, rtol=1e-9)
        # Of the expansion's influence, and of order statistics: one law, two estimates.
        added = found.incremental.expected_shortfall_error[number, 0]
        assert_allclose(added, shortfall, rtol=0.02)
        added = found.incremental.value_at_risk_error[number, 0]
        assert_allclose(added, tail.value_at_risk_error, rtol=0.25)


def test_a_density_is_that_of_the_quantiles_beside_it():
    sample = np.sort(np.random.default_rng(6).normal(size=5_000))
    for level in LEVELS:
        span = density_span(5_000, level)
        low, high = np.quantile(sample, span, method="median_unbiased")
        odds = np.diff(special.logit(span))[0]
        density = level * (1.0 - level) * odds / (high - low)
        assert_allclose(densities_at(sample, 5_000, level), density, rtol=1e-12)
        assert_allclose(density, stats.norm.pdf(stats.norm.ppf(level)), rtol=0.15)
        kept = sample[int(density_place(5_000, span[0])) :]
        assert densities_at(kept, 5_000, level) == densities_at(sample, 5_000, level)
    assert densities_at(np.ones(100), 100, 0.9) == 0.0


@pytest.mark.parametrize("law", [stats.norm, stats.logistic, stats.expon, stats.t(3)])
def test_a_density_is_told_without_bias_whatever_the_tail(law):
    # A sample without noise. Over probabilities, where quantiles bend, it would be told too low by
    # a quarter, of t(3) by two fifths.
    n, level = 500, 0.99
    ordered = law.ppf((np.arange(n) + 2.0 / 3.0) / (n + 1.0 / 3.0))
    # Between its order statistics the sample is straight, and its law is not.
    assert_allclose(densities_at(ordered, n, level), law.pdf(law.ppf(level)), rtol=0.05)


def test_errors_of_increments_are_their_spread_where_tails_are_heavy():
    figures, errors = [], []
    for seed in range(600):
        rng = np.random.default_rng(seed)
        sample = rng.normal(size=(3, 4_000)) + rng.normal(size=4_000)
        sample *= np.sqrt(4.0 / rng.chisquare(4.0, 4_000))
        total = book_losses(sample, INSTRUMENTS, QUANTITIES)
        found = incremental_figures(sample, INSTRUMENTS, QUANTITIES, total, (0.99,))
        figures.append(found.value_at_risk)
        errors.append(found.value_at_risk_error)
    ratio = np.mean(errors, axis=0) / np.std(figures, axis=0, ddof=1)
    # A deviation of six hundred is off by a thirtieth, heavy tails' by half as much again.
    assert_allclose(ratio.mean(), 1.0, atol=0.1)


def test_errors_of_quasi_random_parts_are_their_spread_over_scrambles():
    mixing = np.array([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.2, 0.3, 0.9]])
    randomisations, levels = 16, (0.9, 0.975)
    figures, errors, plain = [], [], []
    for seed in range(100):
        sample = mixing @ special.ndtri(sobol_uniforms(3, 4_096, randomisations, seed))
        total = book_losses(sample, INSTRUMENTS, QUANTITIES)
        tails = [
            replace(
                tail,
                value_at_risk_error=randomised_tail(
                    total, level, randomisations
                ).value_at_risk_error,
            )
            for tail, level in zip(measure_tails(total, levels), levels, strict=True)
        ]
        held = sample, INSTRUMENTS, QUANTITIES, total, tails, levels
        dealt, drawn = allocate(*held, randomisations=randomisations), allocate(*held)
        for kept, found, suffix in (
            (figures, dealt, ""),
            (errors, dealt, "_error"),
            (plain, drawn, "_error"),
        ):
            kept.append(
                [
                    getattr(each, name + suffix)
                    for each in (found, found.incremental)
                    for name in ("value_at_risk", "expected_shortfall")
                ]
            )
    said = np.sqrt(np.mean(np.square(errors), axis=0))
    ratio = np.std(figures, axis=0, ddof=1) / said
    # A deviation of a hundred is off by a fourteenth, the mean over six of a kind by less.
    assert_allclose(ratio.mean(axis=(1, 2)), 1.0, atol=0.15)
    assert_allclose(ratio, 1.0, atol=0.35)
    # Of parts of expected shortfall the errors of independent draws would be too large.
    assert (said[1] < 0.8 * np.mean(plain, axis=0)[1]).all()
