"""Quantiles by selection are those of the sorted sample."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kernels.order_quantiles import fill_order_quantiles


@given(
    arrays(np.float64, st.integers(2, 300), elements=st.integers(-5, 5).map(float)),
    st.lists(st.floats(0, 1), min_size=1, max_size=8),
)
@settings(max_examples=100)
def test_they_are_those_of_numpy(values, levels):
    levels = np.array(levels)
    out = np.empty(len(levels))
    fill_order_quantiles(values.copy(), levels, out)
    assert np.allclose(out, np.quantile(values, levels), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("order", ["random", "ascending", "descending", "organ pipe"])
def test_any_order_of_a_long_sample(order):
    values = np.random.default_rng(1).normal(size=5001)
    if order != "random":
        values.sort()
    if order == "descending":
        values = values[::-1].copy()
    if order == "organ pipe":
        values = np.concatenate([values[::2], values[1::2][::-1]])
    levels = np.arange(101) / 100.0
    out = np.empty(101)
    fill_order_quantiles(values.copy(), levels, out)
    assert np.allclose(out, np.quantile(values, levels), rtol=1e-13)
