"""Overlapping scenarios: design effects of normal sums, and errors that hold over histories."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import integrate, stats

from kernels.book_losses import book_losses
from risk.measures.allocation import allocate
from risk.measures.incremental import incremental_figures
from risk.measures.overlap import (
    design_effects,
    lagged_covariances,
    shared_days,
)
from risk.measures.tail import measure_tails, quantile_growth
from risk.what_if import compare_losses

OVERLAP = 10
LEVELS = (0.95, 0.975)
INSTRUMENTS = np.arange(4)
QUANTITIES = np.array([1.0, -0.5, 3.0, 0.5])


def overlapping_losses(seed, days, degrees=None):
    """Return ten-day losses of four instruments of one market, (4, days - 9), of independent days.

    Where ``degrees`` are given, days are a multivariate t's, scaled to a variance of its own.
    """
    rng = np.random.default_rng(seed)
    daily = rng.normal(size=(4, days)) + rng.normal(size=days)
    if degrees is not None:
        daily *= np.sqrt((degrees - 2.0) / rng.chisquare(degrees, days))
    sums = np.concatenate([np.zeros((4, 1)), np.cumsum(daily, axis=1)], axis=1)
    return np.ascontiguousarray(sums[:, OVERLAP:] - sums[:, :-OVERLAP])


def spread_ratio(figures, errors):
    """Return mean stated errors over the deviations of their figures over histories."""
    return np.mean(errors, axis=0) / np.std(figures, axis=0, ddof=1)


def joint_excess(score, correlation):
    """Return the mean product of what two normal numbers exceed a score by."""
    rest = np.sqrt(1.0 - correlation**2)

    def of(x):
        reach = (correlation * x - score) / rest
        mean = rest * (stats.norm.pdf(reach) + reach * stats.norm.cdf(reach))
        return (x - score) * mean * stats.norm.pdf(x)

    return integrate.quad(of, score, np.inf, epsabs=1e-13)[0]


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_design_effects_are_sums_of_normal_covariances(level):
    score, share, overlap = stats.norm.ppf(level), 1.0 - level, 4
    mean = stats.norm.pdf(score) - score * share
    square = (1.0 + score**2) * share - score * stats.norm.pdf(score)
    counted, excess, alone = 1.0, 1.0, 1.0
    for correlation in (0.75, 0.5, 0.25):
        pair = stats.multivariate_normal(cov=[[1.0, correlation], [correlation, 1.0]])
        both = pair.cdf([-score, -score])
        counted += 2.0 * (both - share**2) / (share * level)
        alone += 2.0 * correlation * both / share
        excess += 2.0 * (joint_excess(score, correlation) - mean**2) / (square - mean**2)
    assert_allclose(design_effects(level, overlap).quantile, counted, rtol=1e-4)
    assert_allclose(design_effects(level, overlap).part, alone, rtol=1e-4)
    assert_allclose(design_effects(level, overlap).shortfall, excess, rtol=1e-6)
    assert_allclose(
        design_effects(share, overlap).quantile, design_effects(level, overlap).quantile, rtol=1e-12
    )


def test_scenarios_that_do_not_overlap_tell_all_they_can():
    found = np.array([0.002, -0.001]), np.array([0.009, 0.009])
    assert design_effects(0.99, 1).quantile == pytest.approx(1.0, abs=1e-14)
    assert design_effects(0.99, 1).shortfall == pytest.approx(1.0, abs=1e-14)
    assert design_effects(0.99, 1).part == pytest.approx(1.0, abs=1e-14)
    assert quantile_growth(500, 0.99, 1) == 1.0
    assert_array_equal(lagged_covariances(*found, 0.99, 1), found[0])
    assert shared_days(np.arange(5), np.full(5, 0.2), 1) == 1.0
    assert shared_days(np.array([3, 40, 90]), np.full(3, 1 / 3), OVERLAP) == pytest.approx(1.0)


def test_books_that_go_together_do_so_by_the_design_effect_and_others_not_at_all():
    scale = 0.01 * 0.99
    found = lagged_covariances(np.array([scale, 0.0]), np.full(2, scale), 0.99, OVERLAP)
    assert_allclose(found, [scale * design_effects(0.99, OVERLAP).quantile, 0.0], atol=1e-12)


def test_a_longer_overlap_tells_less():
    growths = [quantile_growth(500, 0.99, overlap) for overlap in (1, 2, 5, 10, 20, 250)]
    assert (np.diff(growths) > 0.0).all()
    # Of many losses it is the root of the design effect.
    many = quantile_growth(10_000_000, 0.99, OVERLAP) ** 2
    assert many == pytest.approx(design_effects(0.99, OVERLAP).quantile, rel=1e-3)


@pytest.mark.parametrize("degrees", [None, 5.0])
def test_errors_of_overlapping_scenarios_are_their_spread_over_histories(degrees):
    figures, errors = [], []
    for seed in range(2_000):
        losses = overlapping_losses(seed, 500, degrees)[0]
        tails = measure_tails(losses, (0.975, 0.99), OVERLAP)
        figures.append([tails[0].value_at_risk, tails[1].expected_shortfall])
        errors.append([tails[0].value_at_risk_error, tails[1].expected_shortfall_error])
    quantile, shortfall = spread_ratio(figures, errors)
    # A deviation of two thousand is off by a sixtieth, a heavy tail's by four times as much.
    assert_allclose(quantile, 1.0, atol=0.15)
    # No day of a normal law makes a run of its own, as is taken for granted.
    assert 0.85 < shortfall < (1.6 if degrees is None else 1.15)


def test_errors_of_overlapping_parts_are_their_spread_over_histories():
    figures, errors = [], []
    for seed in range(600):
        losses = overlapping_losses(seed, 500, 5.0)
        total = book_losses(losses, INSTRUMENTS, QUANTITIES)
        tails = measure_tails(total, LEVELS, OVERLAP)
        held = losses, INSTRUMENTS, QUANTITIES, total
        found = allocate(*held, tails, LEVELS, OVERLAP)
        both = found, found.incremental
        figures.append([(part.value_at_risk, part.expected_shortfall) for part in both])
        errors.append([(part.value_at_risk_error, part.expected_shortfall_error) for part in both])
    ratio = spread_ratio(figures, errors)
    # Of components and increments, value at risk and expected shortfall; a deviation of six
    # hundred is off by a thirtieth.
    assert_allclose(ratio.mean(axis=(2, 3)), 1.0, atol=0.2)
    assert_allclose(ratio, 1.0, atol=0.45)


@pytest.mark.parametrize("overlap", [1, OVERLAP])
def test_taking_a_position_off_in_a_what_if_has_the_error_of_its_increment(overlap):
    losses = overlapping_losses(1, 800)
    total = book_losses(losses, INSTRUMENTS, QUANTITIES)
    found = incremental_figures(losses, INSTRUMENTS, QUANTITIES, total, LEVELS, overlap)
    for position, quantity in enumerate(QUANTITIES):
        rest = total - quantity * losses[position]
        compared = compare_losses(rest, total, LEVELS, overlap).set_index("measure")
        for name in ("value_at_risk", "expected_shortfall"):
            own = getattr(found, f"{name}_error")[:, position]
            assert_allclose(compared.loc[name, "standard_error"], own, rtol=1e-9)


def test_errors_of_huge_losses_are_as_many_times_those_of_small_ones():
    losses = overlapping_losses(2, 300)
    small, huge = (
        incremental_figures(own, INSTRUMENTS, QUANTITIES, total, LEVELS, OVERLAP)
        for own in (losses, 1e120 * losses)
        for total in [book_losses(own, INSTRUMENTS, QUANTITIES)]
    )
    errors = 1e120 * small.expected_shortfall_error
    assert_allclose(huge.expected_shortfall_error, errors, rtol=1e-9)
