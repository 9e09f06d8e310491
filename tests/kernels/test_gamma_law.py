"""The gamma law by table: the oracle is scipy's gamma."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kernels.gamma_law import gamma_quantiles, gamma_table

LEVELS = np.arange(1, 100) / 100.0


@pytest.fixture(scope="module")
def table():
    return gamma_table(LEVELS)


def quantiles(mean, dispersion, table):
    out = np.empty(99)
    gamma_quantiles(mean, dispersion, table, out)
    return out


@given(st.floats(1e-6, 500.0), st.floats(0.01, 1e6))
@settings(max_examples=80)
def test_quantiles_are_within_a_thousandth_of_the_mean(table, dispersion, mean):
    expected = stats.gamma(1.0 / dispersion, scale=mean * dispersion).ppf(LEVELS)
    # Linear in the logarithm of the shape: error step**2 / 8 times the curvature.
    tolerance = 1e-3 * mean * max(1.0, np.sqrt(dispersion))
    assert np.abs(quantiles(mean, dispersion, table) - expected).max() < tolerance


@given(st.floats(1e-9, 1e5))
@settings(max_examples=50)
def test_quantiles_ascend_and_are_not_negative(table, dispersion):
    found = quantiles(3.0, dispersion, table)
    assert found[0] >= 0.0
    assert (np.diff(found) >= 0.0).all()


@pytest.mark.parametrize("dispersion", [1e-9, 1e4])
def test_beyond_the_table_its_ends_are_taken(table, dispersion):
    row = table[-1] if dispersion < 1 else table[0]
    # The last row is reached to one part in a million of a step.
    assert np.allclose(quantiles(2.0, dispersion, table), 2.0 * row, rtol=1e-5, atol=1e-12)
