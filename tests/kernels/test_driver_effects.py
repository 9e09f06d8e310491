"""Sums of the driver regression, and the columns it is given."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.driver_columns import carry_forward, fill_log_ratios, shift_rows
from kernels.driver_effects import add_group, add_series
from tests.oracles.drivers import naive_sums

K = 3


def drawn(seed, n):
    draws = np.random.default_rng(seed)
    design = draws.normal(0.0, 0.5, (n, K))
    y = draws.poisson(draws.uniform(0.2, 6.0), n).astype(float)
    design[draws.random(n) < 0.05, 1] = np.nan
    y[draws.random(n) < 0.05] = np.nan
    return y, design, draws.normal(0.0, 0.4, K)


def sums(y, design, effects, lag, lags):
    n = len(y)
    information, scores, common = np.zeros((K, K)), np.zeros((n, K)), np.zeros((n, 2))
    count = add_series(y, design, effects, lag, lags, np.arange(n), information, scores, common)
    return scores, information, common, count


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 80), st.sampled_from([1, 3, 7]))
def test_sums_are_those_of_the_definition(seed, n, lag):
    y, design, effects = drawn(seed, n)
    for found, expected in zip(
        sums(y, design, effects, lag, 8), naive_sums(y, design, effects, lag, 8), strict=True
    ):
        # Sums of some eighty terms in another order.
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_scores_do_not_depend_on_the_unit():
    y, design, effects = drawn(1, 60)
    one, other = sums(y, design, effects, 7, 8), sums(1000.0 * y, design, effects, 7, 8)
    np.testing.assert_allclose(one[0], other[0], rtol=1e-9)
    np.testing.assert_allclose(one[1], other[1], rtol=1e-9)


def test_a_group_is_the_sum_of_its_series():
    parts = [drawn(seed, 50) for seed in (2, 3)]
    effects = parts[0][2]
    values = np.concatenate([part[0] for part in parts])
    design = np.concatenate([part[1] for part in parts])
    information, scores, common = np.zeros((K, K)), np.zeros((50, K)), np.zeros((50, 2))
    starts, stops = np.array([0, 50]), np.array([50, 100])
    blocks = np.tile(np.arange(50), 2)
    used = add_group(
        values, design, starts, stops, starts, effects, 7, 8, blocks, information, scores, common
    )
    each = [sums(y, x, effects, 7, 8) for y, x, _ in parts]
    assert used == 2
    np.testing.assert_allclose(scores, each[0][0] + each[1][0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(information, each[0][1] + each[1][1], rtol=1e-9)


@pytest.mark.parametrize("y", [np.zeros(30), np.full(30, np.nan), np.ones(1)])
def test_series_without_demand_tell_nothing(y):
    scores, information, _, count = sums(y, np.ones((len(y), K)), np.zeros(K), 1, 8)
    assert count == 0
    assert not scores.any()
    assert not information.any()


def test_what_is_not_recorded_is_the_last_record_of_its_own_series():
    nan = math.nan
    values, offsets = np.array([nan, 2.0, nan, nan, 5.0, nan]), np.array([0, 3, 6])
    carry_forward(values, offsets)
    np.testing.assert_array_equal(values, [nan, 2.0, 2.0, nan, 5.0, 5.0])


def test_shifted_rows_stay_in_their_series():
    values, offsets = np.arange(6.0), np.array([0, 4, 6])
    np.testing.assert_array_equal(
        shift_rows(values, offsets, 3), [np.nan, np.nan, np.nan, 0.0, np.nan, np.nan]
    )


@settings(max_examples=30)
@given(st.integers(0, 1000), st.integers(1, 30), st.integers(1, 12), st.integers(0, 3))
def test_log_ratios_are_to_the_median_of_what_there_is_of_the_window(seed, n, length, missing):
    values = np.random.default_rng(seed).uniform(1.0, 9.0, n)
    values[: min(missing, n)] = np.nan
    out = np.empty(n)
    fill_log_ratios(values, np.array([0, n]), length, out)
    for t in range(n):
        window = values[max(t - length + 1, missing) : t + 1]
        expected = np.log(values[t] / np.median(window)) if len(window) else np.nan
        assert out[t] == pytest.approx(expected, nan_ok=True, abs=1e-12)
