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


@pytest.mark.parametrize("bound", [0.0, 3.99, 3.999, 4.0, 4.001, 4.01])
def test_a_narrow_gamma_passes_from_the_series_to_the_expansion_without_a_jump(bound):
    below, above = (gamma_tail(bound, 4.0, 1.0 / shape) for shape in (0.9999e6, 1.0001e6))
    # The excess over the mean goes with the root of the shape.
    assert above == pytest.approx(below, rel=1e-6)
    assert above[0] - 4.0 == pytest.approx((below[0] - 4.0) * np.sqrt(0.9998), rel=2e-3, abs=1e-12)


@pytest.mark.parametrize("spreads", [-40.0, -3.0, 0.0, 0.5, 4.0, 30.0])
@pytest.mark.parametrize("mean", [1e9, 1e12])
def test_a_very_narrow_gamma_above_a_bound_is_a_normal_above_it(mean, spreads):
    shape = 1e16
    deviation = mean / np.sqrt(shape)
    first, second = gamma_tail(mean + spreads * deviation, mean, 1.0 / shape)
    # Mills' ratio; the mean is known to one part in 1e16, which is 1e-8 of the deviation.
    ratio = np.exp(stats.norm.logpdf(spreads) - stats.norm.logsf(spreads))
    assert (first - mean) / deviation == pytest.approx(ratio, rel=1e-4, abs=1e-6)
    assert second == pytest.approx(first * first, rel=1e-12)


def test_without_demand_the_bound_stands():
    assert count_tail(3.0, 0.0, 1.0) == (3.0, 9.0)
    assert gamma_tail(3.0, 0.0, 1.0) == (3.0, 9.0)
