"""From scores to moves: the step a score falls on, the line between two knots."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kernels.margins import interpolate_knots, pick_steps, place_among

NUMBERS = st.floats(-10.0, 10.0)


@given(arrays(float, st.integers(0, 30), elements=NUMBERS), NUMBERS)
def test_a_place_is_the_number_of_thresholds_below(thresholds, score):
    thresholds.sort()
    assert place_among(score, thresholds) == np.searchsorted(thresholds, score)


def test_a_score_takes_the_value_of_its_step():
    scores = np.array([[-5.0, 0.0, 0.1, 5.0], [1.0, 0.9, -1.0, 2.0]])
    values = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
    pick_steps(scores, np.array([0.0, 1.0]), values)
    assert np.array_equal(scores, [[1.0, 1.0, 2.0, 3.0], [20.0, 20.0, 10.0, 30.0]])


def test_between_knots_a_score_is_interpolated_and_beyond_them_held():
    draws = np.random.default_rng(1)
    knots = np.sort(draws.normal(size=20))
    values = np.sort(draws.normal(size=(3, 20)), axis=1)
    scores = draws.normal(scale=3.0, size=(3, 200))
    scores[0, :20] = knots
    expected = [np.interp(row, knots, own) for row, own in zip(scores, values, strict=True)]
    interpolate_knots(scores, knots, values)
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-13)
