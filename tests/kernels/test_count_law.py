"""The count law: the oracle is scipy's negative binomial and Poisson."""

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
    if dispersion <= 1.0:
        return stats.poisson(mean)
    return stats.nbinom(mean / (dispersion - 1.0), 1.0 / dispersion)


@pytest.mark.parametrize("dispersion", [0.5, 1.0, 1.05, 1.5, 4.0, 30.0])
@pytest.mark.parametrize("mean", [0.003, 0.2, 1.0, 7.3, 90.0, 1500.0])
def test_quantiles_are_those_of_scipy(mean, dispersion):
    assert np.array_equal(quantiles(mean, dispersion), scipy_law(mean, dispersion).ppf(LEVELS))


@given(st.floats(0.01, 2000.0), st.floats(1.01, 40.0))
@settings(max_examples=60, deadline=None)
def test_each_quantile_is_the_smallest_count_that_reaches_its_level(mean, dispersion):
    found, law = quantiles(mean, dispersion), scipy_law(mean, dispersion)
    # Sums of thousands of probabilities, and scipy's own incomplete beta, agree to 1e-8.
    assert (law.cdf(found) >= LEVELS - 1e-8).all()
    assert (law.cdf(found - 1) < LEVELS + 1e-8).all()


@pytest.mark.parametrize("count", [0.0, 3.0, 50.0])
@pytest.mark.parametrize("dispersion", [1.0, 2.0, 9.0])
def test_probabilities_are_those_of_scipy(count, dispersion):
    expected = scipy_law(12.0, dispersion).logpmf(count)
    # The logarithm of the gamma function is good to about 1e-14 of values up to 300.
    assert count_log_probability(count, 12.0, dispersion) == pytest.approx(expected, abs=1e-11)
