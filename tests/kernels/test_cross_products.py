"""Products of rows: those of NumPy, and of nothing but the two rows."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.cross_products import cross_products


@settings(max_examples=30)
@given(n_rows=st.integers(1, 12), n_columns=st.integers(1, 40), seed=st.integers(0, 1000))
def test_products_are_those_of_numpy_and_symmetric_to_the_bit(n_rows, n_columns, seed):
    rows = np.random.default_rng(seed).normal(size=(n_rows, n_columns))
    found = cross_products(rows)
    np.testing.assert_allclose(found, rows @ rows.T, rtol=0, atol=1e-12 * n_columns)
    assert np.array_equal(found, found.T)


def test_a_product_depends_on_its_two_rows_alone():
    rows = np.random.default_rng(2).normal(size=(9, 101))
    chosen = [7, 2, 4]
    whole = cross_products(rows)
    assert np.array_equal(cross_products(rows[chosen]), whole[np.ix_(chosen, chosen)])
