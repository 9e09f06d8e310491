"""The largest losses, and their scenarios, are the last of all in order."""

import numpy as np
import pytest

from kernels.loss_order import largest_losses, largest_scenarios


def test_the_largest_scenarios_are_the_last_of_sorting_and_what_equals_their_first():
    losses = np.round(np.random.default_rng(3).normal(size=400), 1)
    order = np.argsort(losses, kind="stable")
    for first in (-3, 0, 1, 200, 399):
        found = largest_scenarios(losses, first)
        np.testing.assert_array_equal(found, order[len(order) - len(found) :])
        least = losses[order[max(first, 0)]]
        assert len(found) == (losses >= least).sum()


@pytest.mark.parametrize("first", [0, 1, 399])
def test_the_largest_losses_are_the_last_of_sorting(first):
    losses = np.random.default_rng(3).normal(size=400)
    np.testing.assert_array_equal(largest_losses(losses, first), np.sort(losses)[first:])
