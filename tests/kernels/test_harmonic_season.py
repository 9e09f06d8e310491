"""The season of a year: what is put in is found, and noise is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.known_seasons import ExpectedSeasons
from kernels.harmonic_season import (
    HARMONICS,
    SMALLEST_PROFILE,
    TERMS,
    UNKNOWN,
    divide_by_season,
    fill_harmonics,
    fill_seasons,
    invert_symmetric,
    profile_at,
    shrink_season,
    turn_season,
)

YEAR = 365.25


def divide(series, horizon=28, year=YEAR, block=7, expected=None, least=SMALLEST_PROFILE):
    offsets = np.concatenate([[0], np.cumsum([len(y) for y in series])]).astype(np.int64)
    values = np.concatenate(series)
    adjusted, ahead = np.empty_like(values), np.empty((len(series), horizon))
    told = expected or ExpectedSeasons.nothing(len(series))
    divide_by_season(values, offsets, year, block, *told, least, adjusted, ahead)
    return np.split(adjusted, offsets[1:-1]), ahead


def expect(season, n_series=1, since=0, spread=np.nan):
    seasons = np.tile(season, (n_series, 1))
    spreads = np.full((n_series, len(season) // 2 - 1), spread)
    return ExpectedSeasons(seasons, np.full(n_series, since), spreads)


def season_of(first, second=0.0, n_terms=54):
    season = np.zeros(n_terms)
    season[:6] = 1.0, 0.0, first, 0.0, 0.0, second
    return season


def levels_at(season, times, year=YEAR):
    row = np.empty(len(season))
    return np.array([profile_at(float(time), year, season, row) for time in times])


def year_of(t, amplitude=0.4):
    return 1.0 + amplitude * np.cos(2 * np.pi * t / YEAR) - 0.1 * np.sin(4 * np.pi * t / YEAR)


def test_a_profile_without_noise_is_found_and_continued():
    t = np.arange(3 * 366)
    adjusted, ahead = divide([50.0 * year_of(t)])
    # Blocks of seven days flatten the profile by (pi * 7 / 365)**2 / 6, under a thousandth.
    assert np.allclose(adjusted[0], 50.0, rtol=2e-3)
    assert np.allclose(ahead[0], year_of(len(t) + np.arange(28)), rtol=2e-3)


def test_a_week_and_a_trend_are_left_for_the_model_within():
    t = np.arange(3 * 366)
    rest = (1.0 + 0.3 * t / len(t)) * np.array([0.5, 1.0, 1.0, 1.0, 1.0, 1.5, 1.0])[t % 7]
    adjusted, ahead = divide([80.0 * rest * year_of(t)])
    assert np.allclose(adjusted[0] / adjusted[0].mean(), rest / rest.mean(), rtol=0.02)
    assert np.allclose(ahead[0], year_of(len(t) + np.arange(28)), rtol=0.02)


def test_noise_alone_has_almost_no_profile():
    draws = np.random.default_rng(3)
    series = [draws.poisson(4.0, 1096).astype(float) for _ in range(200)]
    _, ahead = divide(series, horizon=365)
    # A block mean has a relative deviation of 1 / sqrt(28); of its 157 blocks twenty
    # coefficients are fitted, which without shrinkage would leave 0.07 of noise.
    assert np.sqrt(((ahead - 1.0) ** 2).mean()) < 0.045


@pytest.mark.parametrize("y", [np.ones(729), np.zeros(1096), np.array([5.0])])
def test_less_than_two_years_or_no_demand_has_no_answer(y):
    adjusted, ahead = divide([y])
    assert np.isnan(ahead).all()
    assert np.array_equal(adjusted[0], y)


@given(st.integers(0, 2**31), st.floats(0.01, 1e4))
@settings(max_examples=15)
def test_a_profile_knows_no_unit_and_no_company(seed, factor):
    draws = np.random.default_rng(seed)
    series = [draws.poisson(6.0 * year_of(np.arange(n))) + 0.0 for n in (740, 900, 1096)]
    _, together = divide(series)
    for number, y in enumerate(series):
        assert np.array_equal(divide([y])[1][0], together[number])
    scaled = divide([factor * y for y in series])[1]
    # Rounding in a regression on 22 columns.
    assert np.allclose(scaled, together, rtol=1e-8)


def test_harmonics_are_cosines_and_sines():
    row = np.empty(2 + 2 * HARMONICS)
    fill_harmonics(100.0, YEAR, row)
    k = np.arange(1, HARMONICS + 1)
    angle = 2 * np.pi * 100.0 / YEAR
    assert row[:2].tolist() == [1.0, 100.0 / YEAR]
    # Each harmonic is a rotation of the one before it.
    assert np.allclose(row[2::2], np.cos(k * angle), atol=1e-13)
    assert np.allclose(row[3::2], np.sin(k * angle), atol=1e-13)


def test_matrices_are_inverted_as_numpy_does_and_singular_ones_are_not():
    draws = np.random.default_rng(1)
    root = draws.normal(size=(9, 6))
    matrix, inverse = root.T @ root, np.empty((6, 6))
    expected = np.linalg.inv(matrix)
    assert invert_symmetric(matrix.copy(), inverse)
    # Condition numbers here are in the hundreds.
    assert np.allclose(inverse, expected, rtol=1e-9)
    assert not invert_symmetric(np.ones((3, 3)), np.empty((3, 3)))


def test_a_short_series_has_the_season_that_is_expected_of_it():
    season = season_of(0.3, -0.1)
    y = np.random.default_rng(2).poisson(9.0, 100).astype(float)
    (adjusted,), ahead = divide([y], expected=expect(season))
    np.testing.assert_allclose(adjusted, y / levels_at(season, range(-99, 1)), rtol=1e-12)
    np.testing.assert_allclose(ahead[0], levels_at(season, range(1, 29)), rtol=1e-12)


def test_what_is_expected_moves_on_with_the_calendar():
    season = season_of(0.3, -0.1)
    _, later = divide([np.ones(50)], expected=expect(season, since=40))
    np.testing.assert_allclose(later[0], levels_at(season, range(41, 69)), rtol=1e-12)
    turned = np.empty_like(season)
    turn_season(season, 40.0, YEAR, turned)
    np.testing.assert_allclose(levels_at(turned, range(9)), levels_at(season, range(40, 49)))


@pytest.mark.parametrize(("spread", "error"), [(0.0, 1e-12), (np.nan, 2e-3), (1e12, 2e-3)])
def test_how_much_series_of_a_kind_differ_says_how_far_one_leaves_what_is_expected(spread, error):
    t, season = np.arange(4 * 366), season_of(0.1)
    y = 50.0 * year_of(t)
    _, ahead = divide([y], expected=expect(season, spread=spread))
    own = year_of(len(t) + np.arange(28))
    target = levels_at(season, range(1, 29)) if spread == 0.0 else own
    np.testing.assert_allclose(ahead[0], target, rtol=error)
    assert not np.allclose(levels_at(season, range(1, 29)), own, rtol=0.05)


@given(st.floats(0.0, 1.0), st.floats(-0.5, 0.5), st.floats(1e-6, 1.0), st.floats(0.0, 10.0))
def test_a_season_goes_from_what_is_expected_towards_what_was_found(start, end, variance, spread):
    season = season_of(start, n_terms=6)
    found, variances = np.array([1.0, 0.0, end, 0.0, 0.0, 0.0]), np.full(6, variance)
    known, unknown = season.copy(), season.copy()
    shrink_season(found, variances, np.full(2, spread), known)
    shrink_season(found, variances, np.full(2, np.nan), unknown)
    assert known[2] == pytest.approx(start + (end - start) * spread / (spread + variance))
    low, high = min(start, end), max(start, end)
    assert low - 1e-12 <= unknown[2] <= high + 1e-12
    # A pair whose mean square is its variance may be chance.
    assert unknown[2] == start or (end - start) ** 2 > 2.0 * variance


def test_seasons_are_least_squares_of_demand_over_its_trend():
    draws = np.random.default_rng(4)
    lengths = [1096, 740, 1096, 700, 300]
    series = [draws.poisson(20.0 * year_of(np.arange(n))).astype(float) for n in lengths]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    found, variances = np.empty((2, len(series), 54))
    fill_seasons(np.concatenate(series), offsets, YEAR, 7, found, variances)
    assert np.isnan(found[3:]).all()
    for own, y, n_terms in zip(found, series, (54, 52, 54), strict=False):
        n_blocks = len(y) // 7
        means = y[len(y) - 7 * n_blocks :].reshape(n_blocks, 7).mean(axis=1)
        design = np.empty((n_blocks, n_terms))
        for row, back in zip(design, range(n_blocks - 1, -1, -1), strict=True):
            fill_harmonics(-7.0 * back - 3.0, YEAR, row)
        scaled = means / means.mean()
        line = np.linalg.lstsq(design, scaled, rcond=None)[0][:2] @ design[:, :2].T
        terms = np.linalg.lstsq(design, scaled / line, rcond=None)[0]
        np.testing.assert_allclose(own[2:n_terms], terms[2:] / terms[0], rtol=1e-6, atol=1e-9)
        assert (own[n_terms:] == 0.0).all()
    assert (variances[1, 52:] == UNKNOWN).all()
    assert TERMS == 2 + 2 * HARMONICS


def test_a_week_is_told_by_all_its_harmonics():
    week = np.array([0.5, 1.0, 0.8, 0.9, 1.2, 1.6, 1.0])
    t = np.arange(56)
    told = expect(np.array([1.0] + 7 * [0.0]), spread=1.0)
    adjusted, ahead = divide([20.0 * week[t % 7]], 14, 7.0, 1, told, 0.0)
    # Without noise a series goes all the way from a kind that has no season to its own.
    assert np.allclose(adjusted[0], 20.0, rtol=1e-6)
    assert np.allclose(ahead[0], np.tile(week, 2), rtol=1e-6)


def test_a_day_that_is_shut_sells_nothing_ahead():
    t = np.arange(70)
    shut = np.where(t % 7 == 6, 0.0, 7.0 / 6.0)
    told = expect(np.array([1.0] + 7 * [0.0]), spread=1.0)
    floored = divide([shut], 7, 7.0, 1, told)[1][0]
    ahead = divide([shut], 7, 7.0, 1, told, 0.0)[1][0]
    assert floored[6] == SMALLEST_PROFILE
    assert ahead[6] < 1e-9
    assert np.array_equal(ahead[:6], floored[:6])


def test_a_wander_of_the_level_is_uncertainty_of_slow_harmonics_and_not_of_quick_ones():
    draws, n_series, length = np.random.default_rng(3), 2_000, 156
    errors = np.empty((n_series, length))
    errors[:, 0] = draws.normal(size=n_series)
    for t in range(1, length):
        errors[:, t] = 0.6 * errors[:, t - 1] + 0.8 * draws.normal(size=n_series)
    series = 100.0 + 5.0 * errors
    offsets = np.arange(n_series + 1) * length
    found, variances = np.empty((2, n_series, TERMS))
    fill_seasons(series.ravel(), offsets, YEAR / 7.0, 1, found, variances)
    told = variances[:, 2:].reshape(n_series, HARMONICS, 2).mean(axis=(0, 2))
    true = (found[:, 2:] ** 2).reshape(n_series, HARMONICS, 2).mean(axis=(0, 2))
    # Of 4,000 squares a mean is known to 2%; the trend and 20 waves leave less of a wander to see,
    # and a quick wave is told no better than by errors without one, which is half as much again.
    assert (np.abs(np.log(told / true)) < np.log(1.6)).all()
    assert true[0] > 4.0 * true[-1]
