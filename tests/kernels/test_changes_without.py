"""Changes of a tail without a position: NumPy's of whole columns, to the bit."""

import numpy as np
import pytest

from kernels.book_losses import book_losses
from kernels.changes_without import Figures, changes_without, randomised_changes

LEVELS = np.array([0.9, 0.975])


@pytest.fixture(params=[(1, 15), (37, 15), (1_000, 15), (3_001, 1)])
def book(request):
    n, digits = request.param
    draws = np.random.default_rng(n)
    losses = np.round(draws.standard_t(4, (6, n)), digits)
    instruments, quantities = np.array([5, 0, 3]), np.array([2.0, -0.5, 0.0])
    return losses, instruments, quantities, book_losses(losses, instruments, quantities)


def columns(book):
    losses, instruments, quantities, total = book
    return [total - own * losses[row] for row, own in zip(instruments, quantities, strict=True)]


def figures_of(book):
    def at(column):
        return np.quantile(column, LEVELS, method="inverted_cdf")

    without = np.array([at(column) for column in columns(book)]).T.copy()
    return Figures(1.0 - LEVELS, at(book[-1]), without)


def change(figures, total, column, level, position):
    """Return what a scenario loses beyond value at risk with the position, less without it."""
    with_it = np.maximum(total - figures.whole[level], 0.0) / figures.shares[level]
    return with_it - (
        np.maximum(column - figures.without[level, position], 0.0) / figures.shares[level]
    )


def test_they_are_those_of_whole_columns(book):
    figures, total = figures_of(book), book[-1]
    found = changes_without(*book, figures)
    for position, column in enumerate(columns(book)):
        for level in range(len(LEVELS)):
            deviation = change(figures, total, column, level, position).std()
            beyond = column > figures.without[level, position]
            assert found.deviations[level, position] == deviation
            assert found.beyond[level, position] == beyond.sum()
            both = (beyond & (total > figures.whole[level])).sum()
            assert found.both[level, position] == both


def test_a_position_that_holds_nothing_changes_nothing(book):
    found = changes_without(*book, figures_of(book))
    np.testing.assert_array_equal(found.deviations[:, 2], 0.0)
    np.testing.assert_array_equal(found.both[:, 2], found.beyond[:, 2])


def test_sums_of_randomisations_are_those_of_their_scenarios(book):
    figures, total, randomisations = figures_of(book), book[-1], 4
    whole, without = np.array([2.0, 3.0]), np.array([[1.0, 0.0, 2.0], [0.5, 4.0, 3.0]])
    steps = whole, without
    quantile, excess = randomised_changes(*book, figures, steps, randomisations)
    dealt = np.arange(len(total)) % randomisations
    for position, column in enumerate(columns(book)):
        for level in range(len(LEVELS)):
            own = change(figures, total, column, level, position)
            sums = np.bincount(dealt, weights=own, minlength=randomisations)
            np.testing.assert_array_equal(excess[level, position], sums)
            moved = whole[level] * (total > figures.whole[level]) - (
                without[level, position] * (column > figures.without[level, position])
            )
            sums = np.bincount(dealt, weights=moved, minlength=randomisations)
            np.testing.assert_array_equal(quantile[level, position], sums)
