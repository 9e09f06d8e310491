"""Mean differences of many series, to the last digit those of NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.difference_scales import fill_scales, pairwise_sum


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 127, 128, 129, 255, 256, 1_000, 4_097])
def test_a_pairwise_sum_is_numpys(n):
    draws = np.random.default_rng(n).gamma(0.5, 1e3, n)
    assert pairwise_sum(draws) == draws.sum()


@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=6),
    st.integers(1, 9),
    st.integers(0, 20),
    st.booleans(),
    st.integers(0, 2**31),
)
@settings(max_examples=150)
def test_scales_are_the_means_of_the_differences_of_each_series(
    lengths, lag, dropped, squared, seed
):
    draws = np.random.default_rng(seed)
    series = [draws.poisson(draws.choice([0.0, 0.4, 9.0]), n) * 0.1 for n in lengths]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    drop_last = np.minimum(dropped, np.array(lengths))
    out = np.empty(len(series))
    fill_scales(np.concatenate(series), offsets, drop_last, lag, squared, out)
    size = np.square if squared else np.abs
    for found, values, drop in zip(out, series, drop_last, strict=True):
        kept = values[: len(values) - drop]
        own = lag if len(kept) > lag else 1
        mean = size(kept[own:] - kept[:-own]).mean() if len(kept) > own else 0.0
        assert np.array_equal(found, mean if mean > 0.0 else np.nan, equal_nan=True)
