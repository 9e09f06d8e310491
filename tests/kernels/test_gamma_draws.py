"""Gamma and chi-square draws: a plain twin, the laws themselves, and what they depend on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy import stats

from kernels.gamma_draws import chi_square_draw, gamma_draw
from kernels.philox import Stream, uniforms
from tests.oracles import draws as plain

STREAM = int(Stream.PORTFOLIO_TAILS)
# A goodness of fit below it has one chance in a million; a dozen are tested, with fixed seeds.
CHANCE = 1e-6
SHAPES = (0.06, 0.3, 0.999, 1.0, 1.5, 7.0, 250.0, 1e6)


def entities(n):
    return np.arange(n, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)


@njit
def _fill(seed, stream, entities, shapes, out):
    for e, path, step in np.ndindex(out.shape):
        out[e, path, step] = gamma_draw(shapes[e], seed, stream, entities[e], path, step)


def gammas(seed, entities, shapes, n_paths, n_steps, stream=STREAM):
    out = np.empty((len(entities), n_paths, n_steps))
    _fill(seed, int(stream), entities, shapes, out)
    return out


@settings(max_examples=60)
@given(
    shape=st.floats(0.06, 1e6),
    seed=st.integers(0, 2**32 - 1),
    entity=st.integers(0, 2**64 - 1),
    path=st.integers(0, 2**32 - 1),
    step=st.integers(0, 2**32 - 1),
)
def test_a_draw_is_its_plain_twins(shape, seed, entity, path, step):
    at = (seed, STREAM, entity, path, step)
    own = gamma_draw(shape, seed, STREAM, np.uint64(entity), path, step)
    # A power of 17 takes the 1e-16 of a uniform, and of a quantile's, to 1e-14.
    assert own == pytest.approx(plain.gamma(shape, at), rel=1e-11, abs=0.0)
    assert chi_square_draw(2.0 * shape, seed, STREAM, np.uint64(entity), path, step) == 2.0 * own


@pytest.mark.parametrize("shape", SHAPES)
def test_gammas_have_the_gamma_law(shape):
    drawn = gammas(3, entities(4), np.full(4, shape), 100, 50)
    assert drawn.min() > 0.0
    assert stats.kstest(drawn.ravel(), stats.gamma(shape).cdf).pvalue > CHANCE
    # Neighbours share words of their counters, never numbers.
    places = stats.gamma(shape).cdf(drawn)
    for axis in range(3):
        one, other = np.moveaxis(places, axis, 0)[:-1], np.moveaxis(places, axis, 0)[1:]
        correlation = np.corrcoef(one.ravel(), other.ravel())[0, 1]
        assert abs(correlation) < 5.0 / np.sqrt(one.size)


def test_a_draw_depends_on_its_own_counter_alone():
    shapes = np.array([0.3, 5.0, 0.3, 80.0])
    together = gammas(9, entities(4), shapes, 30, 20)
    apart = [gammas(9, entities(4)[i : i + 1], shapes[i : i + 1], 7, 5) for i in range(4)]
    assert np.array_equal(together[:, :7, :5], np.concatenate(apart))
    assert not np.array_equal(together, gammas(10, entities(4), shapes, 30, 20))
    other = gammas(9, entities(4), shapes, 30, 20, Stream.LEAD_TIMES)
    assert not np.any(together == other)


def test_attempts_take_no_numbers_of_other_streams():
    streams = [s for s in Stream if s != Stream.PORTFOLIO_TAILS]
    own = {plain.uniform_pair((1, STREAM, 2, 3, 4), a)[0] for a in range(70)}
    for stream in streams:
        assert uniforms(1, stream, np.array([2], np.uint64), 4, 10)[0, 3, 8] not in own
    first = uniforms(1, Stream.PORTFOLIO_TAILS, np.array([2], np.uint64), 4, 10)[0, 3, 8]
    assert first == plain.uniform_pair((1, STREAM, 2, 3, 4))[0]
