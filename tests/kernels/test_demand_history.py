"""Passes over demand histories."""

import numpy as np
import pytest

from kernels.demand_history import intervals_and_variations, recent_moments
from tests.kernels.flat import offsets_of


def test_moments_are_about_seasonal_means_of_the_recent_past():
    draws = np.random.default_rng(4)
    season = np.tile([1.0, 5.0, 9.0], 40)
    values = season + draws.integers(0, 3, 120)
    out = np.empty((1, 5))
    recent_moments(values, offsets_of([values]), 3, 30, out)
    last = values[-30:]
    about = last.reshape(10, 3) - last.reshape(10, 3).mean(axis=0)
    assert out[0, 0] == pytest.approx(last.mean())
    assert out[0, 1] == pytest.approx((about**2).sum() / 27)
    assert out[0, 3] == (last == 0).mean()
    assert out[0, 4] == 1.0


@pytest.mark.parametrize("n", [30, 32])
def test_the_variance_about_a_line_is_that_of_a_regression(n):
    values = np.random.default_rng(5).normal(50.0, 4.0, 40) + 3.0 * np.arange(40)
    out = np.empty((1, 5))
    recent_moments(values, offsets_of([values]), 3, n, out)
    dummies = np.eye(3)[np.arange(n) % 3]
    design = np.column_stack([dummies, np.arange(n)])
    _, squares, _, _ = np.linalg.lstsq(design, values[-n:], rcond=None)
    assert out[0, 2] == pytest.approx((squares[0] + out[0, 1]) / (n - 3))
    assert out[0, 2] < 0.1 * out[0, 1]


def test_a_few_periods_along_a_line_leave_some_variance():
    values = np.array([2.0, 4.5, 7.0, 9.5, 12.0, 1.0, 3.0, 5.0, 5.0, 5.0])
    out = np.empty((3, 5))
    recent_moments(values, np.array([0, 5, 7, 10]), 7, 28, out)
    assert out[:, 1].tolist() == pytest.approx([15.625, 2.0, 0.0])
    assert out[:, 2].tolist() == pytest.approx([15.625 / 4.0, 2.0, 0.0])


def test_one_fraction_makes_demand_continuous():
    values = np.array([1.0, 2.0, 0.0, 2.5])
    out = np.empty((1, 5))
    recent_moments(values, offsets_of([values]), 7, 28, out)
    variance = np.var(values, ddof=1)
    # A line that tells nothing leaves all of the variance.
    expected = [1.375, variance, variance, 0.25, 0.0]
    assert out[0].tolist() == pytest.approx(expected)


def test_a_series_without_demand_has_no_interval():
    out = np.empty((2, 2))
    intervals_and_variations(np.array([0.0, 0.0, 0.0, 4.0]), np.array([0, 2, 4]), out)
    assert out.tolist() == [[np.inf, 0.0], [2.0, 0.0]]
