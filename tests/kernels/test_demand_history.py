"""Passes over demand histories."""

import numpy as np
import pytest

from kernels.demand_history import intervals_and_variations, recent_moments
from tests.kernels.flat import offsets_of


def test_moments_are_about_seasonal_means_of_the_recent_past():
    draws = np.random.default_rng(4)
    season = np.tile([1.0, 5.0, 9.0], 40)
    values = season + draws.integers(0, 3, 120)
    out = np.empty((1, 4))
    recent_moments(values, offsets_of([values]), 3, 30, out)
    last = values[-30:]
    about = last.reshape(10, 3) - last.reshape(10, 3).mean(axis=0)
    assert out[0, 0] == pytest.approx(last.mean())
    assert out[0, 1] == pytest.approx((about**2).sum() / 27)
    assert out[0, 2] == (last == 0).mean()
    assert out[0, 3] == 1.0


def test_one_fraction_makes_demand_continuous():
    values = np.array([1.0, 2.0, 0.0, 2.5])
    out = np.empty((1, 4))
    recent_moments(values, offsets_of([values]), 7, 28, out)
    assert out[0].tolist() == pytest.approx([1.375, np.var(values, ddof=1), 0.25, 0.0])


def test_a_series_without_demand_has_no_interval():
    out = np.empty((2, 2))
    intervals_and_variations(np.array([0.0, 0.0, 0.0, 4.0]), np.array([0, 2, 4]), out)
    assert out.tolist() == [[np.inf, 0.0], [2.0, 0.0]]
