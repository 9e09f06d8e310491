"""Outliers, shifts and surprises: what was put in is found, and what belongs there is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.level_shifts import SIDE, find_shifts, find_surprises
from kernels.outliers import find_outliers, from_root, to_root
from tests.forecasting.demand import week
from tests.kernels.flat import offsets_of


def outliers(*series, season=7, year=365.25):
    values = np.concatenate(series).astype(float)
    expected, capped = np.empty_like(values), np.empty_like(values)
    find_outliers(values, offsets_of(series), season, year, expected, capped)
    return expected, capped


def shifts(y, season=7, year=365):
    y = np.asarray(y, float)
    before, after = np.empty_like(y), np.empty_like(y)
    find_shifts(y, np.array([0, len(y)]), season, year, before, after)
    return before, after


def surprises(y, season=7, newest=7):
    y = np.asarray(y, float)
    expected = np.empty_like(y)
    find_surprises(y, np.array([0, len(y)]), season, newest, expected)
    return np.flatnonzero(np.isfinite(expected))


def weekly(seed, days=200, level=20.0):
    return np.random.default_rng(seed).poisson(level * week(np.arange(days))).astype(float)


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0, 57.0])
def test_roots_return(value):
    assert from_root(to_root(value)) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(("place", "value"), [(100, 400.0), (3, 300.0), (150, 0.0)])
def test_a_slip_is_found_and_brought_to_three_spreads_of_what_was_expected(place, value):
    y = weekly(1, level=60.0)
    clean = y.copy()
    y[place] = value
    expected, capped = outliers(y)
    assert np.flatnonzero(np.isfinite(expected)).tolist() == [place]
    # Three spreads on the roots' scale, each of one for a Poisson, and the level's own error.
    off = abs(to_root(capped[place]) - to_root(expected[place]))
    assert 2.5 < off < 5.0
    assert abs(to_root(expected[place]) - to_root(clean[place])) < 4.0
    untouched = np.arange(len(y)) != place
    assert np.array_equal(capped[untouched], y[untouched])


@pytest.mark.parametrize("away", [-7, -1, 0, 6])
def test_a_peak_that_another_year_has_too_is_no_outlier(away):
    y = weekly(2, days=800)
    y[[300, 665 + away]] = 200.0
    expected, capped = outliers(y)
    assert np.isnan(expected).all()
    assert np.array_equal(capped, y)


@pytest.mark.parametrize(("place", "value"), [(665 + 20, 200.0), (665, 0.0), (500, 200.0)])
def test_two_that_are_not_a_year_apart_on_one_side_are_outliers_both(place, value):
    y = weekly(2, days=800, level=60.0)
    y[300], y[place] = 600.0, value
    expected, _ = outliers(y)
    assert np.flatnonzero(np.isfinite(expected)).tolist() == sorted([300, place])


def test_what_the_season_of_a_year_leaves_is_judged():
    y = np.random.default_rng(3).poisson(60.0, 160).astype(float)
    y[50], y[102] = 600.0, 100.0
    # The season has the peak that both years reach; the first year's is far above it.
    expected, _ = outliers(y, season=52, year=365.25 / 7.0)
    assert np.flatnonzero(np.isfinite(expected)).tolist() == [50]


def test_a_peak_of_two_years_ago_is_that_of_this_year():
    y = weekly(2, days=1_100)
    y[[100, 830]] = 200.0
    assert np.isnan(outliers(y)[0]).all()


@given(st.integers(0, 2**31), st.sampled_from([0.2, 2.0, 20.0, 300.0]))
@settings(max_examples=40)
def test_poisson_demand_of_a_week_has_no_outliers(seed, level):
    expected, capped = outliers(weekly(seed, level=level))
    assert np.isnan(expected).all()
    assert np.array_equal(capped, weekly(seed, level=level))


def test_a_promotion_of_a_week_and_what_happens_last_are_no_slips():
    y = weekly(2)
    y[80:87] *= 8.0
    y[-1] = 500.0
    assert np.isnan(outliers(y)[0]).all()


def test_a_day_of_every_week_is_no_slip():
    level = np.tile([20.0, 20.0, 20.0, 200.0, 20.0, 20.0, 0.0], 30)
    y = np.random.default_rng(3).poisson(level)
    assert np.isnan(outliers(y)[0]).all()


def test_a_size_that_is_no_size_of_rare_demand_is_found():
    draws = np.random.default_rng(4)
    y = (draws.random(300) < 0.2) * (1.0 + draws.poisson(2.0, 300))
    sold = np.flatnonzero(y)
    y[sold[10]] = 5000.0
    expected, capped = outliers(y)
    assert np.flatnonzero(np.isfinite(expected)).tolist() == [sold[10]]
    assert expected[sold[10]] <= 5.0
    assert y[sold[:10]].max() <= capped[sold[10]] < 50.0
    assert capped[sold[10]] == np.floor(capped[sold[10]])


@pytest.mark.parametrize("factor", [0.25, 4.0, 1024.0])
def test_continuous_demand_in_another_unit_has_the_same_outliers(factor):
    y = np.random.default_rng(11).gamma(9.0, 0.01, 200) + 1e-3
    y[60], y[90] = 5.0, 0.0
    (expected, capped), (other, others) = outliers(y), outliers(factor * y)
    assert np.flatnonzero(np.isfinite(expected)).tolist() == [60, 90]
    assert np.array_equal(other, factor * expected, equal_nan=True)
    assert np.array_equal(others, factor * capped)


@given(st.integers(0, 2**31))
@settings(max_examples=15)
def test_a_series_is_judged_the_same_in_any_company(seed):
    draws = np.random.default_rng(seed)
    series = [draws.negative_binomial(0.5, 0.1, n).astype(float) for n in draws.integers(1, 90, 4)]
    together = np.split(outliers(*series)[1], offsets_of(series)[1:-1])
    for y, capped in zip(series, together, strict=True):
        assert np.array_equal(outliers(y)[1], capped)


def test_a_step_is_found_where_it_is_with_the_levels_on_both_sides():
    draws = np.random.default_rng(5)
    y = np.concatenate([draws.poisson(20, 120), draws.poisson(50, 130)])
    before, after = shifts(y)
    (found,) = np.flatnonzero(np.isfinite(before))
    assert abs(found - 120) <= 2
    assert before[found] == pytest.approx(20, abs=3)
    assert after[found] == pytest.approx(50, abs=4)


@pytest.mark.parametrize(("low", "high"), [(10.0, 100.0), (100.0, 10.0), (5.0, 9.0), (1.0, 2.0)])
def test_a_constant_that_becomes_another_shifts_once_there(low, high):
    before, after = shifts(np.repeat([low, high], 150))
    assert np.flatnonzero(np.isfinite(before)).tolist() == [150]
    assert (before[150], after[150]) == (low, high)


def test_a_small_step_of_a_constant_shorter_than_a_side_is_none():
    assert np.isnan(shifts(np.repeat([5.0, 9.0, 5.0], [60, 27, 60]))[0]).all()


@pytest.mark.parametrize("seed", range(8))
def test_an_end_of_all_demand_is_one_shift_where_it_ends(seed):
    y = np.random.default_rng(seed).poisson(12, 300).astype(float)
    y[200:] = 0.0
    assert np.flatnonzero(np.isfinite(shifts(y)[0])).tolist() == [200]


def test_shifts_are_named_once_each_and_near_where_they_are():
    draws = np.random.default_rng(12)
    places = np.array([60, 130, 190, 260])
    for levels in ([10, 40, 15, 60, 20], [50, 20, 50, 20, 50]):
        means = np.repeat(levels, np.diff([0, *places, 330]))
        for _ in range(20):
            found = np.flatnonzero(np.isfinite(shifts(draws.poisson(means))[0]))
            assert len(found) == len(places)
            assert np.abs(found - places).max() <= 2


@given(st.integers(0, 2**31))
@settings(max_examples=25)
def test_no_two_shifts_are_nearer_than_a_side(seed):
    draws = np.random.default_rng(seed)
    levels = np.repeat(draws.integers(0, 60, 12), draws.integers(10, 60, 12))
    for y in (levels, draws.poisson(levels)):
        found = np.flatnonzero(np.isfinite(shifts(y)[0]))
        assert (np.diff(found) >= SIDE).all()


@pytest.mark.parametrize("seed", range(8))
def test_neither_steady_demand_nor_a_trend_nor_an_event_is_a_shift(seed):
    draws, t = np.random.default_rng(seed), np.arange(300)
    steady = draws.poisson(20.0 * week(t))
    trend = draws.poisson(10.0 + 0.2 * t)
    event = steady.copy()
    event[100:110] *= 5
    for y in (steady, trend, event):
        assert np.isnan(shifts(y)[0]).all()


def test_a_season_that_steps_each_year_is_no_shift():
    draws, t = np.random.default_rng(6), np.arange(1100)
    y = draws.poisson(np.where(t % 365 < 180, 20.0, 60.0))
    assert np.isnan(shifts(y)[0]).all()
    once = draws.poisson(np.where(t < 500, 20.0, 60.0))
    assert np.isfinite(shifts(once)[0]).sum() == 1


@pytest.mark.parametrize("y", [np.zeros(100), np.ones(3), np.tile([0.0, 0.0, 5.0], 40)])
def test_demand_without_a_level_has_no_shift(y):
    assert np.isnan(shifts(y)[0]).all()


def test_the_newest_demand_is_held_against_what_was_before_it():
    y = weekly(7)
    assert surprises(y).tolist() == []
    y[-2], y[-6] = 300.0, 250.0
    y[100] = 900.0
    assert surprises(y).tolist() == [194, 198]
    assert surprises(y, newest=1).tolist() == []


def test_an_end_of_all_demand_is_a_surprise_and_a_pause_of_rare_demand_is_none():
    y = weekly(8, level=60.0)
    y[-4:] = 0.0
    assert surprises(y).tolist() == [196, 197, 198, 199]
    rare = np.random.default_rng(9).poisson(0.2, 200).astype(float)
    rare[-30:] = 0.0
    assert surprises(rare).tolist() == []


def test_a_short_history_has_no_surprises():
    assert surprises([1.0, 2.0, 900.0]).tolist() == []
