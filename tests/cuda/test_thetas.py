"""Theta models fitted on a grid are the processor's, series by series."""

import numpy as np
import pytest

from kernels.theta import ThetaModel, fit_thetas

pytestmark = pytest.mark.usefixtures("grids")


def _series():
    draws = np.random.default_rng(4)
    season = np.tile([10.0, 14.0, 7.0, 9.0], 6)
    parts = [
        season * (1.0 + 0.1 * draws.random(24)),
        draws.normal(0.0, 5.0, 17),
        np.full(9, 3.0),
        np.array([4.0]),
        50.0 + np.cumsum(draws.normal(0.5, 1.0, 31)),
    ]
    return np.concatenate(parts), np.concatenate([[0], np.cumsum([len(p) for p in parts])])


@pytest.mark.parametrize("model", list(ThetaModel))
@pytest.mark.parametrize(("season_length", "at_once"), [(4, None), (1, 2)])
def test_fits_and_forecasts_are_the_processors(model, season_length, at_once):
    from kernels.cuda import thetas

    values, offsets = _series()
    expected = fit_thetas(values, offsets, season_length, 5, model)
    found = thetas.fit_thetas(values, offsets, season_length, 5, model, at_once=at_once)
    # The processor's sixteen alphas are summed in another order: a parabola's lowest point is
    # known to half the digits of its errors.
    for own, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(own, theirs, rtol=1e-7, atol=1e-10)
