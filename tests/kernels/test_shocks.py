"""Shocks: the normal law to many scenarios, a number for what it is for, exact scales of a t."""

import math

import numpy as np
import pytest
from numba import njit
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from kernels.elementary import cosine_sine, natural_exp, natural_log
from kernels.elementary_32 import cosine_sine_32, natural_log_32
from kernels.philox import Stream, uniforms
from kernels.shocks import (
    fill_scenario,
    fill_scenario_32,
    fill_shocks,
    fill_shocks_32,
    fill_t_scales,
)

FILLS = [(fill_shocks, fill_scenario, np.float64), (fill_shocks_32, fill_scenario_32, np.float32)]


@njit
def logs(x, out):
    for i in range(len(x)):
        out[i] = natural_log(x[i])


@njit
def logs_32(x, out):
    for i in range(len(x)):
        out[i] = natural_log_32(x[i])


@njit
def exponentials(x, out):
    for i in range(len(x)):
        out[i] = natural_exp(x[i])


@njit
def circle(x, cosines, sines):
    for i in range(len(x)):
        cosines[i], sines[i] = cosine_sine(x[i])


@njit
def circle_32(x, cosines, sines):
    for i in range(len(x)):
        cosines[i], sines[i] = cosine_sine_32(x[i])


def test_logarithms_are_good_to_a_unit_in_the_last_place():
    x = np.exp(np.random.default_rng(1).uniform(-700, 700, 100_000))
    out = np.empty_like(x)
    logs(x, out)
    assert_allclose(out, np.log(x), rtol=4e-16)
    short = np.exp(np.random.default_rng(2).uniform(-80, 80, 100_000)).astype(np.float32)
    out_32 = np.empty_like(short)
    logs_32(short, out_32)
    assert_allclose(out_32, np.log(short.astype(float)), rtol=2e-7, atol=1e-8)


def test_exponentials_are_good_to_two_units_in_the_last_place():
    draws = np.random.default_rng(4)
    small = draws.uniform(-0.1, 0.1, 100_000)
    x = np.concatenate([[0.0, 1.0, -1.0], draws.uniform(-690, 690, 100_000), small])
    out = np.empty_like(x)
    exponentials(x, out)
    assert_allclose(out, np.exp(x), rtol=5e-16)
    assert out[0] == 1.0
    exponentials(np.array([1e6, -1e6]), out[:2])
    assert_allclose(out[:2], np.exp([700.0, -700.0]), rtol=5e-16)


def test_cosines_and_sines_are_good_to_a_unit_in_the_last_place_of_one():
    turns = np.concatenate([np.arange(8) / 8, np.random.default_rng(3).uniform(0, 1, 100_000)])
    cosines, sines = np.empty_like(turns), np.empty_like(turns)
    circle(turns, cosines, sines)
    # Turning into radians costs the oracle half a unit of an angle of up to 2 pi.
    assert_allclose(cosines, np.cos(2 * math.pi * turns), atol=1e-15)
    assert_allclose(sines, np.sin(2 * math.pi * turns), atol=1e-15)
    quarters = (4.0 * turns).astype(np.float32)
    short, other = np.empty_like(quarters), np.empty_like(quarters)
    circle_32(quarters, short, other)
    assert_allclose(short, np.cos(0.5 * math.pi * quarters.astype(float)), atol=2e-7)
    assert_allclose(other, np.sin(0.5 * math.pi * quarters.astype(float)), atol=2e-7)


def test_shocks_are_box_and_mullers_of_the_streams_uniforms():
    out = np.empty((8, 5))
    fill_shocks(11, 3, out)
    for f in range(4):
        drawn = uniforms(11, Stream.PORTFOLIO_NORMALS, np.array([f], np.uint64), 8, 2)[0]
        for s in range(5):
            first, second = drawn[3 + s]
            radius = math.sqrt(-2.0 * math.log(first))
            assert_allclose(out[f, s], radius * math.cos(2 * math.pi * second), atol=1e-14)
            assert_allclose(out[f + 4, s], radius * math.sin(2 * math.pi * second), atol=1e-14)


@pytest.mark.parametrize(("fill", "one", "kind"), FILLS)
def test_a_shock_is_the_same_in_every_block_and_alone(fill, one, kind):
    whole = np.empty((24, 100), kind)
    fill(5, 1_000, whole)
    part, alone = np.empty((24, 7), kind), np.empty(24, kind)
    fill(5, 1_040, part)
    assert_array_equal(part, whole[:, 40:47])
    one(5, 1_040, alone)
    assert_array_equal(alone, whole[:, 40])


@pytest.mark.parametrize(("fill", "kind"), [(fill, kind) for fill, _, kind in FILLS])
def test_shocks_follow_the_normal_law(fill, kind):
    out = np.empty((64, 20_000), kind)
    fill(1, 0, out)
    drawn = out.astype(float).ravel()
    n = drawn.size
    # Of 1.28 million draws; each bound has a chance below 1e-6 under the law.
    assert abs(drawn.mean()) < 5.0 / np.sqrt(n)
    assert abs(drawn.var() - 1.0) < 5.0 * np.sqrt(2.0 / n)
    assert abs((drawn**3).mean()) < 5.0 * np.sqrt(15.0 / n)
    assert abs((drawn**4).mean() - 3.0) < 5.0 * np.sqrt(96.0 / n)
    assert stats.kstest(drawn, "norm").pvalue > 1e-6
    cells = np.bincount((stats.norm.cdf(drawn) * 1_000).astype(int), minlength=1_000)
    assert stats.chisquare(cells).pvalue > 1e-6


@pytest.mark.parametrize(("fill", "kind"), [(fill, kind) for fill, _, kind in FILLS])
def test_shocks_of_factors_and_scenarios_have_nothing_to_do_with_one_another(fill, kind):
    out = np.empty((16, 50_000), kind)
    fill(2, 0, out)
    rows = out.astype(float)
    for powers in (rows, rows**2 - 1.0):
        correlations = np.corrcoef(powers)[np.triu_indices(16, 1)]
        following = [np.corrcoef(row[:-1], row[1:])[0, 1] for row in powers]
        # 120 and 16 correlations of mean zero and deviation 1 / sqrt(n).
        assert np.abs(correlations).max() < 5.0 / np.sqrt(50_000)
        assert np.abs(following).max() < 5.0 / np.sqrt(50_000)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 2.5, 4.37])
def test_scales_are_of_the_chi_square_law(degrees):
    out = np.empty(50_000)
    fill_t_scales(3, 0, degrees, out)
    assert stats.kstest(degrees / out**2, stats.chi2(degrees).cdf).pvalue > 1e-6
    part = np.empty(10)
    fill_t_scales(3, 500, degrees, part)
    assert_array_equal(part, out[500:510])


def test_without_degrees_the_scale_is_one():
    out = np.empty(3)
    fill_t_scales(3, 0, 0, out)
    assert_array_equal(out, 1.0)
