"""The stationary bootstrap: runs of geometric length, from anywhere, of whole days."""

import numpy as np
import pytest
from scipy import stats

from kernels.philox import Stream, uniforms
from kernels.stationary_bootstrap import bootstrap_moves, fill_days
from tests.oracles.scenarios import bootstrap_days


def days(n_scenarios, horizon, n_days=50, restart=0.2, seed=3, first=0):
    out = np.empty((n_scenarios, horizon), np.int64)
    fill_days(seed, first, n_days, restart, out)
    return out


@pytest.mark.parametrize("restart", [1.0, 0.2, 1e-9])
def test_days_are_those_of_a_plain_loop_over_the_counters(restart):
    stream = Stream.STATIONARY_BLOCKS
    draws = uniforms(3, stream, np.zeros(1, np.uint64), 40, 60)[0].reshape(40, 30, 2)
    expected = bootstrap_days(draws[:, :, 0], draws[:, :, 1], 50, restart)
    assert np.array_equal(days(40, 30, restart=restart), expected)


def test_a_scenarios_days_depend_on_its_number_and_the_seed_alone():
    whole = days(40, 30)
    assert np.array_equal(whole[10:], days(30, 30, first=10))
    assert np.array_equal(whole[:, :7], days(40, 7))
    assert not np.array_equal(whole, days(40, 30, seed=4))


def test_runs_have_geometric_lengths():
    found = days(4000, 200, n_days=100_000, restart=0.25)
    # A new run that happens to go on where the old one was passes for none: once in 100,000.
    breaks = np.diff(found, axis=1) != 1
    # From any day on, the wait for a new run is geometric, for it has no memory.
    waits = np.array([np.argmax(row[60:]) + 1 for row in breaks])
    expected = np.append(0.25 * 0.75 ** np.arange(14), 0.75**14)
    seen = np.bincount(np.minimum(waits, 15), minlength=16)[1:]
    assert stats.chisquare(seen, expected * seen.sum()).pvalue > 1e-5


def test_every_day_is_drawn_alike_at_every_step():
    found = days(20_000, 12, n_days=20)
    for step in (0, 5, 11):
        assert stats.chisquare(np.bincount(found[:, step], minlength=20)).pvalue > 1e-5


def test_the_last_day_is_followed_by_the_first():
    found = days(100, 30, n_days=5, restart=1e-12)
    assert np.array_equal(np.diff(found, axis=1) % 5, np.ones((100, 29)))


def test_moves_are_sums_of_whole_days():
    moves = np.random.default_rng(1).normal(size=(50, 7))
    summed = bootstrap_moves(moves, 5.0, 30, 200, 3)
    np.testing.assert_allclose(summed.T, moves[days(200, 30)].sum(axis=1), rtol=0, atol=1e-13)
    one_day = bootstrap_moves(moves, 5.0, 1, 200, 3)
    assert np.array_equal(one_day.T, moves[days(200, 1)[:, 0]])


def test_a_factors_moves_do_not_depend_on_the_others_nor_on_the_number_of_scenarios():
    moves = np.random.default_rng(1).normal(size=(50, 7))
    whole = bootstrap_moves(moves, 5.0, 30, 200, 3)
    assert np.array_equal(whole[2:3], bootstrap_moves(moves[:, 2:3], 5.0, 30, 200, 3))
    assert np.array_equal(whole[:, :90], bootstrap_moves(moves, 5.0, 30, 90, 3))


@pytest.mark.parametrize("length", [0.5, float("nan")])
def test_a_run_shorter_than_a_day_is_refused(length):
    with pytest.raises(ValueError, match="block_length must be at least 1; got"):
        bootstrap_moves(np.zeros((5, 1)), length, 1, 1, 0)
