"""Sums of paths are those of the leaves, whatever the chunks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting import PanelError
from forecasting.hierarchy import PathSums, match_ranks
from tests.forecasting.hierarchy.companies import make_company

COMPANY = make_company(4, 6, seed=1)
N = len(COMPANY.leaves)


@given(seed=st.integers(0, 2**32 - 1), n_chunks=st.integers(1, 6))
@settings(max_examples=25)
def test_sums_do_not_depend_on_chunks_or_their_order(seed: int, n_chunks: int) -> None:
    rng = np.random.default_rng(seed)
    paths = rng.gamma(0.7, 9.0, size=(N, 5, 3))
    whole, pieces = PathSums(COMPANY, 5, 3), PathSums(COMPANY, 5, 3)
    whole.add(np.arange(N), paths)
    for chunk in np.array_split(rng.permutation(N), n_chunks):
        pieces.add(chunk, paths[chunk])
    np.testing.assert_array_equal(pieces.paths, whole.paths)


def test_whole_units_are_summed_exactly() -> None:
    paths = np.random.default_rng(5).poisson(1e6, size=(N, 4, 2)).astype(float)
    sums = PathSums(COMPANY, 4, 2)
    sums.add(np.arange(N), paths)
    np.testing.assert_array_equal(sums.paths, COMPANY.sum_up(paths))


def test_great_demand_takes_no_fraction_from_small() -> None:
    paths = np.random.default_rng(7).gamma(2.0, size=(N, 4, 2))
    paths[0] = 1e12
    sums = PathSums(COMPANY, 4, 2)
    sums.add(np.arange(N), paths)
    # Half a grain of each leaf, and in the oracle a rounding of each.
    atol = N * 2.0**-25
    np.testing.assert_allclose(sums.paths, COMPANY.sum_up(paths), rtol=N * 2.0**-53, atol=atol)


def test_other_demand_is_summed_within_its_grain() -> None:
    paths = np.random.default_rng(6).gamma(2.0, size=(N, 4, 2))
    sums = PathSums(COMPANY, 4, 2)
    sums.add(np.arange(N), paths)
    # Half a grain of each leaf at most.
    np.testing.assert_allclose(sums.paths, COMPANY.sum_up(paths), rtol=0, atol=N * 2.0**-25)


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf, 1e19])
def test_demand_that_cannot_be_summed_is_refused(wrong: float) -> None:
    sums = PathSums(COMPANY, 1, 1)
    with pytest.raises(PanelError, match="paths must"):
        sums.add(np.arange(1), np.full((1, 1, 1), wrong))


def test_matching_keeps_the_law_and_takes_the_order() -> None:
    rng = np.random.default_rng(8)
    own, summed = rng.normal(size=(3, 50, 4)), rng.normal(size=(3, 50, 4))
    found = match_ranks(own, summed)
    np.testing.assert_array_equal(np.sort(found, axis=1), np.sort(own, axis=1))
    np.testing.assert_array_equal(np.argsort(found, axis=1), np.argsort(summed, axis=1))


def test_matching_refuses_another_shape() -> None:
    with pytest.raises(PanelError, match="one shape"):
        match_ranks(np.zeros((1, 2, 3)), np.zeros((1, 3, 3)))
