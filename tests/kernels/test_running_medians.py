"""Moving medians are those of every window by itself."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.running_medians import fill_centred_medians, fill_trailing_medians

VALUES = st.lists(
    st.one_of(st.integers(0, 4).map(float), st.floats(-100, 100, allow_subnormal=False)),
    min_size=1,
    max_size=60,
).map(np.array)


@given(VALUES, st.integers(1, 20))
@settings(max_examples=150)
def test_trailing_medians_are_those_of_each_window(values, length):
    out = np.empty(len(values))
    fill_trailing_medians(values, length, out)
    for t in range(len(values)):
        if t < length - 1:
            assert np.isnan(out[t])
        else:
            assert out[t] == np.median(values[t - length + 1 : t + 1])


@given(VALUES, st.integers(0, 10))
@settings(max_examples=150)
def test_centred_medians_are_those_of_each_window(values, reach):
    out = np.empty(len(values))
    fill_centred_medians(values, reach, out)
    expected = [np.median(values[max(t - reach, 0) : t + reach + 1]) for t in range(len(values))]
    assert np.array_equal(out, expected)
