"""What paths sell in so many periods, against NumPy."""

import numpy as np
import pytest

from kernels.stock_levels import fill_moves


@pytest.mark.parametrize("n_paths", [1, 2, 60])
def test_what_is_sold_more_from_each_period_on_has_its_mean_and_error(n_paths):
    paths = np.random.default_rng(5).gamma(2.0, 30.0, (4, n_paths, 9))
    lasting = np.array([1, 3, 8, 9])
    means, errors = np.empty((2, 4, 9))
    fill_moves(paths, lasting, means, errors)
    for item, periods in enumerate(lasting):
        starts = np.minimum(np.arange(9), 9 - periods)
        sold = np.stack([paths[item, :, s : s + periods].sum(axis=1) for s in starts])
        more = sold - sold[0]
        np.testing.assert_allclose(means[item], more.mean(axis=1), atol=1e-10)
        expected = more.std(axis=1) / np.sqrt(n_paths)
        # A variance as the mean of squares less a squared mean loses half of the digits.
        np.testing.assert_allclose(errors[item], expected, rtol=1e-7, atol=1e-5)
