"""What only a device can show: real sizes, and that two runs agree to the bit."""

import numpy as np
import pytest

from kernels.linear_books import fold_exposures, keep_book_tails, mean_tail_shocks
from kernels.option_values import fill_option_values

pytestmark = [pytest.mark.gpu, pytest.mark.usefixtures("device")]
SEED = 9


@pytest.fixture(scope="module")
def folded():
    draws = np.random.default_rng(5)
    exposures, loadings = draws.normal(size=(300, 40)), draws.normal(size=(40, 40))
    return fold_exposures(exposures, loadings, "float64")[:300]


def test_two_runs_keep_the_same_tails_to_the_bit_and_the_processors(folded):
    from kernels.cuda import linear_books

    told = (folded, range(20_000), 500, 4.0, SEED)
    first, again = linear_books.keep_book_tails(*told), linear_books.keep_book_tails(*told)
    np.testing.assert_array_equal(first.losses, again.losses)
    np.testing.assert_array_equal(first.scenarios, again.scenarios)
    expected = keep_book_tails(*told)
    scale = np.abs(expected.losses).max()
    np.testing.assert_allclose(first.losses, expected.losses, rtol=0, atol=1e-13 * scale)


def test_two_runs_average_the_same_shocks_to_the_bit_and_the_processors(folded):
    from kernels.cuda import linear_books

    scenarios = np.random.default_rng(6).integers(0, 30_000, (300, 200))
    told = (scenarios, np.full(200, 1 / 200), 4.0, SEED, folded)
    first, again = linear_books.mean_tail_shocks(*told), linear_books.mean_tail_shocks(*told)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(first, mean_tail_shocks(*told), rtol=0, atol=1e-12)


def test_chunks_under_way_together_change_no_bit():
    from kernels.cuda import options

    n, draws = 3_000_001, np.random.default_rng(7)
    spots, rates = 100.0 * np.exp(draws.normal(0.0, 0.2, n)), draws.normal(0.03, 0.01, n)
    told = (spots, rates, rates, np.full(n, 0.3), 100.0, 0.5, 1.0)
    whole, parts, expected = np.empty(n), np.empty(n), np.empty(n)
    options.fill_option_values(*told, whole)
    options.fill_option_values(*told, parts, at_once=200_000)
    np.testing.assert_array_equal(whole, parts)
    fill_option_values(*told, expected)
    assert np.abs(whole - expected).max() <= 1e-13 * (spots.max() + 100.0)
