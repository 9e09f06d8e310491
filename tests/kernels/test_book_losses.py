"""Sums over positions: NumPy's, and free of everything but the book itself."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.book_losses import book_losses, position_losses


@settings(max_examples=30)
@given(st.integers(1, 12), st.integers(1, 2500), st.integers(0, 2**32 - 1))
def test_losses_are_the_weighted_sums(n_positions, n_scenarios, seed):
    draws = np.random.default_rng(seed)
    losses = draws.normal(size=(20, n_scenarios))
    instruments = draws.permutation(20)[:n_positions]
    quantities = draws.normal(0.0, 100.0, n_positions)
    total = book_losses(losses, instruments, quantities)
    # Another order of at most twelve terms of size 500.
    np.testing.assert_allclose(total, quantities @ losses[instruments], rtol=0, atol=1e-11)
    parts = position_losses(
        losses, instruments, quantities, np.arange(n_scenarios), np.full(n_scenarios, 1.0)
    )
    expected = quantities * losses[instruments].sum(axis=1)
    np.testing.assert_allclose(parts, expected, rtol=1e-9, atol=1e-9 * n_scenarios)


def test_a_scenario_does_not_depend_on_how_many_there_are():
    draws = np.random.default_rng(1)
    losses, instruments = draws.normal(size=(30, 3000)), np.arange(30)
    quantities = draws.normal(size=30)
    whole = book_losses(losses, instruments, quantities)
    part = book_losses(np.ascontiguousarray(losses[:, :1999]), instruments, quantities)
    assert np.array_equal(whole[:1999], part)


def test_losses_may_be_read_from_a_file_that_is_mapped(tmp_path):
    losses = np.random.default_rng(2).normal(size=(3, 50))
    np.save(tmp_path / "losses.npy", losses)
    mapped = np.load(tmp_path / "losses.npy", mmap_mode="r")
    chosen, quantities = np.array([0, 2]), np.array([1.0, -1.0])
    assert np.array_equal(
        book_losses(mapped, chosen, quantities), book_losses(losses, chosen, quantities)
    )
