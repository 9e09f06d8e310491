"""The normal law's scalars: the oracle is SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from kernels.normal import normal_cdf, normal_density, normal_quantile

# All three branches: centre, tail, and far tail (below exp(-25), about 1.4e-11).
PROBABILITIES = np.concatenate([np.linspace(1e-4, 1 - 1e-4, 2001), np.logspace(-300, -4, 500)])


def test_quantile_is_scipys():
    ours = np.array([normal_quantile(p) for p in PROBABILITIES])
    # AS 241 promises about 1e-16; SciPy's own error is of that size too.
    np.testing.assert_allclose(ours, norm.ppf(PROBABILITIES), rtol=2e-14, atol=1e-15)


@given(st.floats(1e-12, 1 - 1e-12))
def test_quantile_inverts_the_distribution(p):
    # One ulp of z moves p by density * ulp, relative to p at most z^2 * 2^-53 in the tail.
    assert normal_cdf(normal_quantile(p)) == pytest.approx(p, rel=1e-13)


@given(st.floats(0.001, 0.5))
def test_quantile_is_odd(p):
    # 1 - p is rounded, which moves z by at most 1.1e-16 / density(z).
    bound = 2.3e-16 / normal_density(normal_quantile(p)) + 1e-15
    assert abs(normal_quantile(p) + normal_quantile(1.0 - p)) <= bound


@given(st.floats(-37.0, 8.0))
def test_distribution_is_scipys_in_both_tails(z):
    assert normal_cdf(z) == pytest.approx(norm.cdf(z), rel=1e-13)
    assert normal_density(z) == pytest.approx(norm.pdf(z), rel=1e-13)
