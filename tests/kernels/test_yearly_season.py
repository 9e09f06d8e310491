"""The season of a year: what is put in is found, and noise is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.yearly_season import HARMONICS, divide_by_year, fill_harmonics, solve_symmetric

YEAR = 365.25


def divide(series, horizon=28, year=YEAR, block=7):
    offsets = np.concatenate([[0], np.cumsum([len(y) for y in series])]).astype(np.int64)
    values = np.concatenate(series)
    adjusted, ahead = np.empty_like(values), np.empty((len(series), horizon))
    divide_by_year(values, offsets, year, block, adjusted, ahead)
    return np.split(adjusted, offsets[1:-1]), ahead


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
@settings(max_examples=15, deadline=None)
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


def test_equations_are_solved_as_numpy_does_and_singular_ones_are_not():
    draws = np.random.default_rng(1)
    root = draws.normal(size=(9, 6))
    matrix, right, inverse = root.T @ root, draws.normal(size=6), np.empty((6, 6))
    expected = np.linalg.solve(matrix, right)
    expected_inverse = np.linalg.inv(matrix)
    assert solve_symmetric(matrix.copy(), right, inverse)
    # Condition numbers here are in the hundreds.
    assert np.allclose(right, expected, rtol=1e-9)
    assert np.allclose(inverse, expected_inverse, rtol=1e-9)
    assert not solve_symmetric(np.ones((3, 3)), np.ones(3), np.empty((3, 3)))
