"""Increments of corrected figures: differences of corrected books, with errors that hold."""

from functools import lru_cache

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from kernels.book_losses import book_losses
from risk.controls import Control
from risk.errors import PlanError
from risk.measures.allocation import allocate
from risk.measures.tail import measure_tails
from risk.scenarios.control_variates import corrected_tails
from risk.scenarios.quadratic_law import QuadraticLaw, quadratic_tails

LEVELS = (0.975, 0.99)
INSTRUMENTS = np.arange(4)
QUANTITIES = np.array([3.0, -1.0, 2.0, 0.05])
# Normal losses, correlated by 0.3; a control sees all of them but a part of this deviation.
MIXING = np.linalg.cholesky(np.full((4, 4), 0.3) + 0.7 * np.eye(4))
UNSEEN = 0.1
SEEDS = 200


def drawn(seed, n=4_000):
    draws = np.random.default_rng(seed)
    seen = MIXING @ draws.normal(size=(4, n))
    return seen, seen + UNSEEN * draws.normal(size=(4, n))


def control(seen, quantities):
    deviation = float(np.linalg.norm(MIXING.T @ quantities))
    if deviation == 0.0:
        return None
    law = QuadraticLaw(0.0, np.array([deviation]), np.array([0.0]))
    return Control(book_losses(seen, INSTRUMENTS, quantities), law)


def without(quantities, position):
    return np.where(position == INSTRUMENTS, 0.0, quantities)


def corrected(losses, seen, quantities):
    own, total = control(seen, quantities), book_losses(losses, INSTRUMENTS, quantities)
    if own is None:
        return measure_tails(total, LEVELS)
    return corrected_tails(total, own.losses, LEVELS, quadratic_tails(own.law, LEVELS))


def increments(seed, quantities=QUANTITIES, *, plain=False):
    seen, losses = drawn(seed)
    total = book_losses(losses, INSTRUMENTS, quantities)
    held = losses, INSTRUMENTS, quantities, total
    rest = [control(seen, without(quantities, position)) for position in INSTRUMENTS]
    tails = corrected(losses, seen, quantities)
    return allocate(*held, tails, LEVELS, without=None if plain else rest).incremental


@lru_cache(maxsize=1)
def over_seeds():
    return [increments(seed) for seed in range(SEEDS)]


def truth(measure):
    """What the position adds to the deviation of a normal book, times the measure's multiple."""

    def deviation(quantities):
        return np.sqrt(((MIXING.T @ quantities) ** 2).sum() + UNSEEN**2 * (quantities**2).sum())

    added = [deviation(QUANTITIES) - deviation(without(QUANTITIES, p)) for p in INSTRUMENTS]
    score = stats.norm.ppf(LEVELS)
    heights = stats.norm.pdf(score) / (1.0 - np.array(LEVELS))
    return np.outer(score if measure == "value_at_risk" else heights, added)


MEASURES = ("value_at_risk", "expected_shortfall")


@pytest.mark.parametrize("measure", MEASURES)
def test_an_increment_is_that_of_the_corrected_books(measure):
    seen, losses = drawn(1)
    found = getattr(increments(1), measure)
    whole = [getattr(tail, measure) for tail in corrected(losses, seen, QUANTITIES)]
    for position in INSTRUMENTS:
        rest = corrected(losses, seen, without(QUANTITIES, position))
        expected = [one - getattr(other, measure) for one, other in zip(whole, rest, strict=True)]
        assert_allclose(found[:, position], expected, atol=1e-12)


@pytest.mark.parametrize("measure", MEASURES)
def test_an_empty_position_adds_nothing_for_sure(measure):
    found = increments(2, np.array([3.0, 0.0, 2.0, 0.5]))
    assert_array_equal(getattr(found, measure)[:, 1], 0.0)
    assert_array_equal(getattr(found, f"{measure}_error")[:, 1], 0.0)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_lone_position_adds_the_book_with_its_error(measure):
    lone = np.array([0.0, 2.0, 0.0, 0.0])
    seen, losses = drawn(3)
    found = increments(3, lone)
    for number, tail in enumerate(corrected(losses, seen, lone)):
        assert getattr(found, measure)[number, 1] == getattr(tail, measure)
        error = getattr(tail, f"{measure}_error")
        assert_allclose(getattr(found, f"{measure}_error")[number, 1], error, rtol=1e-12)


@pytest.mark.parametrize("measure", MEASURES)
def test_what_is_hedged_adds_what_its_hedge_takes_off(measure):
    seen, losses = drawn(4)
    both, held = np.array([1, 1]), np.array([2.0, -2.0])
    total = book_losses(losses, both, held)
    controls = [control(seen, np.array([0.0, own, 0.0, 0.0])) for own in (-2.0, 2.0)]
    tails = measure_tails(total, LEVELS)
    found = allocate(losses, both, held, total, tails, LEVELS, without=controls).incremental
    alone = corrected(losses, seen, np.array([0.0, 2.0, 0.0, 0.0]))
    assert_allclose(getattr(found, measure)[:, 1], [-getattr(tail, measure) for tail in alone])
    errors = [getattr(tail, f"{measure}_error") for tail in alone]
    assert_allclose(getattr(found, f"{measure}_error")[:, 1], errors, rtol=1e-12)


@pytest.mark.parametrize("measure", MEASURES)
def test_errors_cover_the_truth_as_often_as_they_say(measure):
    misses = np.array([getattr(each, measure) for each in over_seeds()]) - truth(measure)
    errors = np.array([getattr(each, f"{measure}_error") for each in over_seeds()])
    # A share of 95% of two hundred is known to 1.5 points; the small position's is bounded below
    # alone, for the bound on what its quantile misses by is what it has for an error.
    covered = (np.abs(misses) < 1.96 * errors).mean(axis=0)
    assert (covered > 0.95 - 4 * 0.0154).all()
    assert (covered[:, :3] < 0.995).all()
    ratio = np.sqrt((misses**2).mean(axis=0) / (errors**2).mean(axis=0))[:, :3]
    # A deviation of two hundred is off by a twentieth.
    assert_allclose(ratio, 1.0, atol=0.2)


@pytest.mark.parametrize("measure", MEASURES)
def test_the_error_is_smaller_than_that_of_plain_increments(measure):
    own, plain = (
        np.mean([getattr(each, f"{measure}_error") for each in found], axis=0)[:, :3]
        for found in (over_seeds(), [increments(seed, plain=True) for seed in range(20)])
    )
    assert (own < 0.85 * plain).all()


def test_a_book_without_a_position_that_has_no_control_is_named():
    seen, losses = drawn(5)
    total = book_losses(losses, INSTRUMENTS, QUANTITIES)
    tails = corrected(losses, seen, QUANTITIES)
    rest = [control(seen, without(QUANTITIES, position)) for position in INSTRUMENTS]
    rest[2] = Control(np.zeros(4_000), rest[2].law)
    with pytest.raises(PlanError, match="without position 3, scenarios must lie on both sides"):
        allocate(losses, INSTRUMENTS, QUANTITIES, total, tails, LEVELS, without=rest)
