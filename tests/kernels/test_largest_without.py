"""The largest losses of books without a position: those of sorting every column."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.book_losses import book_losses
from kernels.largest_without import largest_without


def sorted_columns(losses, instruments, quantities, total, kept):
    held = zip(instruments, quantities, strict=True)
    columns = [np.sort(total - quantity * losses[own]) for own, quantity in held]
    return np.array(columns)[:, len(total) - kept :]


@settings(max_examples=60)
@given(
    n_positions=st.integers(1, 6),
    n_scenarios=st.integers(1, 4_000),
    share=st.floats(0.0, 1.0),
    digits=st.sampled_from([0, 1, 15]),
    seed=st.integers(0, 2**32 - 1),
)
def test_they_are_those_of_sorting_to_the_bit(n_positions, n_scenarios, share, digits, seed):
    draws = np.random.default_rng(seed)
    # Of no digits most losses are ties.
    losses = np.round(draws.standard_t(4, (8, n_scenarios)), digits)
    instruments = draws.permutation(8)[:n_positions]
    # Of some books nearly all is one position, long or short.
    quantities = draws.normal(size=n_positions) * 10.0 ** draws.integers(-1, 3, n_positions)
    total = book_losses(losses, instruments, quantities)
    kept = max(int(share * n_scenarios), 1)
    held = losses, instruments, quantities, total, kept
    np.testing.assert_array_equal(largest_without(*held), sorted_columns(*held))


@pytest.mark.parametrize("hidden", [False, True])
def test_no_floor_is_too_high_or_too_low_for_a_tail(hidden):
    """What the book's worst scenarios tell of the book without the position may be quite wrong."""
    draws = np.random.default_rng(2)
    total = draws.normal(size=5_000)
    rest = draws.normal(size=5_000)
    worst = np.sort(np.argsort(total)[-2_000:])
    # Those asked are the largest of all, though too few for a tail; or else the smallest.
    rest[worst] = -50.0
    rest[worst[::10]] = 50.0 if hidden else -60.0
    held = (total - rest)[None], np.array([0]), np.array([1.0]), total, 1_000
    np.testing.assert_array_equal(largest_without(*held), sorted_columns(*held))


def test_a_row_is_that_of_its_position_alone():
    draws = np.random.default_rng(3)
    losses, instruments = draws.normal(size=(5, 3_000)), np.array([4, 0, 2])
    quantities = np.array([3.0, -1.0, 0.0])
    total = book_losses(losses, instruments, quantities)
    whole = largest_without(losses, instruments, quantities, total, 100)
    for n in range(3):
        part = slice(n, n + 1)
        alone = largest_without(losses, instruments[part], quantities[part], total, 100)
        np.testing.assert_array_equal(alone[0], whole[n])
    # Without a position that holds nothing the book is what it was.
    np.testing.assert_array_equal(whole[2], np.sort(total)[-100:])


def test_what_is_no_number_is_not_taken_for_a_loss():
    losses = np.random.default_rng(4).normal(size=(2, 300))
    losses[1, 7:] = np.nan
    total = np.random.default_rng(5).normal(size=300)
    found = largest_without(losses, np.array([0, 1]), np.ones(2), total, 20)
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()
