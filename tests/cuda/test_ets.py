"""Exponential smoothing chosen on a grid is the processor's, series by series."""

import numpy as np
import pytest

from kernels.ets import fit_ets, forecast_ets
from kernels.ets_refit import refit_ets
from tests.cuda.histories import flat, ragged_histories

pytestmark = pytest.mark.usefixtures("grids")
# Searches take the same steps from the same start; each rounds a few thousand sums by itself.
CLOSE = 1e-6


def _series():
    return flat(ragged_histories(np.random.default_rng(12), 10))


@pytest.mark.parametrize(("season_length", "at_once"), [(4, None), (1, 4)])
def test_models_parameters_and_forecasts_are_the_processors(season_length, at_once):
    from kernels.cuda import ets

    values, offsets = _series()
    expected = fit_ets(values, offsets, season_length)
    found = ets.fit_ets(values, offsets, season_length, at_once=at_once)
    np.testing.assert_array_equal(found.model, expected.model)
    np.testing.assert_array_equal(found.points, expected.points)
    np.testing.assert_allclose(found.criterion, expected.criterion, rtol=CLOSE)
    np.testing.assert_allclose(found.smoothing, expected.smoothing, rtol=CLOSE, atol=CLOSE)
    np.testing.assert_allclose(found.start, expected.start, rtol=CLOSE, atol=CLOSE)
    means = forecast_ets(expected, 5)
    np.testing.assert_allclose(forecast_ets(found, 5), means, rtol=CLOSE, atol=CLOSE)


def test_only_the_models_that_are_named_are_tried():
    from kernels.cuda import ets

    values, offsets = _series()
    expected = fit_ets(values, offsets, 1, ("AAN", "AAdN"))
    found = ets.fit_ets(values, offsets, 1, ("AAN", "AAdN"), at_once=3)
    np.testing.assert_array_equal(found.model, expected.model)
    np.testing.assert_array_equal(found.points, expected.points)


@pytest.mark.parametrize(("season_length", "at_once"), [(4, None), (1, 4)])
def test_models_fitted_again_are_the_processors(season_length, at_once):
    from kernels.cuda import ets

    values, offsets = _series()
    # What was known a few periods before; the short ones had no model then.
    ends = np.maximum(offsets[1:] - 3, offsets[:-1])
    parts = [values[start:end] for start, end in zip(offsets[:-1], ends, strict=True)]
    earlier = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    near = fit_ets(np.concatenate(parts), earlier, season_length)
    expected = refit_ets(near, values, offsets)
    found = ets.refit_ets(near, values, offsets, at_once=at_once)
    assert (expected.model >= 0).any()
    assert (expected.model < 0).any()
    np.testing.assert_array_equal(found.model, expected.model)
    np.testing.assert_array_equal(found.points, expected.points)
    for part in ("criterion", "level", "trend", "variance", "smoothing", "start", "seasons"):
        own, other = getattr(found, part), getattr(expected, part)
        np.testing.assert_allclose(own, other, rtol=CLOSE, atol=CLOSE, err_msg=part)


def test_a_season_that_no_thread_has_room_for_is_refused():
    from kernels.cuda import ets

    with pytest.raises(ValueError, match=r"season_length must be in \[1, 24\]; got 52"):
        ets.fit_ets(np.ones(4), np.array([0, 4]), 52)
