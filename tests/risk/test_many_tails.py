"""Tails of many samples are those of each, beside any others."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from risk.measures.many_tails import measure_many_tails
from risk.measures.tail import measure_tail
from tests.risk.randomised import randomised_tail

LEVELS = (0.9, 0.975)


@pytest.mark.parametrize("n", [1, 60, 333, 5_000])
def test_figures_of_many_samples_are_those_of_each(n):
    losses = np.random.default_rng(3).standard_t(4, (n, 7))
    found = measure_many_tails(losses, LEVELS)
    for number, level in enumerate(LEVELS):
        for book in range(7):
            tail = measure_tail(losses[:, book], level)
            assert found.value_at_risk[number, book] == tail.value_at_risk
            for name in found._fields:
                own = getattr(found, name)[number, book]
                assert_allclose(own, getattr(tail, name), rtol=1e-11, atol=1e-15)


def test_a_sample_has_the_bits_alone_that_it_has_among_others():
    losses = np.random.default_rng(4).standard_t(4, (2_000, 7))
    many, alone = (measure_many_tails(chosen, LEVELS) for chosen in (losses, losses[:, 2:3]))
    assert_array_equal(np.array(many)[:, :, 2:3], np.array(alone))


def test_errors_of_dealt_scenarios_come_from_their_randomisations():
    losses = np.random.default_rng(5).normal(size=(1_000, 3))
    found = measure_many_tails(losses, LEVELS, randomisations=8)
    for number, level in enumerate(LEVELS):
        for book in range(3):
            tail = randomised_tail(losses[:, book], level, 8)
            for name in found._fields:
                own = getattr(found, name)[number, book]
                assert_allclose(own, getattr(tail, name), rtol=1e-12)
