"""Exponential smoothing chosen on a grid is the processor's, series by series."""

import numpy as np
import pytest

from kernels.ets import fit_ets, forecast_ets
from kernels.ets_forward import track_ets
from kernels.ets_paths import simulate_ets
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


def _years_of_weeks(periods):
    """Return a wave with a peak, a growing ratio, two short series and a constant."""
    draws, weeks = np.random.default_rng(13), np.arange(130.0)
    swing = np.sin(2.0 * np.pi * weeks / 52.0)
    parts = [
        20.0 + 6.0 * swing + 9.0 * (weeks % 52.0 == 40.0) + draws.normal(0.0, 0.5, 130),
        (10.0 + 0.1 * weeks) * (1.0 + 0.3 * swing) * (1.0 + 0.02 * draws.normal(size=130)),
        60.0 + 18.0 * swing[:80] * (1.0 + 0.03 * draws.normal(size=80)),
        draws.normal(0.0, 5.0, 40),
        np.full(60, 3.0),
    ]
    return flat([part[:periods] for part in parts])


@pytest.mark.parametrize("names", [(), ("AAdA", "MAdM"), ("MNA",)])
def test_models_of_a_year_of_weeks_are_fitted_again_and_run_on_as_on_the_processor(names):
    from kernels.cuda import ets, ets_forward, ets_paths

    def compare(found, expected):
        np.testing.assert_array_equal(found.model, expected.model)
        for own, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(own, other, rtol=CLOSE, atol=CLOSE)

    earlier, (values, offsets) = _years_of_weeks(126), _years_of_weeks(130)
    near = fit_ets(*earlier, 52, names)
    assert (near.model % 3 > 0).any()
    compare(ets.fit_ets(*earlier, 52, names, at_once=3), near)
    expected = refit_ets(near, values, offsets)
    found = ets.refit_ets(near, values, offsets)
    compare(found, expected)
    np.testing.assert_array_equal(found.points, expected.points)
    news, signal = (np.array([21.0, 22.0]), np.array([0, 2, 2, 2, 2, 2])), np.zeros(5)
    rolled, _ = track_ets(expected, signal, *news)
    compare(ets_forward.track_ets(expected, signal, *news)[0], rolled)
    means, close = forecast_ets(rolled, 54), {"rtol": 1e-11, "atol": 1e-11}
    np.testing.assert_allclose(ets_forward.forecast_ets(rolled, 54), means, **close)
    told = (rolled, np.arange(5, dtype=np.uint64), 2, 54, 3)
    np.testing.assert_allclose(ets_paths.simulate_ets(*told), simulate_ets(*told), **close)


def test_every_season_that_a_line_up_gives_a_model_has_room_on_a_device():
    from forecasting.models import ets_model
    from kernels.cuda import ets_kernels

    assert ets_model.LONGEST_SEASON <= ets_kernels.LONGEST_SEASON


def test_a_season_that_no_thread_has_room_for_is_refused():
    from kernels.cuda import ets

    with pytest.raises(ValueError, match=r"season_length must be in \[1, 52\]; got 53"):
        ets.fit_ets(np.ones(4), np.array([0, 4]), 53)
