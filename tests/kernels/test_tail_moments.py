"""Moments above a bound: scipy's laws, summed or integrated, are the oracle."""

import numpy as np
import pytest
from scipy import integrate, stats

from kernels.tail_moments import count_tail, gamma_tail


def summed(law, bound):
    k = np.arange(bound, law.ppf(1 - 1e-13) + 200)
    weights = law.pmf(k)
    return (weights * k).sum() / weights.sum(), (weights * k**2).sum() / weights.sum()


@pytest.mark.parametrize("bound", [0, 1, 3, 12])
@pytest.mark.parametrize("mean", [0.2, 2.0, 9.0, 60.0])
@pytest.mark.parametrize("dispersion", [0.5, 1.0, 1.7, 20.0])
def test_a_count_above_a_bound_has_the_moments_of_the_sum(bound, mean, dispersion):
    if dispersion > 1.0:
        law = stats.nbinom(mean / (dispersion - 1.0), 1.0 / dispersion)
    else:
        law = stats.poisson(mean)
    assert count_tail(float(bound), mean, dispersion) == pytest.approx(summed(law, bound), rel=1e-8)


@pytest.mark.parametrize("bound", [0.0, 0.01, 0.8, 5.0, 40.0])
@pytest.mark.parametrize("dispersion", [0.01, 0.25, 1.0, 6.0])
def test_a_gamma_above_a_bound_has_the_moments_of_the_integral(bound, dispersion):
    mean = 4.0
    law = stats.gamma(1.0 / dispersion, scale=mean * dispersion)
    if law.sf(bound) < 1e-12:
        pytest.skip("the oracle has no tail left to integrate")
    # E[D | D > c] = c + int sf / sf(c), which has no pole where the density has one.
    options = {"epsabs": 0.0, "epsrel": 1e-10, "limit": 400}
    above = integrate.quad(law.sf, bound, np.inf, **options)[0]
    twice = integrate.quad(lambda x: 2 * x * law.sf(x), bound, np.inf, **options)[0]
    expected = (bound + above / law.sf(bound), bound**2 + twice / law.sf(bound))
    assert gamma_tail(bound, mean, dispersion) == pytest.approx(expected, rel=1e-6)


def test_an_exponential_has_no_memory():
    first, second = gamma_tail(7.0, 3.0, 1.0)
    assert first == pytest.approx(10.0)
    assert second - first**2 == pytest.approx(9.0)


def test_a_high_count_passes_to_the_gamma_without_a_jump():
    below, above = count_tail(95.0, 99.9, 6.0), count_tail(95.0, 100.1, 6.0)
    # Half a unit is what whole units and a continuous law may differ by here.
    assert above[0] == pytest.approx(below[0], abs=0.5)
    assert above[1] == pytest.approx(below[1], rel=0.01)


def test_without_demand_the_bound_stands():
    assert count_tail(3.0, 0.0, 1.0) == (3.0, 9.0)
    assert gamma_tail(3.0, 0.0, 1.0) == (3.0, 9.0)
