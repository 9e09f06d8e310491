"""The count law: the oracles are scipy's negative binomial, Poisson and binomial."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kernels.count_law import count_log_probability, count_quantiles

LEVELS = np.arange(1, 100) / 100.0


def quantiles(mean, dispersion):
    out = np.empty(99)
    count_quantiles(mean, dispersion, LEVELS, out)
    return out


def scipy_law(mean, dispersion):
    if dispersion < 1.0:
        trials = max(np.floor(mean / (1.0 - dispersion) + 0.5), np.ceil(mean))
        return stats.binom(trials, mean / trials)
    if dispersion == 1.0:
        return stats.poisson(mean)
    return stats.nbinom(mean / (dispersion - 1.0), 1.0 / dispersion)


@pytest.mark.parametrize("dispersion", [0.1, 0.5, 1.0, 1.05, 1.5, 4.0, 30.0])
@pytest.mark.parametrize("mean", [0.003, 0.2, 1.0, 7.3, 90.0, 1500.0])
def test_quantiles_are_those_of_scipy(mean, dispersion):
    assert np.array_equal(quantiles(mean, dispersion), scipy_law(mean, dispersion).ppf(LEVELS))


@given(st.floats(0.01, 2000.0), st.floats(0.02, 0.98) | st.floats(1.01, 40.0))
@settings(max_examples=60)
def test_each_quantile_is_the_smallest_count_that_reaches_its_level(mean, dispersion):
    found, law = quantiles(mean, dispersion), scipy_law(mean, dispersion)
    # Sums of thousands of probabilities, and scipy's own incomplete beta, agree to 1e-8.
    assert (law.cdf(found) >= LEVELS - 1e-8).all()
    assert (law.cdf(found - 1) < LEVELS + 1e-8).all()


@pytest.mark.parametrize("count", [0.0, 3.0, 50.0])
@pytest.mark.parametrize("dispersion", [0.75, 1.0, 2.0, 9.0])
def test_probabilities_are_those_of_scipy(count, dispersion):
    expected = scipy_law(12.0, dispersion).logpmf(count)
    # The logarithm of the gamma function is good to about 1e-14 of values up to 300.
    assert count_log_probability(count, 12.0, dispersion) == pytest.approx(expected, abs=1e-11)


@given(st.floats(0.001, 500.0), st.floats(0.0, 30.0))
@settings(max_examples=60)
def test_probabilities_sum_to_one_and_their_mean_is_the_mean(mean, dispersion):
    counts = np.arange(int(mean + 60 * np.sqrt(mean * max(dispersion, 1.0)) + 2000.0))
    logs = np.array([count_log_probability(float(c), mean, dispersion) for c in counts])
    chances = np.exp(logs)
    # The tail left out, and rounding of up to 30,000 terms.
    assert chances.sum() == pytest.approx(1.0, abs=1e-6)
    assert (chances * counts).sum() == pytest.approx(mean, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(
    ("mean", "expected"), [(4.0, {4.0}), (0.3, {0.0, 1.0}), (2.6, {1.0, 2.0, 3.0})]
)
def test_without_dispersion_a_count_is_as_sure_as_whole_units_allow(mean, expected):
    assert set(quantiles(mean, 0.0)) == expected
