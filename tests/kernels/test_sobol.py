"""Scrambled Sobol points: their digits, the net they form, and what a point may depend on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import qmc

from kernels.sobol import (
    direction_numbers,
    fill_normal_quantiles,
    scramble_directions,
    sobol_uniforms,
)

SEEDS = st.integers(0, 2**32 - 1)


def sequence(n_dimensions, n_points, seed, randomisation=0, of=1):
    """Return one sequence of several, (n_dimensions, n_points)."""
    return sobol_uniforms(n_dimensions, n_points * of, of, seed)[:, randomisation::of]


@pytest.mark.parametrize("n_points", [1, 2, 64, 1000])
def test_direction_numbers_make_the_points_of_scipy(n_points):
    n_dimensions = 70
    directions = direction_numbers(n_dimensions, n_points)
    engine = qmc.Sobol(n_dimensions, scramble=False, bits=32)
    size = 2 ** max(1, (n_points - 1).bit_length())
    published = (engine.random(size) * 2.0**32).astype(np.uint64)
    for number in range(size):
        gray, word = number ^ (number >> 1), np.zeros(n_dimensions, np.uint64)
        for bit in range(directions.shape[1]):
            if gray >> bit & 1:
                word ^= directions[:, bit]
        assert np.array_equal(word, published[number])


@settings(max_examples=25)
@given(seed=SEEDS, m=st.integers(1, 9), randomisation=st.integers(0, 3))
def test_every_randomisation_puts_one_point_in_each_elementary_box(seed, m, randomisation):
    points = sequence(5, 2**m, seed, randomisation, of=4)
    for row in points:
        assert sorted((row * 2**m).astype(int)) == list(range(2**m))
    # The first two coordinates are a (0, m, 2)-net: every box of area 2**-m has one point.
    for k in range(m + 1):
        boxes = (points[0] * 2**k).astype(int) * 2 ** (m - k) + (points[1] * 2 ** (m - k)).astype(
            int
        )
        assert sorted(boxes) == list(range(2**m))


def test_a_scramble_keeps_the_leading_bit_of_each_direction_in_place():
    # A lower triangular matrix of bits with ones on its diagonal moves no leading bit.
    plain = direction_numbers(40, 2**20)
    out = np.empty((40, plain.shape[1] + 1), np.uint64)
    scramble_directions(plain, 7, 2, out)
    leading = [int(word).bit_length() for word in plain.ravel()]
    assert [int(word).bit_length() for word in out[:, :-1].ravel()] == leading
    assert not np.array_equal(out[:, :-1], plain)


def test_each_coordinate_of_each_point_is_uniform_over_seeds():
    # 12 coordinates of 2,000 seeds: a sound scramble fails once in 8,000 choices of seeds.
    drawn = np.array([sobol_uniforms(3, 4, 1, seed).ravel() for seed in range(2000)])
    assert min(stats.kstest(column, "uniform").pvalue for column in drawn.T) > 1e-5
    assert drawn.min() > 0.0
    assert drawn.max() < 1.0


def test_randomisations_are_independent_of_each_other():
    drawn = np.array([sobol_uniforms(2, 8, 8, seed) for seed in range(2000)])
    across = np.corrcoef(drawn.reshape(2000, -1).T)[np.triu_indices(16, 1)]
    # 120 correlations of deviation 1 / sqrt(2000).
    assert np.abs(across).max() < 5.0 / np.sqrt(2000)


@given(seed=SEEDS, few=st.integers(3, 40), more=st.integers(41, 200))
@settings(max_examples=20)
def test_more_scenarios_or_dimensions_continue_the_fewer(seed, few, more):
    whole = sobol_uniforms(9, more, 3, seed)
    assert np.array_equal(whole[:4, :few], sobol_uniforms(4, few, 3, seed))


def test_another_seed_scrambles_otherwise():
    assert not np.array_equal(sobol_uniforms(2, 8, 2, 1), sobol_uniforms(2, 8, 2, 2))


def test_the_error_of_a_smooth_mean_falls_much_faster_than_that_of_monte_carlo():
    def spread(n_points):
        # Sobol's own example, product of 1 + (u - 1/2): its mean is 1.
        means = [np.prod(0.5 + sequence(4, n_points, seed), axis=0).mean() for seed in range(60)]
        assert abs(np.mean(means) - 1.0) < 5.0 * np.std(means) / np.sqrt(60)
        return np.var(means)

    plain = ((1.0 + 1.0 / 12.0) ** 4 - 1.0) / 1024
    # Scrambled nets reach n**-3 but for logarithms; 60 seeds know a variance to a fifth.
    assert spread(1024) < plain / 1000
    assert spread(1024) < spread(64) / 16**2


def test_normal_quantiles_are_those_of_scipy():
    values = np.array([[1e-9, 0.2, 0.5], [0.9, 0.999, 1 - 1e-9]])
    expected = stats.norm.ppf(values)
    fill_normal_quantiles(values)
    np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 10, 1, 0), "n_dimensions must be 1 to 21201; got 0"),
        ((21_202, 10, 1, 0), "n_dimensions must be 1 to 21201; got 21202"),
        ((2, 10, 0, 0), "randomisations must be 1 to 10; got 0"),
        ((2, 10, 11, 0), "randomisations must be 1 to 10; got 11"),
        ((2, 10, 1, 2**32), r"seed must be in \[0, 2\*\*32\); got 4294967296"),
        ((2, 2**30 + 1, 1, 0), "n_points must be 1 to 2\\*\\*30; got 1073741825"),
    ],
)
def test_arguments_out_of_range_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        sobol_uniforms(*arguments)
