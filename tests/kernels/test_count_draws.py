"""Poisson and negative binomial draws: a plain twin, the laws, and what they depend on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kernels.count_draws import (
    _searched,
    negative_binomial_draw,
    negative_binomials,
    poisson_draw,
    poissons,
)
from kernels.philox import Stream
from tests.oracles import draws as plain

STREAM = int(Stream.COUNT_DRAWS)
# A goodness of fit below it has one chance in a million; a dozen are tested, with fixed seeds.
CHANCE = 1e-6


def entities(n):
    return np.arange(n, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)


def goodness_of_fit(counts, law):
    """Chi-square's p-value of counts against a law, in cells of at least 20 expected."""
    quantiles = law.ppf(np.linspace(0.0, 1.0, 60)[1:-1])
    edges = np.unique(np.concatenate([[-1.0], quantiles, [np.inf]]))
    expected = np.diff(law.cdf(edges)) * len(counts)
    observed = np.histogram(counts, edges + 0.5)[0]
    big = expected >= 20.0
    expected = np.append(expected[big], expected[~big].sum())
    observed = np.append(observed[big], observed[~big].sum())
    kept = expected > 5.0
    assert observed[~kept].sum() <= 30
    statistic = ((observed[kept] - expected[kept]) ** 2 / expected[kept]).sum()
    return stats.chi2.sf(statistic, kept.sum() - 1)


@settings(max_examples=60, deadline=None)
@given(
    mean=st.floats(0.0, 1e5),
    size=st.floats(0.06, 1e4),
    seed=st.integers(0, 2**32 - 1),
    entity=st.integers(0, 2**64 - 1),
    path=st.integers(0, 2**32 - 1),
    step=st.integers(0, 2**32 - 1),
)
def test_a_draw_is_its_plain_twins(mean, size, seed, entity, path, step):
    at = (seed, STREAM, entity, path, step)
    word = np.uint64(entity)
    assert poisson_draw(mean, seed, STREAM, word, path, step) == plain.poisson(mean, at)
    small = mean / 1e4
    assert poisson_draw(small, seed, STREAM, word, path, step) == plain.poisson(small, at)
    drawn = negative_binomial_draw(small, size, seed, STREAM, word, path, step)
    assert drawn == plain.negative_binomial(small, size, at)


@pytest.mark.parametrize("mean", [0.05, 0.9, 3.3, 9.99, 10.0, 37.2, 1e3, 1e6])
def test_poissons_have_the_poisson_law(mean):
    drawn = poissons(3, entities(5), np.full(5, mean), 100, 100).ravel()
    assert np.array_equal(drawn, np.round(drawn))
    assert goodness_of_fit(drawn, stats.poisson(mean)) > CHANCE
    # Five standard errors of the mean and of the variance.
    assert abs(drawn.mean() - mean) < 5.0 * np.sqrt(mean / drawn.size)
    spread = np.sqrt((2.0 * mean**2 + mean) / drawn.size)
    assert abs(drawn.var() - mean) < 5.0 * spread


@pytest.mark.parametrize(
    ("mean", "size"), [(0.3, 0.06), (2.0, 0.7), (5.0, 5.0), (40.0, 2.5), (900.0, 1e3)]
)
def test_negative_binomials_have_their_law(mean, size):
    drawn = negative_binomials(4, entities(5), np.full(5, mean), np.full(5, size), 100, 100)
    law = stats.nbinom(size, size / (size + mean))
    assert goodness_of_fit(drawn.ravel(), law) > CHANCE
    assert abs(drawn.mean() - mean) < 5.0 * np.sqrt((mean + mean**2 / size) / drawn.size)


def test_a_mean_of_zero_is_a_count_of_zero():
    assert not poissons(1, entities(2), np.zeros(2), 10, 10).any()
    assert not negative_binomials(1, entities(2), np.zeros(2), np.ones(2), 10, 10).any()


@pytest.mark.parametrize("mean", [0.01, 1.0, 5.0, 9.999])
@pytest.mark.parametrize("place", [1.0 - 2.0**-53, 1.0])
def test_a_uniform_close_to_one_ends_in_the_tail_and_not_where_probabilities_vanish(mean, place):
    law, count = stats.poisson(mean), _searched(mean, place)
    # A running sum of probabilities is right to some 1e-16, about one count here.
    assert law.sf(count) < 1e-15
    assert law.sf(count - 2.0) > 1e-18


def test_a_draw_depends_on_its_own_counter_alone():
    means, sizes = np.array([0.4, 8.0, 12.0, 4e4]), np.array([0.5, 2.0, 30.0, 9.0])
    together = negative_binomials(9, entities(4), means, sizes, 30, 20)
    counts = poissons(9, entities(4), means, 30, 20)
    for i in range(4):
        own, mean, size = entities(4)[i : i + 1], means[i : i + 1], sizes[i : i + 1]
        assert np.array_equal(negative_binomials(9, own, mean, size, 7, 5)[0], together[i, :7, :5])
        assert np.array_equal(poissons(9, own, mean, 7, 5)[0], counts[i, :7, :5])


@pytest.mark.parametrize("mean", [-1.0, np.nan, np.inf, 2e8])
def test_a_mean_out_of_range_is_named(mean):
    with pytest.raises(ValueError, match=r"mean must be in \[0, 1e\+08\]; got .* at 1"):
        poissons(1, entities(2), np.array([1.0, mean]), 1, 1)
    with pytest.raises(ValueError, match=r"mean \* \(1 \+ 100 / size\) must be in"):
        negative_binomials(1, entities(2), np.array([1.0, mean]), np.ones(2), 1, 1)
    with pytest.raises(ValueError, match=r"size must be in \[0.06, 1e\+12\]; got 0.0 at 0"):
        negative_binomials(1, entities(1), np.ones(1), np.zeros(1), 1, 1)
