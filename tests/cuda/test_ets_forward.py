"""Stored exponential smoothing models are carried, run again and forecast as on the processor."""

import numpy as np
import pytest

from kernels import ets_forward as on_processor
from kernels.ets import fit_ets
from kernels.ets import forecast_ets as forecast_on_processor
from tests.cuda.histories import flat, ragged_histories

pytestmark = pytest.mark.usefixtures("grids")
# A few steps of a recursion that forgets at every one what the step before rounded.
CLOSE = {"rtol": 1e-12, "atol": 1e-12}
SEASON = 4


def _histories():
    draws = np.random.default_rng(21)
    return [*ragged_histories(draws, 18), 20.0 + draws.random(26)]


def _news():
    """Return what came after, ragged, for one series nothing and for another less than nothing."""
    draws = np.random.default_rng(22)
    sizes = (3, 1, 6, 2, 0, 9, 5)
    news = [10.0 + 5.0 * draws.random(size) for size in sizes]
    news[6][2] = -1.0
    return news


def _fits(names=()):
    return fit_ets(*flat(_histories()), SEASON, names)


def _compare(found, expected):
    np.testing.assert_array_equal(found.model, expected.model)
    for part in expected._fields[1:]:
        own, other = getattr(found, part), getattr(expected, part)
        np.testing.assert_allclose(own, other, **CLOSE, err_msg=part)


# Relative errors, ratios and a damped trend; what has no such model keeps its value.
@pytest.mark.parametrize("names", [(), ("MAdM",), ("AAA",)])
@pytest.mark.parametrize("at_once", [None, 1, 3])
def test_states_and_signals_are_carried_as_the_processor_carries_them(names, at_once):
    from kernels.cuda.ets_forward import track_ets

    fits, signal = _fits(names), np.linspace(-0.2, 0.3, 7)
    expected, moved = on_processor.track_ets(fits, signal, *flat(_news()))
    found, own = track_ets(fits, signal, *flat(_news()), at_once=at_once)
    _compare(found, expected)
    np.testing.assert_allclose(own, moved, **CLOSE)
    assert not np.array_equal(moved, signal)
    for part in ("level", "seasons"):
        assert not np.array_equal(getattr(expected, part), getattr(fits, part))


def test_a_night_without_news_leaves_every_state_as_it_is():
    from kernels.cuda.ets_forward import track_ets

    fits, signal = _fits(), np.linspace(-0.2, 0.3, 7)
    found, own = track_ets(fits, signal, np.empty(0), np.zeros(8, np.int64))
    np.testing.assert_array_equal(own, signal)
    for one, other in zip(found, fits, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("names", [(), ("MAdM",)])
@pytest.mark.parametrize("at_once", [None, 2])
def test_models_run_through_their_histories_end_as_on_the_processor(names, at_once):
    from kernels.cuda.ets_forward import run_ets

    fits = _fits(names)
    longer = [np.append(old, new) for old, new in zip(_histories(), _news(), strict=True)]
    expected = on_processor.run_ets(fits, *flat(longer))
    found = run_ets(fits, *flat(longer), at_once=at_once)
    # What ends below zero has lost a model of relative errors.
    assert expected.model[6] != fits.model[6] or fits.model[6] < 9
    _compare(found, expected)


@pytest.mark.parametrize("at_once", [None, 1, 3])
def test_forecasts_from_states_are_the_processors(at_once):
    from kernels.cuda.ets_forward import forecast_ets

    fits = _fits()
    expected = forecast_on_processor(fits, 5)
    np.testing.assert_allclose(forecast_ets(fits, 5, at_once=at_once), expected, **CLOSE)
    assert np.isnan(expected).any()


def test_states_of_a_season_that_no_thread_has_room_for_are_refused():
    from kernels.cuda import ets_forward, ets_paths
    from kernels.ets_fits import no_fits

    fits, nothing = no_fits(1, 53), np.empty(0)
    with pytest.raises(ValueError, match=r"season_length must be in \[1, 52\]; got 53"):
        ets_forward.track_ets(fits, np.zeros(1), nothing, np.zeros(2, np.int64))
    with pytest.raises(ValueError, match=r"season_length must be in \[1, 52\]; got 53"):
        ets_paths.simulate_ets(fits, np.zeros(1, np.uint64), 2, 2, 0)
