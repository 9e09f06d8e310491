"""What is expected after demand: against the sum over all outcomes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.lost_sales import fill_expected


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 5), st.integers(0, 99))
def test_the_mean_of_what_is_left(n_stock, n_outcomes, n_others, seed):
    draws = np.random.default_rng(seed)
    law = draws.dirichlet(np.ones(n_outcomes)) * (draws.random(n_outcomes) < 0.7)
    law[draws.integers(n_outcomes)] += 1.0 - law.sum()
    values = draws.normal(size=(n_stock, n_others))
    found = np.full_like(values, np.nan)
    fill_expected(law, values, found)
    expected = [
        sum(chance * values[max(stock - demand, 0)] for demand, chance in enumerate(law))
        for stock in range(n_stock)
    ]
    np.testing.assert_allclose(found, expected, atol=1e-14)
