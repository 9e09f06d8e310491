"""Tables turned over."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.transposes import transpose


# The first example compiles.
@given(st.integers(0, 40), st.integers(0, 40))
def test_rows_become_columns(n, m):
    table = np.arange(float(n * m)).reshape(n, m)
    table[::3] = np.nan
    turned = transpose(table)
    assert np.array_equal(turned, table.T, equal_nan=True)
    assert turned.flags.c_contiguous
    assert np.array_equal(transpose(turned.T[:, ::2]), turned[::2], equal_nan=True)
